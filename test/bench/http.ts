// `http`: what a request costs, on kept connections, one at a time on each, answers of 512 bytes.
import type { Benchmark } from './benchmark.ts';
import { runLoadBenchmark } from './load-rounds.ts';

export const httpBenchmark: Benchmark = {
  summary: 'requests on 32 kept connections, answers of 512 bytes',
  defaults: { seconds: 45, rounds: 5 },
  run: (context) => runLoadBenchmark({ kind: 'http', connections: 32, unit: 'request' }, context),
};
