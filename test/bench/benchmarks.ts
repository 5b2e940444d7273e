// All benchmarks by the name they are started with.
import type { Benchmark } from './benchmark.ts';
import { churnBenchmark } from './suite/churn/churn.ts';
import { idleBenchmark, idleSecureBenchmark } from './suite/idle.ts';
import {
  connectBenchmark,
  handshakeBenchmark,
  http2Benchmark,
  httpBenchmark,
  httpLogBenchmark,
  secureWebSocketBenchmark,
  tlsBenchmark,
  webSocketBenchmark,
} from './suite/loads.ts';
import { scaleBenchmark } from './suite/scale.ts';

export const benchmarks: ReadonlyMap<string, Benchmark> = new Map([
  ['http', httpBenchmark],
  ['http-log', httpLogBenchmark],
  ['tls', tlsBenchmark],
  ['h2', http2Benchmark],
  ['handshake', handshakeBenchmark],
  ['ws', webSocketBenchmark],
  ['wss', secureWebSocketBenchmark],
  ['connect', connectBenchmark],
  ['idle', idleBenchmark],
  ['idle-wss', idleSecureBenchmark],
  ['churn', churnBenchmark],
  ['scale', scaleBenchmark],
]);
