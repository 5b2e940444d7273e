// All benchmarks by the name they are started with.
import type { Benchmark } from './benchmark.ts';
import { httpBenchmark } from './http.ts';
import { idleBenchmark } from './idle.ts';
import { scaleBenchmark } from './scale.ts';
import { webSocketBenchmark } from './ws.ts';

export const benchmarks: ReadonlyMap<string, Benchmark> = new Map([
  ['http', httpBenchmark],
  ['ws', webSocketBenchmark],
  ['idle', idleBenchmark],
  ['scale', scaleBenchmark],
]);
