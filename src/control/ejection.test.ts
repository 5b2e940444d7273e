// Who may be ejected: the table of percentages, and never the last that serves.
import { expect, test } from 'vitest';
import type { HealthState } from '../model/health-board.ts';
import { mayEject } from './ejection.ts';

const LETTERS: Readonly<Record<string, HealthState>> = {
  r: 'ready',
  s: 'slow-start',
  u: 'unhealthy',
  e: 'ejected',
};

/** Letters as endpoints, capital ready and small draining; asks for the first one. */
function ask(letters: string, maxPercent: number): boolean {
  const ejection = { consecutiveFailures: 5, baseTimeMs: 1, maxPercent };
  const all = Array.from(letters, (letter) => {
    const state = LETTERS[letter.toLowerCase()] ?? 'ready';
    const place: 'ready' | 'draining' = letter === letter.toUpperCase() ? 'ready' : 'draining';
    return {
      watched: { state, isEjected: state === 'ejected' },
      endpoint: { state: place },
      backend: { health: { ejection } },
    };
  });
  const [first] = all;
  return first !== undefined && mayEject(first, all);
}

test.each([
  ['R', 100, false],
  ['RR', 50, true],
  ['RR', 49, false],
  ['RR', 100, true],
  ['RE', 100, false],
  ['RRR', 50, true],
  ['RRE', 50, false],
  ['RRE', 67, true],
  ['RRRE', 50, true],
  ['RREE', 50, false],
  ['RR', 0, false],
  // The last that serves: the others fail their checks.
  ['RU', 100, false],
  ['RUU', 100, false],
  ['RS', 50, true],
  // Draining ones are no reserve, and not worth it.
  ['Rr', 100, false],
  ['rRR', 100, false],
  ['RRr', 50, true],
  // Itself unhealthy: another serves.
  ['UR', 50, true],
])('%s with %i percent: %s', (letters, percent, expected) => expect(ask(letters, percent)).toBe(expected));
