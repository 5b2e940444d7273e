// The tunnels of one site to one endpoint: they share what happens to the endpoint. Worker by worker; how many were
// lost of late is counted over all of them.
import type { Closing } from './closing.ts';
import { type KeptTunnel, MassClose, type Pace } from './mass-close.ts';

/** Losses are counted by half seconds, of which the running one and the one before make "within a second". */
const HALF_SECOND_MS = 500;

export class TunnelGroup {
  /** Place of the endpoint in shared memory. */
  readonly slot: number;
  readonly identity: string;
  readonly open = new Set<KeptTunnel>();
  /** Since when the endpoint is no longer in the configuration. */
  goneSinceMs: number | undefined;
  readonly #pace: Pace;
  /** Nearly all tunnels of a site have one path: it is kept once, and not as a part of the head it came in. */
  #path = '';
  #leaving: MassClose | undefined;
  #lost: MassClose | undefined;

  constructor(endpoint: { readonly slot: number; readonly identity: string }, pace: Pace) {
    this.slot = endpoint.slot;
    this.identity = endpoint.identity;
    this.#pace = pace;
  }

  /** All of them are to leave, and so are those that come. Those that wait for something else wait here now. */
  leave(closing: Closing, withinMs: number): void {
    if (this.#leaving?.closing === closing) return;
    const mass = new MassClose(closing, this.#pace, withinMs);
    this.#leaving = mass;
    // Those whose endpoint is lost wait for that already, and not for long.
    for (const tunnel of this.open) if (tunnel.canClose && !tunnel.isHeld) mass.add(tunnel);
  }

  /** There is nothing any more for which they would have to leave. */
  stay(): void {
    this.goneSinceMs = undefined;
    this.#leaving?.cancel();
    this.#leaving = undefined;
  }

  ownPath(path: string): string {
    if (path !== this.#path) this.#path = Buffer.from(path, 'latin1').toString('latin1');
    return this.#path;
  }

  add(tunnel: KeptTunnel): void {
    this.open.add(tunnel);
    this.#leaving?.add(tunnel);
  }

  delete(tunnel: KeptTunnel): void {
    this.open.delete(tunnel);
    tunnel.massClose?.delete(tunnel);
  }

  /**
   * The endpoint broke this tunnel off. Says whether it breaks off so many at this time that their clients would all
   * come back at once.
   */
  hasLostMany(): boolean {
    const { row, shared, timers } = this.#pace;
    const half = halfSecond(timers.clockMs);
    row.closes.noteLoss(this.slot, half);
    return shared.losses(this.slot, half) > this.#pace.perSecond() / 5;
  }

  /** Its client waits for its turn to hear of the loss. */
  hold(tunnel: KeptTunnel, closing: Closing, withinMs: number): void {
    this.#lost ??= this.#beginLoss(closing, withinMs);
    this.#lost.extend(withinMs);
    this.#lost.add(tunnel);
  }

  /** Those that were passed on before it was seen how many they are come back too. */
  #beginLoss(closing: Closing, withinMs: number): MassClose {
    const mass = new MassClose(closing, this.#pace, withinMs);
    const { row, timers } = this.#pace;
    mass.owe(row.closes.losses(this.slot, halfSecond(timers.clockMs)) - 1);
    return mass;
  }
}

function halfSecond(clockMs: number): number {
  return Math.floor(clockMs / HALF_SECOND_MS);
}
