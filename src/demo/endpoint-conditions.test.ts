// The nodes' conditions in the demo's own endpoints.yaml, as people may have edited it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isReady, withConditions } from './endpoint-conditions.ts';
import { TEMPLATES } from './stage.ts';

const text = await readFile(join(TEMPLATES, 'endpoints.yaml'), 'utf8');
const NODES = ['node-1', 'node-2', 'node-3'];
const readyOf = (edited: string): readonly boolean[] => NODES.map((node) => isReady(edited, node));

test('one node is drained, and made ready again, and the others are left alone', () => {
  expect(readyOf(text)).toEqual([true, true, true]);
  const draining = withConditions(text, 'node-2', 'draining');
  expect(readyOf(draining)).toEqual([true, false, true]);
  expect(draining).toContain('conditions: {ready: false, serving: true, terminating: true} # node-2');
  expect(withConditions(draining, 'node-2', 'ready')).toBe(text);
});

test('what people wrote by hand is replaced too', () => {
  const edited = text.replace('{ready: true} # node-3', '{ready: false} # node-3');
  expect(readyOf(edited)).toEqual([true, true, false]);
  expect(withConditions(edited, 'node-3', 'ready')).toBe(text);
});

test('a node that is not named is not ready, and nothing changes', () => {
  expect(isReady(text, 'node-4')).toBe(false);
  expect(withConditions(text, 'node-4', 'draining')).toBe(text);
});
