// A wait for what is bound to come, by looking densely: with room for a machine that has much else to do.
import { vi } from 'vitest';

const WAIT_MS = 30_000;
const LOOK_MS = 15;

/** Looks until the check passes; rejects with its last failure. */
export function eventually<Value>(check: () => Value | Promise<Value>): Promise<Value> {
  return vi.waitFor(check, { timeout: WAIT_MS, interval: LOOK_MS });
}
