// Vectors of our own for each state of the parser, delivered like the rows of the security research.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Span, testRows } from './deliveries.ts';
import { ROW_SITES } from './row-sites.ts';
import { RowStage } from './row-stage.ts';
import { chunkVectors } from './rows-vectors-chunks.ts';
import { fieldVectors } from './rows-vectors-fields.ts';
import { framingVectors } from './rows-vectors-framing.ts';
import { lineVectors } from './rows-vectors-line.ts';
import { get, post, type RequestRow } from './rows.ts';
import { HIDDEN } from './vectors.ts';

const vectors = [...lineVectors, ...fieldVectors, ...framingVectors, ...chunkVectors];

let stage: RowStage;

beforeAll(async () => {
  stage = await RowStage.start(ROW_SITES);
});
afterAll(() => stage.end());

testRows(vectors, () => stage, oddSpanOf);

/** Where it differs from a plain request, and some bytes around: every other offset is cut in the rows. */
function oddSpanOf({ input }: RequestRow): Span {
  const plain = [get(), post(), post('Transfer-Encoding: chunked')];
  const from = Math.max(...plain.map((each) => commonLength(each, input)));
  const to = input.endsWith(HIDDEN) ? input.length - HIDDEN.length : input.length;
  return [from - 2, to + 2];
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

test('no vector stands twice', () => {
  const inputs = vectors.map(({ input }) => input);
  const twice = vectors.filter(({ input }, at) => inputs.indexOf(input) !== at);
  expect(twice.map(({ name }) => name)).toEqual([]);
});
