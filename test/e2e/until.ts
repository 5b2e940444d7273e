// A wait for what a cluster brings about: seconds, not milliseconds.
import { vi } from 'vitest';

const LOOK_MS = 250;

/** Looks until the check passes; rejects with its last failure. */
export function until<Value>(check: () => Value | Promise<Value>, timeoutMs = 60_000): Promise<Value> {
  return vi.waitFor(check, { timeout: timeoutMs, interval: LOOK_MS });
}
