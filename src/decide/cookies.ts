// The Cookie field (RFC 6265 section 4.2) as pairs, read the way row A3 demands: split at `;` only, nothing decoded.
import { type RequestHead, singleField } from '../model/request.ts';

/** Name and value as sent; quotes belong to the value. */
export type Cookie = { readonly name: string; readonly value: string };

/** Copies of one name that are looked at: sub-path installations on one host may each have set one. */
const MAX_COPIES = 4;

const NO_COOKIES: readonly Cookie[] = [];

/** All pairs in the order sent; a pair without `=` or name has an empty name and so matches nothing. */
export function readCookies(head: RequestHead): readonly Cookie[] {
  const line = singleField(head, 'cookie');
  if (line === undefined) return NO_COOKIES;
  return line.split(';').map(readPair);
}

function readPair(text: string): Cookie {
  const equals = text.indexOf('=');
  return equals === -1
    ? { name: '', value: trim(text) }
    : { name: trim(text.slice(0, equals)), value: trim(text.slice(equals + 1)) };
}

function trim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

/** SP or HTAB. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** The values of one name; undefined when there are more copies than anybody has a reason to send. */
export function valuesOf(cookies: readonly Cookie[], name: string): readonly string[] | undefined {
  const values: string[] = [];
  for (const cookie of cookies) if (cookie.name === name) values.push(cookie.value);
  return values.length > MAX_COPIES ? undefined : values;
}

/** The Cookie line without one name; undefined when nothing is left. */
export function withoutCookie(line: string, name: string): string | undefined {
  if (!line.includes(name)) return line;
  const kept = line.split(';').filter((pair) => readPair(pair).name !== name);
  const text = trim(kept.join(';'));
  return text === '' ? undefined : text;
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
