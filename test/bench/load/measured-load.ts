// A fixed number of askers, and what a stretch of their asking costs the proxy.
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuUsOf, rssKbOf } from '../stage/process-cost.ts';
import type { Asker, AskerEvents } from './asker.ts';
import { Latencies } from './latencies.ts';
import type { LoadOrder, LoadResult } from './messages.ts';
import { createPacer, type Pacer } from './pace.ts';

/** A server that refuses every connection must not be asked as fast as it refuses. */
const REOPEN_MS = 10;

type CreateAsker = (events: AskerEvents, index: number) => Asker;

export class MeasuredLoad implements AskerEvents {
  readonly #order: LoadOrder;
  readonly #latencies = new Latencies();
  readonly #fatal = Promise.withResolvers<never>();
  readonly #askers: readonly Asker[];
  readonly #pacer: Pacer;
  readonly #stopped = Promise.withResolvers<void>();
  #isOver = false;
  #failures = 0;
  #firstFailure: string | undefined;

  constructor(order: LoadOrder, createAsker: CreateAsker) {
    this.#order = order;
    this.#askers = Array.from({ length: order.connections }, (_, index) => createAsker(this, index));
    this.#pacer = createPacer(order.pace, (error) => this.#fatal.reject(error));
  }

  async run(): Promise<LoadResult> {
    for (const asker of this.#askers) asker.open();
    try {
      return await Promise.race([this.#measure(), this.#fatal.promise]);
    } finally {
      this.#isOver = true;
      this.#pacer.stop();
      for (const asker of this.#askers) asker.close();
    }
  }

  /** Ends the measured part before its time. */
  stop(): void {
    this.#stopped.resolve();
  }

  onReady(asker: Asker): void {
    if (!this.#isOver) this.#pacer.onReady(asker);
  }

  onAnswer(dueMs: number): void {
    this.#latencies.add(performance.now() - dueMs);
  }

  onFailure(asker: Asker, error: Error): void {
    if (this.#isOver) return;
    this.#pacer.onFailure(asker);
    this.#failures++;
    this.#firstFailure ??= error.message;
    if (!this.#order.toleratesFailures) this.#fatal.reject(error);
    else
      setTimeout(() => {
        if (!this.#isOver) asker.open();
      }, REOPEN_MS);
  }

  async #measure(): Promise<LoadResult> {
    const { warmUpMs, measuredMs, processId, port } = this.#order;
    await pause(warmUpMs);
    this.#latencies.clear();
    const startMs = performance.now();
    const startUs = cpuUsOf(processId);
    const startOwn = process.cpuUsage();
    await Promise.race([pause(measuredMs), this.#stopped.promise]);
    const cpuUs = cpuUsOf(processId) - startUs;
    const { user, system } = process.cpuUsage(startOwn);
    const elapsedMs = performance.now() - startMs;
    const rssKb = rssKbOf(processId);
    const { count: units, maxMs } = this.#latencies;
    if (units === 0) throw new Error(this.#firstFailure ?? `Nothing was answered on port ${port}`);
    const [p50Ms = 0, p99Ms = 0, p999Ms = 0] = this.#latencies.quantiles([0.5, 0.99, 0.999]);
    const failures = { failures: this.#failures, firstFailure: this.#firstFailure };
    const latencies = { p50Ms, p99Ms, p999Ms, maxMs };
    return { units, ...failures, elapsedMs, cpuUs, rssKb, generatorCpuUs: user + system, ...latencies };
  }
}
