// The only door to time for code that decides; made in main.ts and in the worker's entry.

/** Time in milliseconds. */
export type Clock = {
  /** Milliseconds since the Unix epoch, for people: log lines, `Age`, certificates. */
  epochMs(): number;
  /** Milliseconds that only move forward, from a base shared by all threads of the process. */
  monotonicMs(): number;
};
