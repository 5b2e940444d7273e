// A flood, a process of its own: one source that asks far more often than it may, whatever it is told. It begins with an
// order and ends with the next message, which it answers with what became of it.
import { Agent, request } from 'node:http';
import process from 'node:process';
import { HOST } from '../peers/host.ts';

export type FloodOrder = {
  readonly port: number;
  /** Its address, which nobody else has. */
  readonly from: string;
  readonly perSecond: number;
  /** Requests under way at a time, each on a connection that is kept. */
  readonly atOnce: number;
};

export type FloodResult = {
  readonly elapsedMs: number;
  readonly passed: number;
  readonly refused: number;
  readonly failed: number;
};

const TICK_MS = 2;
const TOO_MANY_REQUESTS = 429;

class Flood {
  readonly #order: FloodOrder;
  readonly #agent: Agent;
  readonly #ticking: NodeJS.Timeout;
  readonly #beganMs = performance.now();
  readonly #counts = { passed: 0, refused: 0, failed: 0 };
  #running = 0;
  #due = 0;

  constructor(order: FloodOrder) {
    this.#order = order;
    this.#agent = new Agent({ keepAlive: true, maxSockets: order.atOnce });
    let lastMs = performance.now();
    this.#ticking = setInterval(() => {
      const nowMs = performance.now();
      // What it could not ask in time it does not ask at all.
      this.#due = Math.min(this.#due + ((nowMs - lastMs) * order.perSecond) / 1000, order.atOnce);
      lastMs = nowMs;
      for (; this.#due >= 1 && this.#running < order.atOnce; this.#due--) this.#ask();
    }, TICK_MS);
  }

  stop(): FloodResult {
    clearInterval(this.#ticking);
    this.#agent.destroy();
    return { ...this.#counts, elapsedMs: performance.now() - this.#beganMs };
  }

  #ask(): void {
    const { port, from } = this.#order;
    this.#running++;
    const asked = request(
      {
        host: '127.0.0.1',
        port,
        localAddress: from,
        path: '/api/v4/users/me?bytes=512',
        headers: { Host: HOST },
        agent: this.#agent,
      },
      (response) => {
        this.#counts[response.statusCode === TOO_MANY_REQUESTS ? 'refused' : 'passed']++;
        response.resume();
      },
    );
    asked.once('error', () => this.#counts.failed++);
    asked.once('close', () => this.#running--);
    asked.end();
  }
}

let flood: Flood | undefined;
process.on('message', (order: FloodOrder | 'stop') => {
  if (order !== 'stop') flood = new Flood(order);
  else process.send?.(flood?.stop());
});
process.once('disconnect', () => process.exit());
