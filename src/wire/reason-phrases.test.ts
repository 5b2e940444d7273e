// Reason phrases: those everybody knows, and none for what has no name.
import { STATUS_CODES } from 'node:http';
import { expect, test } from 'vitest';
import { reasonPhrase } from './reason-phrases.ts';
import { isToken } from './tokens.ts';

/** Names that RFC 9110 gave anew and Node still spells as before. */
const RENAMED: Readonly<Record<number, string>> = { 413: 'Content Too Large', 422: 'Unprocessable Content' };

const known = Array.from({ length: 500 }, (_, at) => at + 100).filter(
  (status) => reasonPhrase(status) !== '',
);

test.each(known)('%i', (status) => {
  expect(reasonPhrase(status)).toBe(RENAMED[status] ?? STATUS_CODES[status]);
  expect(reasonPhrase(status).split(' ').every(isToken)).toBe(true);
});

test.each([
  100, 101, 200, 308, 400, 403, 404, 405, 408, 413, 414, 417, 421, 426, 429, 431, 500, 501, 502, 503, 504,
  505,
])('%i has a name', (status) => expect(reasonPhrase(status)).not.toBe(''));

test.each([0, 199, 299, 306, 418, 599, 999])('%i has none', (status) => {
  expect(reasonPhrase(status)).toBe('');
});
