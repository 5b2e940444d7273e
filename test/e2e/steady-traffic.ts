// Requests at a steady pace while something is done to the cluster, and what became of them.
import { setInterval } from 'node:timers/promises';
import type { Reply } from '../../src/demo/mattermost/session.ts';

export type Figures = {
  readonly sent: number;
  /** What went wrong, with the milliseconds since the start. */
  readonly failures: readonly string[];
  /** Nodes that answered. */
  readonly nodes: readonly string[];
};

/** 50 a second. */
const PACE_MS = 20;

export class SteadyTraffic {
  readonly #failures: string[] = [];
  readonly #nodes = new Set<string>();
  readonly #stop = new AbortController();
  readonly #startMs = performance.now();
  readonly #running: Promise<void>;
  #sent = 0;

  /** @param send one request; any other answer than 200 is a failure */
  constructor(send: () => Promise<Reply>) {
    this.#running = this.#run(send);
  }

  /** Ends with the answers to all that was sent. */
  async stop(): Promise<Figures> {
    this.#stop.abort();
    await this.#running;
    return { sent: this.#sent, failures: this.#failures, nodes: [...this.#nodes].toSorted() };
  }

  async #run(send: () => Promise<Reply>): Promise<void> {
    const open = new Set<Promise<void>>();
    try {
      for await (const _ of setInterval(PACE_MS, undefined, { signal: this.#stop.signal })) {
        const one = this.#send(send).finally(() => open.delete(one));
        open.add(one);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
    await Promise.all(open);
  }

  async #send(send: () => Promise<Reply>): Promise<void> {
    this.#sent += 1;
    const atMs = Math.round(performance.now() - this.#startMs);
    try {
      const { status, node, body } = await send();
      if (status === 200) this.#nodes.add(node);
      else this.#failures.push(`${atMs} ms: ${status} ${body.toString().slice(0, 200)}`);
    } catch (error) {
      this.#failures.push(`${atMs} ms: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
