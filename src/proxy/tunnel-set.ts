// The open tunnels of a worker, and their paced end when the process stops.
import type { SharedRow } from '../model/shared-state.ts';
import type { Tunnel } from './tunnel.ts';

/** RFC 6455 section 7.4.1: the server is going away. */
const GOING_AWAY = 1001;

export class TunnelSet {
  readonly #open = new Set<Tunnel>();
  readonly #row: SharedRow;

  constructor(row: SharedRow) {
    this.#row = row;
  }

  get size(): number {
    return this.#open.size;
  }

  add(tunnel: Tunnel): void {
    this.#open.add(tunnel);
    this.#row.setSignal('tunnels', this.#open.size);
  }

  delete(tunnel: Tunnel): void {
    this.#open.delete(tunnel);
    this.#row.setSignal('tunnels', this.#open.size);
  }

  /** Has each tell how many messages have passed. */
  tellMessages(): void {
    for (const tunnel of this.#open) tunnel.tellMessages();
  }

  /** Asks some of them to leave: those that have been open longest. */
  closeSome(count: number): void {
    let left = count;
    for (const tunnel of this.#open) {
      if (left <= 0) return;
      if (tunnel.closeByServer(GOING_AWAY, 'server is shutting down')) left--;
    }
  }
}
