// The text of a real scrape, parsed: names, types, labels and values of what workers and the main thread counted.
import { describe, expect, test } from 'vitest';
import { allocateSharedMemory, SharedState } from '../model/shared-state.ts';
import { METRIC_PREFIX } from './metric-definition.ts';
import { METRIC_LIST } from './metrics.ts';
import { Recorder } from './recorder.ts';
import { createMetrics } from './registry.ts';
import type { EndpointSample } from './registry.ts';
import { SeriesReader } from './series-reader.ts';
import { SeriesWriter } from './series.ts';

type Scrape = {
  readonly types: ReadonlyMap<string, string>;
  readonly help: ReadonlyMap<string, string>;
  /** Value by `name{label="value",...}`, our prefix left out. */
  readonly samples: ReadonlyMap<string, number>;
};

const SAMPLE =
  /^(?<series>[a-zA-Z_:][a-zA-Z0-9_:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)+\})?) (?<value>\S+)$/;

/** Throws on what is not the Prometheus text format, and on a series that stands there twice. */
function parse(text: string): Scrape {
  const scrape = {
    types: new Map<string, string>(),
    help: new Map<string, string>(),
    samples: new Map<string, number>(),
  };
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (comment !== null) {
      const [, word, name = '', rest = ''] = comment;
      (word === 'TYPE' ? scrape.types : scrape.help).set(name, rest);
      continue;
    }
    const { series = '', value } = SAMPLE.exec(line)?.groups ?? {};
    if (value === undefined || scrape.samples.has(series))
      throw new Error(`Not a sample of its own: ${line}`);
    scrape.samples.set(series, Number(value));
  }
  return scrape;
}

function observed() {
  const state = new SharedState(allocateSharedMemory({ workers: 2, slots: 1, cells: 2000 }));
  const reader = new SeriesReader(state);
  const recorders = [0, 1].map(
    (worker) =>
      new Recorder(new SeriesWriter(state.row(worker), (message) => reader.announced(worker, message))),
  );
  const endpoints: EndpointSample[] = [];
  const certificates: { key: string; notAfterMs: number }[] = [];
  const { registry, main } = createMetrics({
    reader,
    endpoints: () => endpoints,
    certificates: () => certificates,
    watches: () => [{ kind: 'Secret', stalenessSeconds: 1.5 }],
    logLinesDropped: () => 4,
    build: { version: '1.2.3', revision: '0123abc', node: '26.0.0' },
  });
  const scrape = async (): Promise<Scrape> => parse(await registry.metrics());
  const value = async (series: string): Promise<number | undefined> =>
    (await scrape()).samples.get(METRIC_PREFIX + series);
  return { recorders, endpoints, certificates, reader, state, main, scrape, value };
}

const chat = { namespace: 'mm', kind: 'Ingress', name: 'chat', host: 'chat.example.com' };
const site = 'namespace="mm",kind="Ingress",name="chat",host="chat.example.com"';
const unknown = 'namespace="",kind="",name="",host="unknown"';
const outcome = { method: 'POST', status: 201, durationMs: 30, requestBytes: 10, responseBytes: 20 };

describe('the catalogue', () => {
  test('every metric is in a scrape with its type and help, and nothing else has our prefix', async () => {
    const { scrape } = observed();
    const { types, help } = await scrape();
    const ours = [...types].filter(([name]) => name.startsWith(METRIC_PREFIX));
    expect(new Map(ours)).toEqual(
      new Map(METRIC_LIST.map(([name, { type }]) => [METRIC_PREFIX + name, type])),
    );
    for (const [name, definition] of METRIC_LIST)
      expect(help.get(METRIC_PREFIX + name)).toBe(definition.help);
  });

  test('keeps the naming conventions of Prometheus', () => {
    for (const [name, { type, buckets, labels }] of METRIC_LIST) {
      expect(name).toMatch(/^[a-z][a-z_]*$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(buckets !== undefined).toBe(type === 'histogram');
      expect(buckets ?? []).toEqual((buckets ?? []).toSorted((left, right) => left - right));
      expect(new Set(labels).size).toBe(labels.length);
      expect(labels).not.toContain('le');
    }
  });

  test('the metrics of the process are there', async () => {
    const { samples } = await observed().scrape();
    expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect([...samples.keys()].some((series) => series.startsWith('nodejs_eventloop_lag'))).toBe(true);
  });
});

describe('what workers count', () => {
  test('sums of both, requests without a site in one series', async () => {
    const { recorders, value } = observed();
    for (const recorder of recorders) {
      recorder.requestFinished(chat, outcome);
      recorder.requestFinished(undefined, { ...outcome, method: 'GET', status: 404 });
    }
    expect(await value(`requests_total{${site},method="POST",code="201"}`)).toBe(2);
    expect(await value(`requests_total{${unknown},method="GET",code="404"}`)).toBe(2);
    expect(await value(`response_bytes_total{${site}}`)).toBe(40);
  });

  test('histograms are cumulated', async () => {
    const { recorders, value } = observed();
    for (const durationMs of [30, 0.5, 700_000])
      recorders[0]?.requestFinished(chat, { ...outcome, durationMs });
    const bucket = (le: string): Promise<number | undefined> =>
      value(`request_duration_seconds_bucket{le="${le}",${site}}`);
    expect(await Promise.all(['0.001', '0.025', '0.05', '60', '+Inf'].map(bucket))).toEqual([1, 1, 2, 2, 3]);
    expect(await value(`request_duration_seconds_count{${site}}`)).toBe(3);
    expect(await value(`request_duration_seconds_sum{${site}}`)).toBeCloseTo(700.0305, 9);
  });

  test('a count that a worker is about to write is never behind the buckets', async () => {
    const { reader, state, value } = observed();
    const labels = ['mm', 'Ingress', 'chat', 'chat.example.com'];
    reader.announced(0, { kind: 'series', cell: 100, metric: 'request_duration_seconds', labels });
    state.row(0).cells[100] = 1;
    expect(await value(`request_duration_seconds_bucket{le="+Inf",${site}}`)).toBe(1);
    expect(await value(`request_duration_seconds_count{${site}}`)).toBe(1);
  });

  test('a scrape is up to date, and a worker that ended is still in the totals', async () => {
    const { recorders, reader, value } = observed();
    recorders[0]?.requestFinished(chat, outcome);
    recorders[0]?.webSocketOpened(chat);
    expect(await value(`websocket_connections{${site}}`)).toBe(1);
    recorders[1]?.requestFinished(chat, outcome);
    reader.retire(0);
    expect(await value(`requests_total{${site},method="POST",code="201"}`)).toBe(2);
    expect(await value(`websocket_connections{${site}}`)).toBeUndefined();
  });

  test('dropped log lines of workers and of the main thread are one number', async () => {
    const { recorders, value } = observed();
    expect(await value('log_lines_dropped_total')).toBe(4);
    recorders[0]?.logLinesDropped(1);
    recorders[1]?.logLinesDropped(2);
    expect(await value('log_lines_dropped_total')).toBe(7);
    expect(await value('series_lost_total')).toBe(0);
  });

  test('names that need escaping do not break the text', async () => {
    const { recorders, scrape } = observed();
    recorders[0]?.requestFinished({ ...chat, name: 'a"b\\c\nd' }, outcome);
    const { samples } = await scrape();
    const escaped = site.replace('name="chat"', String.raw`name="a\"b\\c\nd"`);
    expect(samples.get(`${METRIC_PREFIX}request_bytes_total{${escaped}}`)).toBe(10);
  });
});

describe('what the main thread knows', () => {
  test('publishing, findings, restarts, the build', async () => {
    const { main, value } = observed();
    expect(await value('configuration_findings{severity="error"}')).toBe(0);
    main.configurationSent(7);
    main.configurationServed({ durationMs: 40, epochMs: 1_700_000_000_500 });
    main.findingsCounted({ error: 2, warning: 1 });
    main.workerRestarted();
    expect(await value('configuration_generation')).toBe(7);
    expect(await value('configuration_publish_seconds_bucket{le="0.05"}')).toBe(1);
    expect(await value('configuration_publish_seconds_sum')).toBe(0.04);
    expect(await value('configuration_last_success_timestamp_seconds')).toBe(1_700_000_000.5);
    expect(await value('configuration_findings{severity="error"}')).toBe(2);
    expect(await value('configuration_findings{severity="warning"}')).toBe(1);
    expect(await value('worker_restarts_total')).toBe(1);
    expect(await value('build_info{version="1.2.3",revision="0123abc",node="26.0.0"}')).toBe(1);
  });

  test('certificates and endpoints, as they are at the scrape', async () => {
    const { endpoints, certificates, value } = observed();
    const service = { namespace: 'mm', name: 'mattermost', port: '8065' };
    endpoints.push({ service, endpoint: 'mm-0', state: 'draining', inFlight: 3, tunnels: 40 });
    // The same endpoint by other settings: another backend to us, one endpoint to people.
    endpoints.push({ service, endpoint: 'mm-0', state: 'draining', inFlight: 1, tunnels: 2 });
    certificates.push({ key: 'mm/chat-tls', notAfterMs: 1_800_000_000_000 });
    const labels = 'namespace="mm",service="mattermost",port="8065",endpoint="mm-0"';
    expect(await value(`endpoint_inflight{${labels}}`)).toBe(4);
    expect(await value(`endpoint_websockets{${labels}}`)).toBe(42);
    expect(await value(`endpoint_state{${labels},state="draining"}`)).toBe(1);
    expect(await value(`endpoint_state{${labels},state="ready"}`)).toBe(0);
    expect(await value('tls_certificate_not_after_seconds{certificate="mm/chat-tls"}')).toBe(1_800_000_000);
    endpoints.length = 0;
    expect(await value(`endpoint_inflight{${labels}}`)).toBeUndefined();
  });
});
