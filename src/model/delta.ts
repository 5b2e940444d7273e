// What the main thread tells the workers, and what they answer: the whole protocol between threads.
import type { Backend, Certificate, Site } from './configuration.ts';

/** A backend with the place of each endpoint in shared memory: `slots[i]` belongs to `backend.endpoints[i]`. */
export type PlacedBackend = { readonly backend: Backend; readonly slots: readonly number[] };

/** A step from one generation to the next; `base` 0 replaces everything. */
export type Delta = {
  readonly base: number;
  readonly generation: number;
  readonly sites: Changes<Site>;
  readonly backends: Changes<PlacedBackend>;
  readonly certificates: Changes<Certificate>;
};

export type Changes<Entry> = { readonly set: readonly Entry[]; readonly removed: readonly string[] };

export type ToWorker =
  /** A step, or a part of one: it is made when its last part has come. Each part is answered before the next is sent. */
  | { readonly kind: 'delta'; readonly delta: Delta; readonly isLast: boolean }
  /** Listen: the first worker binds, the others take the ports it got. */
  | { readonly kind: 'listen'; readonly ports: BoundPorts | undefined }
  /** Readiness is red: keep serving, but let clients go (`Connection: close`). */
  | { readonly kind: 'lame-duck' }
  /** No new connections; close all tunnels within that time and stop when everything is done. */
  | { readonly kind: 'drain'; readonly closeWithinMs: number };

export type FromWorker =
  /** A part of a step that is not its last. */
  | { readonly kind: 'part-taken' }
  | { readonly kind: 'acknowledged'; readonly generation: number }
  /** The worker stands on another base than the delta: send a snapshot. */
  | { readonly kind: 'snapshot-wanted' }
  | { readonly kind: 'listening'; readonly ports: BoundPorts }
  | {
      readonly kind: 'series';
      readonly cell: number;
      readonly metric: string;
      readonly labels: readonly string[];
    }
  /** JSON lines in UTF-8, each with its line feed. */
  | { readonly kind: 'log'; readonly lines: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'drained' }
  | { readonly kind: 'failed'; readonly message: string };

export type BoundPorts = {
  readonly http: number | undefined;
  readonly https: number | undefined;
  readonly legacyHttps: number | undefined;
};
