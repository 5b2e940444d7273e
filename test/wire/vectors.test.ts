// Vectors of our own for each state of the parser, delivered like the rows of the security research.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testRows } from './deliveries.ts';
import { ROW_SITES } from './row-sites.ts';
import { RowStage } from './row-stage.ts';
import { chunkVectors } from './rows-vectors-chunks.ts';
import { fieldVectors } from './rows-vectors-fields.ts';
import { framingVectors } from './rows-vectors-framing.ts';
import { lineVectors } from './rows-vectors-line.ts';

const vectors = [...lineVectors, ...fieldVectors, ...framingVectors, ...chunkVectors];

let stage: RowStage;

beforeAll(async () => {
  stage = await RowStage.start(ROW_SITES);
});
afterAll(() => stage.end());

testRows(vectors, () => stage);

test('no vector stands twice', () => {
  const inputs = vectors.map(({ input }) => input);
  const twice = vectors.filter(({ input }, at) => inputs.indexOf(input) !== at);
  expect(twice.map(({ name }) => name)).toEqual([]);
});
