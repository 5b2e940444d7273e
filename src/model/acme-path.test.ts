// One segment below the well-known place, and nothing that could be read as anything else.
import { expect, test } from 'vitest';
import { isAcmePath } from './acme-path.ts';

const PLACE = '/.well-known/acme-challenge';

test.each([
  [`${PLACE}/token`, true],
  [`${PLACE}/LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0`, true],
  [`${PLACE}/_-9`, true],
  [PLACE, false],
  [`${PLACE}/`, false],
  [`${PLACE}/token/`, false],
  [`${PLACE}/token/more`, false],
  [`${PLACE}/..`, false],
  [`${PLACE}/a.b`, false],
  [`${PLACE}/a%2Fb`, false],
  [`${PLACE}/a;b`, false],
  [`/chat${PLACE}/token`, false],
  [`/.well-known/ACME-challenge/token`, false],
  [`${PLACE}/token\n`, false],
])('%j: %s', (path, expected) => {
  expect(isAcmePath(path)).toBe(expected);
});
