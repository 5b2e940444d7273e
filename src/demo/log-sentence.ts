// A line of the controller's log as people read it while they try things: one aligned line a decision, one a change.
import type { LogLine } from './journal.ts';
import { placeOf } from './site.ts';

/** How a line is meant, for those who see colours. */
export type Tone = 'good' | 'refused' | 'bad' | 'quiet';

export type Sentence = { readonly tone: Tone; readonly text: string };

const CLIENT_WIDTH = 9;
const PLACE_WIDTH = 8;
const METHOD_WIDTH = 6;
const RULE_WIDTH = 25;
/** Host and path get what the other columns leave of a terminal, within these bounds. */
const MIN_TARGET_WIDTH = 18;
const MAX_TARGET_WIDTH = 46;
const OTHER_WIDTH = 90;
const WARNING = 40;

/**
 * Undefined for lines that say nothing to people who look on.
 * @param width columns that there are; on narrow terminals the end of a line may be beyond them
 */
export function sentenceOf(line: LogLine, width: number): Sentence | undefined {
  const { msg, level } = line;
  if (isPageFile(line)) return undefined;
  if (msg === 'request' || msg === 'websocket opened') return decisionOf(line, width);
  if (msg === 'websocket closed') return closingOf(line, width);
  if (msg === 'configuration served') {
    return { tone: 'quiet', text: `${timeOf(line)} configuration ${word(line, 'generation')} is in force` };
  }
  if (msg === 'endpoint gets no users' || msg === 'endpoint takes users') {
    const text = [word(line, 'endpoint'), msg.slice('endpoint '.length), word(line, 'reason')];
    const tone = msg === 'endpoint takes users' ? 'good' : 'bad';
    return { tone, text: `${timeOf(line)} ${text.filter(Boolean).join(' ')}` };
  }
  if (typeof level !== 'number' || level < WARNING) return undefined;
  return { tone: 'bad', text: `${timeOf(line)} ${word(line, 'msg')}` };
}

/** A browser asks for all files of the page at once, and gets them as it got the page. */
function isPageFile({ path, status }: LogLine): boolean {
  return typeof path === 'string' && path.startsWith('/static/') && status === 200;
}

function decisionOf(line: LogLine, width: number): Sentence {
  const status = Number(line['status'] ?? 0);
  const method = line['msg'] === 'request' ? word(line, 'method') : 'WS';
  const key = word(line, 'secretName');
  const endpoint = word(line, 'endpoint');
  const told = [
    endpoint === '' ? '' : `${endpoint} by ${word(line, 'persistence')}`,
    key === '' ? '' : `key ${key}`,
    word(line, 'reason'),
  ];
  const text = [
    headOf(line, width, [method, status === 0 ? 'RST' : String(status)]),
    fit(`${word(line, 'action')} ${word(line, 'rule')}`, RULE_WIDTH),
    told.filter(Boolean).join(', '),
  ];
  return { tone: toneOf(status), text: text.join(' ').trimEnd() };
}

function closingOf(line: LogLine, width: number): Sentence {
  const seconds = (Number(line['durationMs'] ?? 0) / 1_000).toFixed(1);
  const ending = `closed after ${seconds} s, ${word(line, 'reason')}`;
  return { tone: 'quiet', text: `${headOf(line, width, ['WS', 'end'])} ${ending}` };
}

function headOf(line: LogLine, width: number, [method, status]: readonly [string, string]): string {
  const client = word(line, 'client');
  const host = word(line, 'host').replace(/:\d+$/, '');
  const targetWidth = Math.max(MIN_TARGET_WIDTH, Math.min(width - OTHER_WIDTH, MAX_TARGET_WIDTH));
  return [
    timeOf(line),
    client.padEnd(CLIENT_WIDTH),
    fit(placeOf(client).split(' ')[0] ?? '', PLACE_WIDTH),
    fit(method, METHOD_WIDTH),
    status,
    fitMiddle(host + word(line, 'path'), targetWidth),
  ].join(' ');
}

function toneOf(status: number): Tone {
  if (status === 0 || status >= 500) return 'bad';
  return status >= 400 ? 'refused' : 'good';
}

/** A field as text in which nothing controls a terminal: clients choose paths and hosts. */
function word(line: LogLine, field: string): string {
  const value = line[field];
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  return String(value).replaceAll(/[^ -~]/g, '?');
}

function timeOf({ time }: LogLine): string {
  return typeof time === 'number' ? new Date(time).toTimeString().slice(0, 8) : '        ';
}

function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 3)}...` : text.padEnd(width);
}

/** Hosts differ at their beginning, paths at their end. */
function fitMiddle(text: string, width: number): string {
  if (text.length <= width) return text.padEnd(width);
  const end = Math.floor((width - 3) / 2);
  return `${text.slice(0, width - 3 - end)}...${text.slice(-end)}`;
}
