// The Cookie field (RFC 6265 section 4.2), read the way row A3 demands: split at `;` only, nothing decoded.
// A name is looked for in the line as it came; most lines are asked for two or three of the ten cookies in them.
import { type RequestHead, singleField } from '../model/request.ts';
import { afterBlanks, trimmed } from './blanks.ts';

/** Copies of one name that are looked at: sub-path installations on one host may each have set one. */
const MAX_COPIES = 4;
const NONE: readonly string[] = [];
const EQUALS = 0x3d;

/** The line of cookies; empty where there is none, and also where there are several. */
export function cookieLine(head: RequestHead): string {
  return singleField(head, 'cookie') ?? '';
}

/** The values of one name as sent, quotes included; undefined when there are more copies than anybody has a reason to send. */
export function valuesOf(line: string, name: string): readonly string[] | undefined {
  if (!line.includes(name)) return NONE;
  const values: string[] = [];
  for (let start = 0; start <= line.length; ) {
    const end = endOfPair(line, start);
    const equals = equalsOf(line, name, start, end);
    if (equals !== -1) values.push(trimmed(line, equals + 1, end));
    start = end + 1;
  }
  return values.length > MAX_COPIES ? undefined : values;
}

/** The Cookie line without one name; undefined when nothing is left. */
export function withoutCookie(line: string, name: string): string | undefined {
  if (!line.includes(name)) return line;
  let kept: string | undefined;
  for (let start = 0; start <= line.length; ) {
    const end = endOfPair(line, start);
    if (equalsOf(line, name, start, end) === -1) {
      const pair = line.slice(start, end);
      kept = kept === undefined ? pair : `${kept};${pair}`;
    }
    start = end + 1;
  }
  const text = kept === undefined ? '' : trimmed(kept, 0, kept.length);
  return text === '' ? undefined : text;
}

function endOfPair(line: string, start: number): number {
  const semicolon = line.indexOf(';', start);
  return semicolon === -1 ? line.length : semicolon;
}

/** Position of the `=` behind just that name in the pair [start, end); -1 where the pair has another name or none. */
function equalsOf(line: string, name: string, start: number, end: number): number {
  const first = afterBlanks(line, start, end);
  if (!line.startsWith(name, first)) return -1;
  const at = afterBlanks(line, first + name.length, end);
  return at < end && line.charCodeAt(at) === EQUALS ? at : -1;
}

/** Something is there whichever way it is read: servers differ in whether quotes belong to a value (row A3). */
export function isPlainValue(value: string): boolean {
  return value !== '' && !value.includes('"');
}

/** 26 of [a-z0-9]: the form of Mattermost's user ids and session tokens. */
export function isMattermostId(value: string): boolean {
  return value.length === 26 && /^[a-z0-9]+$/.test(value);
}

/** The bare token of an Authorization field: the scheme in any case, as REST and WebSocket clients differ in it. */
export function bearerToken(head: RequestHead): string | undefined {
  const value = singleField(head, 'authorization');
  return value === undefined ? undefined : /^bearer +(\S+)$/i.exec(value)?.[1];
}
