// The query of /api/state, right and wrong.
import { expect, test } from 'vitest';
import { parseStateQuery } from './state-query.ts';

test.each([
  ['', { limit: 1000, filter: '' }],
  ['limit=5&filter=%20Chat.Example.com', { limit: 5, filter: 'chat.example.com' }],
  ['limit=1000000', { limit: 1_000_000, filter: '' }],
  ['limit=0', expect.stringContaining('limit is a number from 1 to 1000000')],
  ['limit=1000001', expect.stringContaining('limit is')],
  ['limit=1e3', expect.stringContaining('limit is')],
  ['limit=', expect.stringContaining('limit is')],
  ['limits=5', expect.stringContaining('Only limit and filter')],
  [`filter=${'a'.repeat(254)}`, expect.stringContaining('at most 253')],
])('%s', (text, expected) => {
  expect(parseStateQuery(text)).toEqual(expected);
});
