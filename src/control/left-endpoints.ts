// Endpoints that have left while somebody is still connected to them: their WebSockets are being closed, or outlive them.
import type { Backend, Endpoint } from '../model/configuration.ts';
import type { SharedState } from '../model/shared-state.ts';

export type LeftEndpoint = {
  readonly slot: number;
  readonly service: Backend['service'];
  readonly endpoint: Endpoint;
  readonly sinceMs: number;
  /** How many it had when it left, or began to drain before that. */
  readonly webSocketsAtDrain: number;
};

export class LeftEndpoints {
  readonly #state: Pick<SharedState, 'load'>;
  /** A slot is given to nobody else while somebody is counted in it. */
  readonly #bySlot = new Map<number, LeftEndpoint>();

  constructor(state: Pick<SharedState, 'load'>) {
    this.#state = state;
  }

  add(left: LeftEndpoint): void {
    this.#prune();
    if (this.#state.load(left.slot) > 0) this.#bySlot.set(left.slot, left);
  }

  /** The slot has an endpoint again. */
  forget(slot: number): void {
    this.#bySlot.delete(slot);
  }

  /** Those to which somebody is connected, the first that left first. */
  get list(): readonly LeftEndpoint[] {
    this.#prune();
    return [...this.#bySlot.values()];
  }

  #prune(): void {
    for (const slot of this.#bySlot.keys()) if (this.#state.load(slot) === 0) this.#bySlot.delete(slot);
  }
}
