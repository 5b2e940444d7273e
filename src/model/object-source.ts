// Where objects come from: the one interface of the manifests folder and, later, the API server.
import type { ObjectSet } from '../api/objects.ts';
import type { Finding, Location, ObjectReference } from './finding.ts';

/** Objects that something refers to, each as `namespace/name`. */
export type WantedNames = {
  readonly secrets: ReadonlySet<string>;
  readonly configMaps: ReadonlySet<string>;
};

/** "Here is the full set, then changes": a source is started once and read whenever it says it changed. */
export type ObjectSource = {
  /**
   * Reads everything once and then watches. Resolves when the first full set is there.
   * Rejects only where nothing can ever be read (an unreadable folder).
   * @param onChange called after the set changed; carries nothing, so that a burst costs one look
   */
  start(onChange: () => void): Promise<void>;
  /** The current set; a value that is never changed afterwards. */
  objects(): ObjectSet;
  /**
   * Says which objects are referred to, where some are read by name alone; what is wanted no more is dropped after a while.
   * Absent where everything is read anyway.
   */
  want?(names: WantedNames): void;
  /** Resolves when each wanted object was found, is known to be absent, or was refused; after a while in any case. */
  settle?(): Promise<void>;
  /** What could not be read. */
  findings(): readonly Finding[];
  /** Where a field of an object stands, if the source knows lines. */
  locate(object: ObjectReference, field: string): Location | undefined;
  close(): Promise<void>;
};
