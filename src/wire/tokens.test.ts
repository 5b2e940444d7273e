// Character classes, folding and trimming: ASCII only, whatever JavaScript would think of the same characters.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  foldAscii,
  isDigits,
  isFieldValue,
  isHexCode,
  isHostText,
  isTargetText,
  isToken,
  isTokenCode,
  parseTokenList,
  trimOws,
} from './tokens.ts';

const ALL = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));
const VISIBLE = ALL.slice(0x21, 0x7f);
const LETTERS_AND_DIGITS = ALL.filter((char) => /[0-9A-Za-z]/.test(char));

test.each<{ name: string; is: (text: string) => boolean; members: readonly string[] }>([
  { name: 'tokens', is: isToken, members: ["!#$%&'*+-.^_`|~".split(''), LETTERS_AND_DIGITS].flat() },
  { name: 'field values', is: isFieldValue, members: ['\t', ' ', ...VISIBLE, ...ALL.slice(0x80)] },
  { name: 'targets', is: isTargetText, members: VISIBLE.filter((char) => char !== '#') },
  { name: 'hosts', is: isHostText, members: ['.', '-', ...LETTERS_AND_DIGITS] },
  { name: 'digits', is: isDigits, members: '0123456789'.split('') },
  {
    name: 'hexadecimal digits',
    is: (char) => isHexCode(char.charCodeAt(0)),
    members: '0123456789abcdefABCDEF'.split(''),
  },
  {
    name: 'token codes',
    is: (char) => isTokenCode(char.charCodeAt(0)),
    members: ALL.filter((char) => isToken(char)),
  },
])('$name are made of these bytes and no others', ({ is, members }) => {
  expect(ALL.filter((char) => is(char))).toEqual(ALL.filter((char) => members.includes(char)));
  // Beyond latin1 nothing belongs to a class, whatever its low byte is.
  expect(['\u0130', '\u0141', '\u212a', '\u0661'].filter((char) => is(char))).toEqual([]);
});

test('an empty text is no token, no host and no number, but a value', () => {
  expect([isToken(''), isHostText(''), isDigits(''), isFieldValue('')]).toEqual([false, false, false, true]);
});

test.each([
  [' \t v \t', 'v'],
  ['v', 'v'],
  ['\t', ''],
  ['a \t b', 'a \t b'],
  ['\xa0v\xa0', '\xa0v\xa0'],
  ['\x0bv\x0c', '\x0bv\x0c'],
])('trimming %j leaves %j', (text, trimmed) => {
  expect(trimOws(text)).toBe(trimmed);
});

test.each([
  ['Content-Length', 'content-length'],
  ['already-lower', 'already-lower'],
  ['\u212a\xc0\xdf', '\u212a\xc0\xdf'],
  ['\u0130', '\u0130'],
])('folding %j gives %j', (text, folded) => {
  expect(foldAscii(text)).toBe(folded);
});

describe('a list of tokens', () => {
  test.each<{ value: string; members: readonly string[] | undefined }>([
    { value: 'close', members: ['close'] },
    { value: 'Keep-Alive, Upgrade', members: ['keep-alive', 'upgrade'] },
    { value: ' ,, a \t,b,', members: ['a', 'b'] },
    { value: '', members: [] },
    { value: 'a b', members: undefined },
    { value: 'a, "b"', members: undefined },
    { value: 'a; q=1', members: undefined },
    { value: 'clos\xe9', members: undefined },
  ])('$value is $members', ({ value, members }) => {
    expect(parseTokenList(value)).toEqual(members);
  });

  test('has no member that is not a folded token', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (value) => {
        for (const member of parseTokenList(value) ?? []) {
          expect([isToken(member), foldAscii(member)]).toEqual([true, member]);
        }
      }),
    );
  });
});
