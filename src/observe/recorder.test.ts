// What each call of the recorder counts, and that it asks for each series once.
import { describe, expect, test } from 'vitest';
import { allocateSharedMemory, SharedState } from '../model/shared-state.ts';
import type { AdmissionVerdict, SiteLabels } from '../model/decision.ts';
import { backendFault, clientFault } from '../model/fault.ts';
import { METRIC_LIST } from './metrics.ts';
import { Recorder } from './recorder.ts';
import { SeriesReader } from './series-reader.ts';
import { SeriesWriter } from './series.ts';
import type { SeriesMessage } from './series.ts';

const chat: SiteLabels = {
  namespace: 'mm',
  kind: 'MattermostIngressPolicy',
  name: 'chat',
  host: '*.example.com',
};
const outcome = { method: 'GET', status: 200, durationMs: 7, requestBytes: 300, responseBytes: 5000 };
const verdict: AdmissionVerdict = {
  rule: 'managed-app',
  action: 'Allow',
  mode: 'Enforce',
  secretKeys: ['current'],
  shapeOnly: false,
};
const closed = { reason: 'idle', durationMs: 60_000 } as const;

function recording() {
  const state = new SharedState(allocateSharedMemory({ workers: 1, slots: 1, cells: 2000 }));
  const reader = new SeriesReader(state);
  const messages: SeriesMessage[] = [];
  const writer = new SeriesWriter(state.row(0), (message) => {
    messages.push(message);
    reader.announced(0, message);
  });
  return { recorder: new Recorder(writer), reader, messages };
}

/** Every series that is not zero: a counter or gauge by its value, a histogram by its sum and count. */
function counted(reader: SeriesReader): readonly string[] {
  return METRIC_LIST.flatMap(([metric, { type }]) =>
    reader.read(metric).flatMap(({ labels, cells }) => {
      const values = Array.from(type === 'histogram' ? cells.slice(-2) : cells);
      return values.some((value) => value !== 0)
        ? [`${metric} ${labels.join(' ')} = ${values.join(' ')}`]
        : [];
    }),
  );
}

const site = 'mm MattermostIngressPolicy chat *.example.com';

test.each<{ name: string; act: (recorder: Recorder) => void; expected: readonly string[] }>([
  {
    name: 'a connection',
    act: (recorder) => {
      recorder.connectionOpened('https');
      recorder.connectionOpened('https');
      recorder.connectionClosed('https');
      recorder.connectionOpened('http');
      recorder.connectionClosed('http');
    },
    expected: ['connections https = 1'],
  },
  {
    name: 'a connection refused',
    act: (recorder) => recorder.connectionRejected('connection-limit'),
    expected: ['connections_rejected_total connection-limit = 1'],
  },
  {
    name: 'handshakes',
    act: (recorder) => {
      recorder.tlsHandshake('1.3', 'ok');
      recorder.tlsHandshake(undefined, 'refused');
    },
    expected: ['tls_handshakes_total 1.3 ok = 1', 'tls_handshakes_total unknown refused = 1'],
  },
  {
    name: 'an admission by secret',
    act: (recorder) => recorder.admissionDecided(chat, verdict),
    expected: [
      `admission_decisions_total ${site} managed-app Allow Enforce = 1`,
      `admission_secret_used_total ${site} managed-app current = 1`,
    ],
  },
  {
    name: 'an admission by the secrets of several headers, some of the same key',
    act: (recorder) =>
      recorder.admissionDecided(chat, { ...verdict, secretKeys: ['current', 'next', 'current'] }),
    expected: [
      `admission_decisions_total ${site} managed-app Allow Enforce = 1`,
      `admission_secret_used_total ${site} managed-app current = 1`,
      `admission_secret_used_total ${site} managed-app next = 1`,
    ],
  },
  {
    name: 'an admission without one',
    act: (recorder) =>
      recorder.admissionDecided(chat, {
        ...verdict,
        rule: 'default',
        action: 'Deny',
        mode: 'Observe',
        secretKeys: undefined,
      }),
    expected: [`admission_decisions_total ${site} default Deny Observe = 1`],
  },
  {
    name: 'affinity',
    act: (recorder) => recorder.affinityDecided(chat, 'cookie-draining'),
    expected: [`affinity_decisions_total ${site} cookie-draining = 1`],
  },
  {
    name: 'a request',
    act: (recorder) => recorder.requestFinished(chat, outcome),
    expected: [
      `requests_total ${site} GET 200 = 1`,
      `request_duration_seconds ${site} = 0.007 1`,
      `request_bytes_total ${site} = 300`,
      `response_bytes_total ${site} = 5000`,
    ],
  },
  {
    name: 'a request without a site, method or response of its own',
    act: (recorder) =>
      recorder.requestFinished(undefined, {
        ...outcome,
        method: 'BREW',
        status: 0,
        requestBytes: 0,
        responseBytes: 0,
      }),
    expected: ['requests_total    unknown OTHER none = 1', 'request_duration_seconds    unknown = 0.007 1'],
  },
  {
    name: 'the way to a backend',
    act: (recorder) => {
      recorder.upstreamConnected(chat, 2);
      recorder.upstreamFirstByte(chat, 40);
      recorder.retried('connect-refused');
      recorder.faulted(backendFault('connect-refused', 'ECONNREFUSED'));
      recorder.faulted(clientFault('request-timeout'));
    },
    expected: [
      `upstream_connect_duration_seconds ${site} = 0.002 1`,
      `upstream_first_byte_seconds ${site} = 0.04 1`,
      'retries_total connect-refused = 1',
      'faults_total backend connect-refused = 1',
      'faults_total client request-timeout = 1',
    ],
  },
  {
    name: 'WebSockets',
    act: (recorder) => {
      recorder.webSocketOpened(chat);
      recorder.webSocketOpened(chat);
      recorder.webSocketMessages(chat, 10, 20);
      recorder.webSocketMessages(chat, 2, 9);
      recorder.webSocketClosed(chat, closed);
    },
    expected: [
      `websocket_connections ${site} = 1`,
      `websocket_opened_total ${site} = 2`,
      `websocket_closed_total ${site} idle = 1`,
      `websocket_messages_total ${site} client = 12`,
      `websocket_messages_total ${site} backend = 29`,
      `websocket_duration_seconds ${site} = 60 1`,
    ],
  },
  {
    name: 'log lines dropped',
    act: (recorder) => recorder.logLinesDropped(3),
    expected: ['log_lines_dropped_total  = 3'],
  },
])('$name', ({ act, expected }) => {
  const { recorder, reader } = recording();
  act(recorder);
  expect(counted(reader)).toEqual(expected);
});

describe('labels are bounded', () => {
  test.each([0, 99, 600, 200.5, Number.NaN, -1])('status %s shares one series', (status) => {
    const { recorder, reader } = recording();
    recorder.requestFinished(chat, { ...outcome, status });
    expect(reader.read('requests_total').map(({ labels }) => labels.at(-1))).toEqual(['none']);
  });

  test.each([
    [200, 200],
    [299, 200],
    [499, 400],
    [503, 503],
    [520, 500],
  ])('status %i is counted as %i', (status, label) => {
    const { recorder, reader } = recording();
    recorder.requestFinished(chat, { ...outcome, status });
    expect(reader.read('requests_total').map(({ labels }) => labels.at(-1))).toEqual([String(label)]);
  });

  test('methods that are not in the list share one series', () => {
    const { recorder, reader } = recording();
    for (const method of ['get', 'PROPFIND', 'TRACE', ''])
      recorder.requestFinished(chat, { ...outcome, method });
    expect(reader.read('requests_total').map(({ labels }) => labels.at(-2))).toEqual(['OTHER']);
  });
});

describe('series are asked for once', () => {
  test('however often the same things happen', () => {
    const { recorder, messages } = recording();
    for (let round = 0; round < 3; round += 1) {
      recorder.requestFinished(chat, outcome);
      recorder.admissionDecided(chat, verdict);
      recorder.webSocketOpened(chat);
      recorder.webSocketClosed(chat, closed);
    }
    const names = messages.map(({ metric, labels }) => JSON.stringify([metric, labels]));
    expect(names.length).toBe(new Set(names).size);
    expect(names.length).toBeGreaterThan(5);
  });

  test('also when the configuration is compiled anew', () => {
    const { recorder, reader, messages } = recording();
    recorder.requestFinished(chat, outcome);
    const { length } = messages;
    recorder.requestFinished({ ...chat }, outcome);
    expect(messages.length).toBe(length);
    expect(reader.read('requests_total').map(({ cells }) => cells[0])).toEqual([2]);
  });
});
