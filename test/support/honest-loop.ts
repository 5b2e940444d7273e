// Somebody who asks again and again while others do their worst to the same process; one failure is the test's.
import { setImmediate as nextTurn } from 'node:timers/promises';

export type HonestResult = { readonly served: number; readonly slowestMs: number };

export class HonestLoop {
  #isStopped = false;
  readonly #result: Promise<HonestResult | Error>;

  private constructor(ask: () => Promise<void>) {
    this.#result = this.#run(ask);
  }

  /** @param ask one request; throws what was wrong with its answer */
  static start(ask: () => Promise<void>): HonestLoop {
    return new HonestLoop(ask);
  }

  /** Resolves when the last request was answered; rejects with the first failure. */
  async stop(): Promise<HonestResult> {
    this.#isStopped = true;
    const result = await this.#result;
    if (result instanceof Error) throw result;
    return result;
  }

  async #run(ask: () => Promise<void>): Promise<HonestResult | Error> {
    let served = 0;
    let slowestMs = 0;
    while (!this.#isStopped) {
      const beganMs = performance.now();
      try {
        await ask();
      } catch (error) {
        return new Error(`The honest client failed after ${served} requests`, { cause: error });
      }
      served++;
      slowestMs = Math.max(slowestMs, performance.now() - beganMs);
      await nextTurn();
    }
    return { served, slowestMs };
  }
}
