// The end of a worker: WebSockets are asked to leave one after another, everything else finishes by itself.
import { Timer, type TimerWheel } from './timers.ts';
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

  /** Closes the tunnels evenly over `spreadMs`; resolves when no connection is left. */
  run(spreadMs: number): Promise<void> {
    const untilMs = this.#timers.nowMs + spreadMs;
    return new Promise((resolve) => {
      const timer = new Timer(() => step());
      const step = () => {
        if (this.#openConnections() === 0) {
          resolve();
          return;
        }
        const steps = Math.max(1, Math.ceil((untilMs - this.#timers.nowMs) / STEP_MS));
        this.#tunnels.closeSome(Math.ceil(this.#tunnels.size / steps));
        this.#timers.arm(timer, STEP_MS);
      };
      step();
    });
  }
}
