// `ws`: what a message to the backend and back costs on open WebSockets.
import type { Benchmark } from './benchmark.ts';
import { runLoadBenchmark } from './load-rounds.ts';

export const webSocketBenchmark: Benchmark = {
  summary: 'round trips of 100 bytes on 64 WebSockets',
  defaults: { seconds: 45, rounds: 5 },
  run: (context) => runLoadBenchmark({ kind: 'ws', connections: 64, unit: 'roundTrip' }, context),
};
