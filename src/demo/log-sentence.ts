// A line of the controller's log as people read it while they try things: one aligned line a decision, one a change.
import type { LogLine } from './journal.ts';
import { placeOf } from './site.ts';

/** How a line is meant, for those who see colours. */
export type Tone = 'good' | 'refused' | 'bad' | 'quiet';

export type Sentence = { readonly tone: Tone; readonly text: string };

const CLIENT_WIDTH = 9;
const PLACE_WIDTH = 15;
const METHOD_WIDTH = 6;
const TARGET_WIDTH = 46;
const RULE_WIDTH = 27;
const WARNING = 40;

/** Undefined for lines that say nothing to people who look on. */
export function sentenceOf(line: LogLine): Sentence | undefined {
  const { msg, level } = line;
  if (msg === 'request' || msg === 'websocket opened') return decisionOf(line);
  if (msg === 'websocket closed') return closingOf(line);
  if (msg === 'configuration served') {
    return { tone: 'quiet', text: `${timeOf(line)}  configuration ${word(line, 'generation')} is in force` };
  }
  if (msg === 'endpoint gets no users' || msg === 'endpoint takes users') {
    const text = [msg, word(line, 'endpoint'), word(line, 'reason')].filter(Boolean).join(' ');
    return { tone: msg === 'endpoint takes users' ? 'good' : 'bad', text: `${timeOf(line)}  ${text}` };
  }
  if (typeof level !== 'number' || level < WARNING) return undefined;
  return { tone: 'bad', text: `${timeOf(line)}  ${word(line, 'msg')}` };
}

function decisionOf(line: LogLine): Sentence {
  const status = Number(line['status'] ?? 0);
  const rule = word(line, 'rule');
  const reason = word(line, 'reason');
  const endpoint = word(line, 'endpoint');
  const key = word(line, 'secretName');
  const judged = rule === '' ? '' : `${word(line, 'action')} by ${rule}${key === '' ? '' : ` (key ${key})`}`;
  const told = [
    ...(endpoint === '' ? [] : [`${endpoint} by ${word(line, 'persistence')}`]),
    ...(reason === '' ? [] : [reason]),
  ];
  const method = line['msg'] === 'request' ? word(line, 'method') : 'WS';
  const text = [
    headOf(line, method, status === 0 ? 'RST' : String(status)),
    fit(judged, RULE_WIDTH),
    told.join(', '),
  ];
  return { tone: toneOf(status), text: text.join('  ').trimEnd() };
}

function closingOf(line: LogLine): Sentence {
  const seconds = (Number(line['durationMs'] ?? 0) / 1_000).toFixed(1);
  const ending = `closed after ${seconds} s, ${word(line, 'reason')}`;
  return { tone: 'quiet', text: `${headOf(line, 'WS', 'end')}  ${ending}` };
}

function headOf(line: LogLine, method: string, status: string): string {
  const client = word(line, 'client');
  const host = word(line, 'host').replace(/:\d+$/, '');
  return [
    timeOf(line),
    client.padEnd(CLIENT_WIDTH),
    placeOf(client).padEnd(PLACE_WIDTH),
    fit(method, METHOD_WIDTH),
    status,
    fit(host + word(line, 'path'), TARGET_WIDTH),
  ].join('  ');
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
