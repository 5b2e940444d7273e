// Large steps in parts: nothing is lost, nothing is too large, small ones stay whole.
import { describe, expect, test } from 'vitest';
import { backend, site } from '../decide/test-objects.ts';
import type { Delta } from '../model/delta.ts';
import { partsOf } from './delta-parts.ts';

function delta(sites: number, backends: number, removed: number): Delta {
  return {
    base: 3,
    generation: 4,
    sites: {
      set: Array.from({ length: sites }, (_, at) => ({ ...site(`${at}.test/`), key: `site-${at}` })),
      removed: Array.from({ length: removed }, (_, at) => `gone-${at}`),
    },
    backends: {
      set: Array.from({ length: backends }, (_, at) => ({
        backend: { ...backend([]), key: `backend-${at}` },
        slots: [],
      })),
      removed: [],
    },
    certificates: { set: [], removed: [] },
  };
}

describe('parts of a step', () => {
  test.each([
    ['nothing', delta(0, 0, 0), 1],
    ['a little', delta(2, 1, 1), 1],
    ['sites', delta(9, 0, 0), 3],
    ['sites and backends', delta(5, 5, 0), 4],
    ['removals', delta(0, 0, 10), 3],
    ['all', delta(7, 6, 5), 6],
  ])('%s', (_, whole, count) => {
    const parts = partsOf(whole, 4);
    expect(parts).toHaveLength(count);
    expect(parts.every(({ base, generation }) => base === 3 && generation === 4)).toBe(true);
    expect(parts.flatMap(({ sites }) => sites.set)).toEqual(whole.sites.set);
    expect(parts.flatMap(({ sites }) => sites.removed)).toEqual(whole.sites.removed);
    expect(parts.flatMap(({ backends }) => backends.set)).toEqual(whole.backends.set);
  });
});
