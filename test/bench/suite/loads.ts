// The benchmarks of one load each, as a table: what is asked, by how many clients, and who takes part.
import type { Benchmark, BenchmarkContext } from '../benchmark.ts';
import type { Bodies, Question } from '../load/messages.ts';
import { OURS, OURS_WITH_LOG, PEERS } from '../stage/proxies.ts';
import { withAccessLog } from '../stage/proxy-kind.ts';
import { type LoadBenchmark, runLoadBenchmark } from './load-rounds.ts';

type Unit = LoadBenchmark['unit'];

const REQUEST: Unit = { plural: 'requests', suffix: 'Request' };
const ROUND_TRIP: Unit = { plural: 'round trips', suffix: 'RoundTrip' };
const HANDSHAKE: Unit = { plural: 'handshakes', suffix: 'Handshake' };
const CONNECT: Unit = { plural: 'connects', suffix: 'Connect' };

const ALL = [OURS, ...PEERS];
const REQUEST_CONNECTIONS = 32;
const WEBSOCKETS = 64;
const HTTP2_SESSIONS = 4;
const HTTP2_STREAMS = 8;
/** Of larger bodies fewer are under way, or the run measures the memory of the machine. */
const LARGE_BYTES = 256 << 10;
const LARGE_CONNECTIONS = 8;

export const httpBenchmark = ofRequests({
  summary: 'requests over plain HTTP; ours also with its access log on',
  kinds: [OURS, OURS_WITH_LOG, ...PEERS],
  question: (bodies) => ({ kind: 'http', transport: 'plain', bodies, isKept: true }),
});

export const httpLogBenchmark = ofRequests({
  summary: 'the same with the access logs of all on',
  kinds: ALL.map((kind) => withAccessLog(kind)),
  question: (bodies) => ({ kind: 'http', transport: 'plain', bodies, isKept: true }),
});

export const tlsBenchmark = ofRequests({
  summary: 'requests over TLS 1.3',
  kinds: ALL,
  question: (bodies) => ({ kind: 'http', transport: 'tls', bodies, isKept: true }),
});

export const http2Benchmark = ofRequests({
  summary: `requests over HTTP/2 and TLS 1.3, ${HTTP2_SESSIONS} connections with ${HTTP2_STREAMS} requests under way on each`,
  kinds: ALL,
  question: (bodies) => ({ kind: 'http2', transport: 'tls', bodies, streams: streamsFor(bodies) }),
});

export const handshakeBenchmark: Benchmark = {
  summary: 'full TLS 1.3 handshakes, a connection and one request each',
  defaults: { seconds: 60, rounds: 5 },
  takes: ['bodies', 'peers', 'profile'],
  run: (context) =>
    runLoadBenchmark(
      {
        kinds: ALL,
        question: { kind: 'http', transport: 'tls', bodies: context.bodies, isKept: false },
        connections: REQUEST_CONNECTIONS,
        unit: HANDSHAKE,
      },
      context,
    ),
};

export const webSocketBenchmark = ofWebSockets({
  summary: `round trips of 100 bytes on ${WEBSOCKETS} WebSockets`,
  question: { kind: 'ws', transport: 'plain' },
  unit: ROUND_TRIP,
});

export const secureWebSocketBenchmark = ofWebSockets({
  summary: 'the same over TLS 1.3',
  question: { kind: 'ws', transport: 'tls' },
  unit: ROUND_TRIP,
});

export const connectBenchmark = ofWebSockets({
  summary: `WebSockets opened and closed, ${WEBSOCKETS} at a time`,
  question: { kind: 'connect', transport: 'plain' },
  unit: CONNECT,
});

type RequestBenchmark = Pick<Benchmark, 'summary'> &
  Pick<LoadBenchmark, 'kinds'> & { readonly question: (bodies: Bodies) => Question };

function ofRequests({ summary, kinds, question }: RequestBenchmark): Benchmark {
  const run = (context: BenchmarkContext) => {
    const asked = question(context.bodies);
    const connections = asked.kind === 'http2' ? HTTP2_SESSIONS : connectionsFor(context.bodies);
    return runLoadBenchmark({ kinds, question: asked, connections, unit: REQUEST }, context);
  };
  return { summary, defaults: { seconds: 60, rounds: 5 }, takes: ['bodies', 'peers', 'profile'], run };
}

type WebSocketBenchmark = Pick<Benchmark, 'summary'> & Pick<LoadBenchmark, 'question' | 'unit'>;

function ofWebSockets({ summary, ...load }: WebSocketBenchmark): Benchmark {
  return {
    summary,
    defaults: { seconds: 60, rounds: 5 },
    takes: ['peers', 'profile'],
    run: (context) => runLoadBenchmark({ kinds: ALL, connections: WEBSOCKETS, ...load }, context),
  };
}

function connectionsFor({ answerBytes, uploadBytes }: Bodies): number {
  return Math.max(answerBytes, uploadBytes) < LARGE_BYTES ? REQUEST_CONNECTIONS : LARGE_CONNECTIONS;
}

function streamsFor(bodies: Bodies): number {
  return connectionsFor(bodies) === LARGE_CONNECTIONS ? LARGE_CONNECTIONS / HTTP2_SESSIONS : HTTP2_STREAMS;
}
