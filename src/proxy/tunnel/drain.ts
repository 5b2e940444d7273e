// The end of a worker: WebSockets are asked to leave one after another, everything else finishes by itself.
import { Timer, type TimerWheel } from '../timers.ts';
import type { TunnelSet } from './tunnel-set.ts';

const STEP_MS = 100;

export class Drain {
  readonly #tunnels: TunnelSet;
  readonly #timers: TimerWheel;
  readonly #openConnections: () => number;

  constructor(tunnels: TunnelSet, timers: TimerWheel, openConnections: () => number) {
    this.#tunnels = tunnels;
    this.#timers = timers;
    this.#openConnections = openConnections;
  }

  /** Closes the tunnels, each site's at its pace and all within that time; resolves when no connection is left. */
  run(closeWithinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = new Timer(() => step());
      const step = () => {
        if (this.#openConnections() === 0) {
          resolve();
          return;
        }
        this.#tunnels.shutDown(closeWithinMs);
        this.#timers.arm(timer, STEP_MS);
      };
      step();
    });
  }
}
