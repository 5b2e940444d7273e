// The waits of the reflectors, and the timers they are waited with: both replaced by tests, which never wait.
import { clearTimeout, setTimeout } from 'node:timers';

/** All times in milliseconds. Where two stand together, each wait is drawn between them so that nobody acts in step. */
export type WatchTiming = {
  /** First wait after a failure; doubled by each further one, and drawn between 0 and that. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
  /** After so long without a failure the next one counts as the first. */
  readonly healthyMs: number;
  /** A 403 is mended by people; asking faster only fills the API server's log. */
  readonly forbiddenMs: number;
  /** The same for a kind that the API server does not know (yet). */
  readonly unknownKindMs: number;
  /** How long the API server is asked to keep a watch open. */
  readonly watchMs: readonly [min: number, max: number];
  /** A watch that ends sooner is a failure, however politely it ends. */
  readonly shortWatchMs: number;
  /** Silence after which a watch is given up, once bookmarks came (about one a minute) and before. */
  readonly stallMs: number;
  readonly firstStallMs: number;
  /** Between full lists that check what the watches missed. */
  readonly relistMs: readonly [min: number, max: number];
  /** From the deletion of an object that must not vanish unnoticed to the list that confirms it. */
  readonly confirmMs: number;
  /** How long the last of them stay although lists say that all are gone: their definition may be coming back. */
  readonly allGoneMs: number;
  /** Between looks at the definition of the kind; below `watchMs`, so that a watch which the server ends is one cut off. */
  readonly definitionMs: readonly [min: number, max: number];
  /** The same while the API server does not say it, which it does some seconds after the definition came. */
  readonly unknownDefinitionMs: number;
};

/** The figures of client-go where it has any (0.8 s to 30 s, healthy after 2 min). */
export const defaultTiming: WatchTiming = {
  backoffMs: 800,
  maxBackoffMs: 30_000,
  healthyMs: 120_000,
  forbiddenMs: 30_000,
  unknownKindMs: 10_000,
  watchMs: [240_000, 480_000],
  shortWatchMs: 1_000,
  stallMs: 90_000,
  firstStallMs: 150_000,
  relistMs: [600_000, 1_800_000],
  confirmMs: 2_000,
  allGoneMs: 15_000,
  definitionMs: [150_000, 230_000],
  unknownDefinitionMs: 5_000,
};

export type Timers = {
  /** Calls once after the delay. @returns cancels the call */
  after(delayMs: number, callback: () => void): () => void;
};

export const nodeTimers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A time drawn evenly between two. @param chance evenly drawn from 0 up to, not including, 1 */
export function drawMs([min, max]: readonly [number, number], chance: () => number): number {
  return min + (max - min) * chance();
}

/** Resolves after the delay, or as soon as the signal says stop. */
export async function pause(timers: Timers, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  const cancel = timers.after(Math.max(0, delayMs), resolve);
  signal.addEventListener('abort', stop, { once: true });
  await promise;
  cancel();
  signal.removeEventListener('abort', stop);
}
