// Requests at a steady rate, half of which may be repeated and half of which may not; each failure gets its cause from the log.
import { Agent } from 'node:http';
import type { ControllerProcess } from '../support/controller-process.ts';
import { HOST } from './cluster.ts';

export type Failure = {
  readonly method: string;
  readonly status: number;
  /** What befell a node when it failed. */
  readonly during: string;
  readonly cause: string;
};

const TICK_MS = 20;

export class Traffic {
  sent = 0;
  slowestMs = 0;
  readonly #controller: ControllerProcess;
  readonly #now: () => string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 100 });
  readonly #running = new Set<Promise<void>>();
  readonly #failed: (Omit<Failure, 'cause'> & { readonly id: string })[] = [];
  readonly #ticking: NodeJS.Timeout;
  #due = 0;

  /** @param now what befalls a node at the moment */
  constructor(controller: ControllerProcess, perSecond: number, now: () => string) {
    this.#controller = controller;
    this.#now = now;
    let lastMs = performance.now();
    this.#ticking = setInterval(() => {
      const nowMs = performance.now();
      this.#due += ((nowMs - lastMs) * perSecond) / 1000;
      lastMs = nowMs;
      for (; this.#due >= 1; this.#due--) this.#ask();
    }, TICK_MS);
  }

  /** Resolves when every request was answered or failed. */
  async stop(): Promise<readonly Failure[]> {
    clearInterval(this.#ticking);
    await Promise.all(this.#running);
    this.#agent.destroy();
    return Promise.all(
      this.#failed.map(async ({ id, ...failed }) => ({ ...failed, cause: await this.#causeOf(id) })),
    );
  }

  #ask(): void {
    const id = `chaos-${++this.sent}`;
    const isRead = this.sent % 2 === 0;
    const method = isRead ? 'GET' : 'POST';
    const beganMs = performance.now();
    const asked = this.#controller
      .get(HOST, isRead ? '/api/v4/system/ping' : '/api/v4/demo/echo', {
        method,
        agent: this.#agent,
        headers: { 'X-Request-ID': id },
        ...(isRead ? {} : { body: 'once' }),
      })
      .then(
        ({ status }) => status,
        () => 0,
      )
      .then((status) => {
        this.slowestMs = Math.max(this.slowestMs, performance.now() - beganMs);
        if (status !== 200) this.#failed.push({ id, method, status, during: this.#now() });
      });
    const running: Promise<void> = asked.finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #causeOf(id: string): Promise<string> {
    const line = await this.#controller.logged({ requestId: id }).catch(() => undefined);
    if (line === undefined) return 'not in the log';
    return typeof line['reason'] === 'string' ? line['reason'] : `status ${String(line['status'])}`;
  }
}
