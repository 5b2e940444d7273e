// When questions are asked. Closed: the next one follows the answer. Open: at a fixed rate, and what waits because all
// clients are busy has been waiting since it was due, as the people behind it would (no coordinated omission).
import type { Asker } from './asker.ts';
import type { Pace } from './messages.ts';

/** Who falls that far behind will not catch up. */
const MAX_LAG_MS = 5_000;
const COARSE_TICK_MS = 2;

export type Pacer = {
  onReady(asker: Asker): void;
  /** It can be asked again when it says so anew. */
  onFailure(asker: Asker): void;
  stop(): void;
};

/** @param onOverload told once when an open pace cannot be kept up */
export function createPacer(pace: Pace, onOverload: (error: Error) => void): Pacer {
  return pace.kind === 'closed' ? CLOSED : new OpenPacer(pace, onOverload);
}

const CLOSED: Pacer = {
  onReady: (asker) => asker.ask(performance.now()),
  onFailure: () => {},
  stop: () => {},
};

class OpenPacer implements Pacer {
  readonly #pace: Extract<Pace, { readonly kind: 'open' }>;
  readonly #onOverload: (error: Error) => void;
  #idle: Asker[] = [];
  #nextDueMs = performance.now();
  #isStopped = false;

  constructor(pace: Extract<Pace, { readonly kind: 'open' }>, onOverload: (error: Error) => void) {
    this.#pace = pace;
    this.#onOverload = onOverload;
    this.#tick();
  }

  /** The one that waited longest comes next, so that all are used alike. */
  onReady(asker: Asker): void {
    this.#idle.push(asker);
  }

  onFailure(asker: Asker): void {
    this.#idle = this.#idle.filter((other) => other !== asker);
  }

  stop(): void {
    this.#isStopped = true;
  }

  readonly #tick = (): void => {
    if (this.#isStopped) return;
    const nowMs = performance.now();
    while (this.#nextDueMs <= nowMs) {
      const asker = this.#idle.shift();
      if (asker === undefined) break;
      asker.ask(this.#nextDueMs);
      this.#nextDueMs += 1000 / this.#pace.perSecond;
    }
    if (nowMs - this.#nextDueMs > MAX_LAG_MS) {
      this.stop();
      this.#onOverload(new Error(`${this.#pace.perSecond.toFixed(0)} questions a second are too many`));
    } else if (this.#pace.isExact) setImmediate(this.#tick);
    else setTimeout(this.#tick, COARSE_TICK_MS);
  };
}
