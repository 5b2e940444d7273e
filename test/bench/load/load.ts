// A fixed number of askers, each with one question under way at a time, and what a stretch of that costs the proxy.
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuUsOf, rssKbOf } from '../process-cost.ts';
import { Latencies } from './latencies.ts';
import type { LoadOrder, LoadResult } from './messages.ts';

/** Told of every answer, and of an end that was not asked for. */
export type AnswerSink = {
  /** @param askedMs when the question was sent, on the clock of `performance.now` */
  answered(askedMs: number): void;
  failed(error: Error): void;
};

/** Asks again as soon as it is answered, until it is stopped. */
export type Asker = { start(): void; stop(): void };

export async function measureLoad(
  order: LoadOrder,
  createAsker: (sink: AnswerSink) => Asker,
): Promise<LoadResult> {
  const latencies = new Latencies();
  const failure = Promise.withResolvers<never>();
  const sink: AnswerSink = {
    answered: (askedMs) => latencies.add(performance.now() - askedMs),
    failed: (error) => failure.reject(error),
  };
  const askers = Array.from({ length: order.connections }, () => createAsker(sink));
  for (const asker of askers) asker.start();
  try {
    return await Promise.race([measure(order, latencies), failure.promise]);
  } finally {
    for (const asker of askers) asker.stop();
  }
}

async function measure(order: LoadOrder, latencies: Latencies): Promise<LoadResult> {
  await pause(order.warmUpMs);
  latencies.clear();
  const startMs = performance.now();
  const startUs = cpuUsOf(order.processId);
  await pause(order.measuredMs);
  const cpuUs = cpuUsOf(order.processId) - startUs;
  const elapsedMs = performance.now() - startMs;
  const rssKb = rssKbOf(order.processId);
  const units = latencies.count;
  if (units === 0) throw new Error(`The proxy on port ${order.port} answered nothing`);
  const [p50Ms = 0, p99Ms = 0, p999Ms = 0] = latencies.quantiles([0.5, 0.99, 0.999]);
  return { units, elapsedMs, cpuUs, rssKb, p50Ms, p99Ms, p999Ms };
}
