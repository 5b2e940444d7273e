// Many WebSockets that are to close for one reason: one after another at the site's pace, all within a time.
// The pace is one over all workers: each takes the part of it that its part of those who wait is.
import type { Admitted } from '../../decide/recheck.ts';
import type { SharedRow, SharedState } from '../../model/shared-state.ts';
import type { Closing } from './closing.ts';
import { Timer, type TimerWheel } from '../timers.ts';

/** What is asked of a tunnel by those who keep it, beside closing it. */
export type KeptTunnel = PacedTunnel & {
  /** What it was admitted with; undefined where nobody was asked. */
  readonly admitted: Admitted | undefined;
  /** The configured host it came in by. */
  readonly host: string;
  /** A WebSocket of the Calls plugin. */
  readonly isCalls: boolean;
  readonly ageMs: number;
  /** There is a client that was not asked to leave yet. */
  readonly canClose: boolean;
  /** Its backend is lost, and its client waits for a turn to hear of it. */
  readonly isHeld: boolean;
  tellMessages(): void;
};

/** A WebSocket that may wait for its turn; the mass it waits in is kept by it, so that it can leave. */
export type PacedTunnel = { massClose: MassClose | undefined; close(closing: Closing): void };

export type Pace = {
  readonly timers: TimerWheel;
  readonly row: SharedRow;
  readonly shared: Pick<SharedState, 'closing' | 'losses'>;
  /** Where the site counts its waiting ones in shared memory. */
  readonly cell: number;
  /** Closes a second over all workers; read at each step, since a policy may change meanwhile. */
  perSecond(): number;
};

/** Each tick is a step. */
const STEP_MS = 100;
/** A loop that was held up does not make good for it in one go. */
const MAX_STEP_MS = 120;

export class MassClose {
  readonly closing: Closing;
  readonly #pace: Pace;
  readonly #waiting = new Set<PacedTunnel>();
  readonly #timer = new Timer(() => this.#step());
  #deadlineMs: number;
  /** So much later the last may go where the pace is nearly enough: better than a burst at the end. */
  #graceMs: number;
  /** The pace is not enough: all are closed in time. */
  #isHurried = false;
  #steppedMs: number;
  /** Closes that are due and not made yet, less than one between steps; negative after too many. */
  #credit = 0;

  /** @param withinMs all are closed by then, at whatever pace that takes, or a tenth later at the pace */
  constructor(closing: Closing, pace: Pace, withinMs: number) {
    this.closing = closing;
    this.#pace = pace;
    this.#steppedMs = pace.timers.nowMs;
    this.#deadlineMs = this.#steppedMs + withinMs;
    this.#graceMs = withinMs / 10;
  }

  /** It waits here from now on, unless it is in a mass for good and might be let off here. */
  add(tunnel: PacedTunnel): void {
    const before = tunnel.massClose;
    if (before === this || (before?.closing.mayPass === false && this.closing.mayPass)) return;
    before?.delete(tunnel);
    tunnel.massClose = this;
    if (this.#waiting.size === 0) this.#begin();
    this.#waiting.add(tunnel);
    this.#pace.row.closes.addWaiting(this.#pace.cell, 1);
  }

  #begin(): void {
    const { timers } = this.#pace;
    this.#steppedMs = timers.nowMs;
    this.#credit = Math.min(0, this.#credit);
    this.#isHurried = false;
    timers.arm(this.#timer, 0);
  }

  /** So many went of themselves just now, and count in the pace. */
  owe(count: number): void {
    this.#credit -= count;
  }

  /** It has closed, or waits elsewhere. */
  delete(tunnel: PacedTunnel): void {
    if (!this.#waiting.delete(tunnel)) return;
    tunnel.massClose = undefined;
    this.#pace.row.closes.addWaiting(this.#pace.cell, -1);
  }

  /** The cause is gone: who still waits may stay. */
  cancel(): void {
    for (const tunnel of this.#waiting) this.delete(tunnel);
    this.#timer.cancel();
  }

  /** What is added from now on has that long. */
  extend(withinMs: number): void {
    this.#deadlineMs = Math.max(this.#deadlineMs, this.#pace.timers.nowMs + withinMs);
    this.#graceMs = withinMs / 10;
  }

  #step(): void {
    let left = this.#due();
    for (const tunnel of this.#waiting) {
      if (left-- <= 0) break;
      this.delete(tunnel);
      tunnel.close(this.closing);
    }
    if (this.#waiting.size > 0) this.#pace.timers.arm(this.#timer, 0);
  }

  /** How many go in this step. */
  #due(): number {
    const { timers, shared, cell } = this.#pace;
    const waiting = this.#waiting.size;
    const elapsedMs = Math.min(timers.nowMs - this.#steppedMs, MAX_STEP_MS);
    this.#steppedMs = timers.nowMs;
    const share = (this.#pace.perSecond() * waiting) / Math.max(waiting, shared.closing(cell));
    const leftMs = this.#deadlineMs - timers.nowMs;
    this.#isHurried ||= (waiting * 1000) / share > leftMs + this.#graceMs;
    if (leftMs <= 0 && this.#isHurried) return waiting;
    const rate = this.#isHurried ? Math.max(share, (waiting * 1000) / (leftMs + STEP_MS)) : share;
    this.#credit += (rate * elapsedMs) / 1000;
    const due = Math.max(0, Math.floor(this.#credit));
    this.#credit -= due;
    return due;
  }
}
