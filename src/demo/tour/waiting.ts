// Waiting for something that only shows when one looks.
import { setTimeout as pause } from 'node:timers/promises';
import { PromiseBroken } from './step.ts';

const LOOK_MS = 5;
const DEFAULT_TIMEOUT_MS = 15_000;

/** Looks until it is so. Rejects with PromiseBroken after the timeout. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  timeoutMs = DEFAULT_TIMEOUT_MS,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new PromiseBroken(`Not within ${timeoutMs} ms: ${what}`);
    await pause(LOOK_MS);
  }
}
