// What a reflector asks before it believes what it reads of a kind whose definition can be taken away or replaced.
// Kinds of Kubernetes itself need none; policy-guard.ts is that of policies.

/** A list beside what was known before it; both by `namespace/name`. */
export type ListChange = {
  readonly known: ReadonlyMap<string, unknown>;
  readonly listed: ReadonlyMap<string, unknown>;
};

export type Guard = {
  /**
   * Asked before each list and watch; throws an ApiFailure while nothing of the kind may be taken over.
   * @returns in how many milliseconds it wants to be asked again
   */
  admit(signal: AbortSignal): Promise<number>;
  /** The keys of known objects that a list lacks and that stay all the same. Throws as `admit` does. */
  holdBack(change: ListChange, signal: AbortSignal): Promise<ReadonlySet<string>>;
};
