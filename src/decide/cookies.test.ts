// The Cookie line: pairs as row A3 wants them, copies, our own removed, and the shapes of Mattermost's values.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bearerToken, cookieLine, isMattermostId, isPlainValue, valuesOf, withoutCookie } from './cookies.ts';
import { request } from './test-objects.ts';

const ID = 'abcdefghijklmnopqrstuvwx01';

describe('pairs (row A3)', () => {
  test.each<[string, string, Record<string, readonly string[]>]>([
    ['one', 'a=1', { a: ['1'] }],
    ['two', 'a=1; b=2', { a: ['1'], b: ['2'] }],
    ['no blank', 'a=1;b=2', { a: ['1'], b: ['2'] }],
    ['blanks and tabs around', ' a \t=\t 1 ;\tb=2', { a: ['1'], b: ['2'] }],
    ['a comma does not part them', 'a=1,b=2', { a: ['1,b=2'], b: [] }],
    ['the first = parts name and value', 'a=b=c', { a: ['b=c'], b: [] }],
    ['nothing is decoded', 'a=%31; %61=1', { a: ['%31'] }],
    ['quotes are part of the value', 'a="1"', { a: ['"1"'] }],
    ['a semicolon parts even within quotes', 'a="1;b=2"', { a: ['"1'], b: ['2"'] }],
    ['an empty value', 'a=', { a: [''] }],
    ['no = at all: no name', 'a', { a: [] }],
    ['= in front: no name', '=a=1', { a: [] }],
    ['only separators', ';;', { a: [] }],
    ['$Version means nothing', '$Version=1; a=1; $Path=/', { a: ['1'] }],
    ['names differ by case', 'A=1; a=2', { A: ['1'], a: ['2'] }],
    ['a name within a name is none', 'xa=1; ax=2; a=3', { a: ['3'] }],
    ['a blank that is none stays', '\u00a0a=1; b=2\u00a0', { a: [], b: ['2\u00a0'] }],
    ['names that objects have', '__proto__=1; constructor=2', { ['__proto__']: ['1'], constructor: ['2'] }],
  ])('%s', (_, line, expected) => {
    const head = { ...request('GET /'), fields: ['Cookie', line], names: ['cookie'] };
    for (const [name, values] of Object.entries(expected))
      expect(valuesOf(cookieLine(head), name)).toEqual(values);
  });

  test.each([
    ['no line', []],
    ['two lines', ['Cookie: a=1', 'Cookie: b=2']],
    ['two lines alike', ['Cookie: a=1', 'cookie: a=1']],
  ])('%s: none', (_, lines) => {
    expect(valuesOf(cookieLine(request('GET /', lines)), 'a')).toEqual([]);
  });
});

describe('copies of a name', () => {
  test.each([
    ['none', 0, []],
    ['one', 1, ['0']],
    ['four, in their order', 4, ['0', '1', '2', '3']],
    ['five: nobody has a reason', 5, undefined],
    ['a hundred', 100, undefined],
  ])('%s', (_, count, expected) => {
    const copies = Array.from({ length: count }, (_, at) => `a=${at}`);
    expect(valuesOf(['A=x', 'a', ...copies, '=a'].join('; '), 'a')).toEqual(expected);
  });
});

describe('the line without our own cookie', () => {
  test.each([
    ['the only one', 'S=1', undefined],
    ['the only ones', 'S=1; S=2', undefined],
    ['the first', 'S=1; a=2', 'a=2'],
    ['the last', 'a=2; S=1', 'a=2'],
    ['in the middle', 'a=1; S=2; b=3', 'a=1; b=3'],
    ['every copy', 'S=1; a=2; S=3; b=4;S=5', 'a=2; b=4'],
    ['written with blanks', 'a=1;\tS =2', 'a=1'],
    ['with a = in its value', 'a=1; S=x=y', 'a=1'],
    ['without a value', 'a=1; S=', 'a=1'],
    ['a bare word is none', 'a=1; S', 'a=1; S'],
    ['the name in a value is none', 'a=S', 'a=S'],
    ['the name within a name is none', 'XS=1; SX=2', 'XS=1; SX=2'],
    ['another case is none', 's=1', 's=1'],
    ['others stay byte for byte', 'a=1;b="2;  c=\u00e9\u00a0; S=1', 'a=1;b="2;  c=\u00e9\u00a0'],
    ['a line without it stays byte for byte', '  a=1 ;; b', '  a=1 ;; b'],
  ])('%s', (_, line, expected) => {
    expect(withoutCookie(line, 'S')).toBe(expected);
  });

  test('never holds it, and holds all others', () => {
    const pair = fc.constantFrom(
      'S=1',
      ' S = 2',
      'a=S',
      'b=1',
      'S',
      '=S=1',
      '',
      ' ',
      'c="S=1"',
      'S\t=x',
      'SS=1',
    );
    fc.assert(
      fc.property(fc.array(pair, { minLength: 1, maxLength: 8 }), (pairs) => {
        const line = pairs.join(';').trim();
        const isOurs = (text: string) => /^[ \t]*S[ \t]*=/.test(text);
        const others = pairs.map((text) => text.trim()).filter((text) => text !== '' && !isOurs(text));
        const left = withoutCookie(line, 'S')?.split(';') ?? [];
        expect(left.map((text) => text.trim()).filter((text) => text !== '')).toEqual(others);
      }),
    );
  });
});

describe('shapes', () => {
  test.each([
    ['26 letters and digits', ID, true],
    ['25', ID.slice(1), false],
    ['27', `${ID}a`, false],
    ['nothing', '', false],
    ['a capital', ID.replace('a', 'A'), false],
    ['a sign', ID.replace('a', '-'), false],
    ['quotes', `"${ID.slice(2)}"`, false],
    ['a letter beyond ASCII', ID.replace('a', '\u00e9'), false],
    ['a line feed behind', `${ID.slice(1)}\n`, false],
    ['a sign that becomes k in lower case', ID.replace('k', '\u212a'), false],
  ])('Mattermost ID: %s', (_, value, expected) => {
    expect(isMattermostId(value)).toBe(expected);
  });

  test.each([
    ['anything', 'x', true],
    ['blanks within', 'a b', true],
    ['nothing', '', false],
    ['quotes, which some servers take off', '""', false],
    ['a quoted value', '"x"', false],
  ])('plain value: %s', (_, value, expected) => {
    expect(isPlainValue(value)).toBe(expected);
  });
});

describe('bearer token', () => {
  test.each([
    ['Bearer, as the WebSocket of the apps sends it', [`Authorization: Bearer ${ID}`], ID],
    ['BEARER, as their REST does', [`Authorization: BEARER ${ID}`], ID],
    ['bearer', [`authorization: bearer ${ID}`], ID],
    ['two blanks', [`Authorization: Bearer  ${ID}`], ID],
    ['no blank', [`Authorization: Bearer${ID}`], undefined],
    ['a tab', [`Authorization: Bearer\t${ID}`], undefined],
    ['no token', ['Authorization: Bearer'], undefined],
    ['two tokens', [`Authorization: Bearer ${ID} ${ID}`], undefined],
    ['another scheme', [`Authorization: Basic ${ID}`], undefined],
    ['something before the scheme', [`Authorization: x Bearer ${ID}`], undefined],
    ['no field', [], undefined],
    ['two fields', [`Authorization: Bearer ${ID}`, `Authorization: Bearer ${ID}`], undefined],
  ])('%s', (_, lines, expected) => {
    expect(bearerToken(request('GET /', lines))).toBe(expected);
  });
});
