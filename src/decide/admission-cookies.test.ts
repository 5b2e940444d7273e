// Admission by cookies and bearer tokens: what has the shape, in how many copies (rows A3 and A4).
import { describe, expect, test } from 'vitest';
import type { AdmissionRule } from '../model/configuration.ts';
import type { RequestHead } from '../model/request.ts';
import { cookieLine } from './cookies.ts';
import { address, admission, DIGEST_KEY, request, rule } from './test-objects.ts';
import { judged } from './test-verdicts.ts';

const ID = 'abcdefghijklmnopqrstuvwx01';
const OTHER_ID = 'zyxwvutsrqponmlkjihgfedc98';

/** Whether one rule with these conditions matches. */
function matches(conditions: Partial<AdmissionRule>, head: RequestHead): boolean {
  const applicant = { head, address: address('203.0.113.9'), cookies: cookieLine(head), sitePath: '/' };
  return judged(admission([rule('it', conditions)]), applicant, DIGEST_KEY).rule === 'it';
}

describe('cookies (rows A3 and A4)', () => {
  const both: Partial<AdmissionRule> = {
    cookies: [
      { name: 'MMAUTHTOKEN', shape: 'MattermostId' },
      { name: 'MMUSERID', shape: 'MattermostId' },
    ],
  };
  const any: Partial<AdmissionRule> = { cookies: [{ name: 'sid', shape: 'Any' }] };
  const copies = (...values: readonly string[]) => values.map((value) => `sid=${value}`).join('; ');
  const idCopies = (...values: readonly string[]) =>
    `MMUSERID=${ID}; ${values.map((value) => `MMAUTHTOKEN=${value}`).join('; ')}`;
  test.each([
    ['both', both, `MMAUTHTOKEN=${ID}; MMUSERID=${OTHER_ID}`, true],
    ['both, among others and without blanks', both, `a=1;MMUSERID=${ID};b;MMAUTHTOKEN=${ID}`, true],
    ['one is missing', both, `MMAUTHTOKEN=${ID}`, false],
    ['one has no value', both, `MMAUTHTOKEN=${ID}; MMUSERID=`, false],
    ['one has another shape', both, `MMAUTHTOKEN=${ID}; MMUSERID=${ID}x`, false],
    ['one has capitals', both, `MMAUTHTOKEN=${ID.toUpperCase()}; MMUSERID=${ID}`, false],
    ['one is quoted', both, `MMAUTHTOKEN="${ID}"; MMUSERID=${ID}`, false],
    ['one has its name in other case', both, `mmauthtoken=${ID}; MMUSERID=${ID}`, false],
    ['parted by a comma', both, `MMAUTHTOKEN=${ID}, MMUSERID=${ID}`, false],
    ['one within quotes of another', both, `MMAUTHTOKEN=${ID}; x="; MMUSERID=${ID}"`, false],
    ['a value that is escaped', both, `MMAUTHTOKEN=%61${ID.slice(1)}; MMUSERID=${ID}`, false],
    ['a nameless one', both, `=MMAUTHTOKEN=${ID}; MMUSERID=${ID}`, false],
    ['two copies, both of the shape', both, idCopies(ID, OTHER_ID), true],
    ['four copies, all of the shape', both, idCopies(ID, ID, ID, ID), true],
    ['five copies', both, idCopies(ID, ID, ID, ID, ID), false],
    ['four copies, the last one bad', both, idCopies(ID, ID, ID, 'x'), false],
    ['four copies, the first one empty', both, idCopies('', ID, ID, ID), false],
    ['a bad copy with a blank in front of =', both, `${idCopies(ID)}; MMAUTHTOKEN =x`, false],
    ['shape Any: any value', any, 'sid=x', true],
    ['shape Any: none', any, 'sid=', false],
    ['shape Any: only the name', any, 'sid', false],
    ['shape Any: quotes make it invalid', any, 'sid="x"', false],
    ['shape Any: four copies', any, copies('1', '2', '3', '4'), true],
    ['shape Any: five copies', any, copies('1', '2', '3', '4', '5'), false],
    ['shape Any: one copy empty', any, copies('1', ''), false],
  ])('%s', (_, conditions, line, expected) => {
    expect(matches(conditions, request('GET /', [`Cookie: ${line}`]))).toBe(expected);
  });

  test.each([
    ['no Cookie line', []],
    ['two Cookie lines', [`Cookie: MMAUTHTOKEN=${ID}`, `Cookie: MMUSERID=${ID}`]],
    ['the good line twice', Array<string>(2).fill(`Cookie: MMAUTHTOKEN=${ID}; MMUSERID=${ID}`)],
    ['in another header', [`X-Cookie: MMAUTHTOKEN=${ID}; MMUSERID=${ID}`]],
  ])('%s', (_, lines) => {
    expect(matches(both, request('GET /', lines))).toBe(false);
  });
});

describe('bearer token', () => {
  test.each([
    ['Bearer', `Authorization: Bearer ${ID}`, true],
    ['BEARER', `Authorization: BEARER ${ID}`, true],
    ['another shape', `Authorization: Bearer ${ID}x`, false],
    ['capitals', `Authorization: Bearer ${ID.toUpperCase()}`, false],
    ['another scheme', `Authorization: Token ${ID}`, false],
    ['in a cookie', `Cookie: Authorization=Bearer ${ID}`, false],
  ])('%s', (_, line, expected) => {
    expect(matches({ bearerToken: true }, request('GET /', [line]))).toBe(expected);
  });

  test('none, or two', () => {
    const line = `Authorization: Bearer ${ID}`;
    expect(matches({ bearerToken: true }, request('GET /'))).toBe(false);
    expect(matches({ bearerToken: true }, request('GET /', [line, line]))).toBe(false);
  });
});
