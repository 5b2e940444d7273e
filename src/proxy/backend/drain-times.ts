// Since when endpoints are draining, as this worker has seen it: a policy bounds for how long their holders may stay.
import type { PlacedBackend } from '../../model/delta.ts';

export class DrainTimes {
  /** By slot; a slot that went to another endpoint begins anew. */
  readonly #since = new Map<number, { readonly identity: string; readonly ms: number }>();

  /** Backends that are new or have changed. */
  follow(changed: readonly PlacedBackend[], nowMs: number): void {
    for (const { backend, slots } of changed) {
      for (const [at, { identity, state }] of backend.endpoints.entries()) {
        const slot = slots[at] ?? 0;
        if (state === 'ready') this.#since.delete(slot);
        else if (this.#since.get(slot)?.identity !== identity) this.#since.set(slot, { identity, ms: nowMs });
      }
    }
  }

  /** For how long the endpoint in that slot has been draining. */
  drainingMs(slot: number, nowMs: number): number {
    return nowMs - (this.#since.get(slot)?.ms ?? nowMs);
  }
}
