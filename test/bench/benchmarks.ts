// All benchmarks by the name they are started with.
import type { Benchmark } from './benchmark.ts';
import { churnBenchmark } from './suite/churn/churn.ts';
import { drainBenchmark } from './suite/drain/drain.ts';
import { floodBenchmark } from './suite/flood.ts';
import { idleBenchmark, idleSecureBenchmark } from './suite/idle.ts';
import { latencyBenchmark } from './suite/latency.ts';
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
import { pauseBenchmark } from './suite/pause/pause.ts';
import { scaleBenchmark } from './suite/scale.ts';
import { workersBenchmark } from './suite/workers.ts';

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
  ['latency', latencyBenchmark],
  ['workers', workersBenchmark],
  ['churn', churnBenchmark],
  ['drain', drainBenchmark],
  ['flood', floodBenchmark],
  ['pause', pauseBenchmark],
  ['scale', scaleBenchmark],
]);
