// The text of /metrics: worker series summed from shared memory at scrape time, main-thread numbers beside them.
// prom-client writes the format and adds the metrics of the process.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Certificate } from '../model/configuration.ts';
import { HEALTH_STATES } from '../model/health-board.ts';
import { MainMetrics } from './main-metrics.ts';
import { METRIC_PREFIX, type MetricDefinition } from './metric-definition.ts';
import { definitionOf, METRIC_LIST, type MetricName } from './metrics.ts';
import type { SeriesReader } from './series-reader.ts';
import { boundsOf } from './series.ts';

/** An endpoint as the main thread sees it when it is asked. */
export type EndpointSample = {
  readonly service: { readonly namespace: string; readonly name: string; readonly port: string };
  /** Name for people. */
  readonly endpoint: string;
  readonly state: EndpointState;
  readonly inFlight: number;
  readonly tunnels: number;
};

const ENDPOINT_STATES = [...HEALTH_STATES, 'draining'] as const;
export type EndpointState = (typeof ENDPOINT_STATES)[number];

/** How long ago the API server last spoke of a kind. */
export type WatchSample = { readonly kind: string; readonly stalenessSeconds: number };

export type MetricSources = {
  readonly reader: SeriesReader;
  /** These are asked at each scrape and not in between. */
  readonly endpoints: () => Iterable<EndpointSample>;
  readonly certificates: () => Iterable<Pick<Certificate, 'key' | 'notAfterMs'>>;
  /** Age of what the API server said, by kind; none without one. */
  readonly watches: () => Iterable<WatchSample>;
  /** Lines the main thread itself has thrown away so far. */
  readonly logLinesDropped: () => number;
  /** Version of this program and of Node. */
  readonly build: { readonly version: string; readonly revision: string; readonly node: string };
};

export type Metrics = { readonly registry: Registry; readonly main: MainMetrics };

/** The labels of a value are those of its series, which prom-client formats once, and `le`. */
type Sample = {
  readonly labels: Readonly<Record<string, string>>;
  readonly sharedLabels?: Readonly<Record<string, string>>;
  readonly metricName?: string;
  readonly value: number;
};
type Sampler = () => Sample[];

/** One a process: prom-client watches the garbage collector and the event loop from here on. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  const main = new MainMetrics(registry);
  const samplers = mainSamplers(sources);
  for (const [name, definition] of METRIC_LIST) {
    const sampler = samplers.get(name) ?? workerSampler(sources.reader, name);
    // What is left of the main thread's own metrics stands in the registry already.
    if (definition.from === 'workers' || samplers.has(name))
      registry.registerMetric(sampledMetric(name, definition, sampler));
  }
  collectDefaultMetrics({ register: registry });
  return { registry, main };
}

/**
 * A metric that takes its values from a function instead of keeping any. prom-client can neither be given a
 * histogram's buckets nor another source of values, but asks a metric for `getForPromString` first when it writes text.
 */
function sampledMetric(name: MetricName, definition: MetricDefinition, sample: Sampler) {
  const { help, labels, type } = definition;
  const options = { name: METRIC_PREFIX + name, help, labelNames: [...labels], registers: [] };
  return Object.assign(emptyMetric(type, options, boundsOf(definition)), {
    getForPromString: () => ({ name: options.name, help, type, values: sample() }),
  });
}

type MetricOptions = { name: string; help: string; labelNames: string[]; registers: Registry[] };

function emptyMetric(type: MetricDefinition['type'], options: MetricOptions, bounds: readonly number[]) {
  if (type === 'counter') return new Counter(options);
  if (type === 'gauge') return new Gauge(options);
  return new Histogram({ ...options, buckets: [...bounds] });
}

function workerSampler(reader: SeriesReader, name: MetricName): Sampler {
  const definition = definitionOf(name);
  const known = new WeakMap<readonly string[], Readonly<Record<string, string>>>();
  const named = (values: readonly string[]): Readonly<Record<string, string>> => {
    const labels = known.get(values) ?? labelled(definition.labels, values);
    known.set(values, labels);
    return labels;
  };
  return () =>
    reader.read(name).flatMap(({ labels, cells }) => {
      const sharedLabels = named(labels);
      if (definition.type === 'histogram') return histogramSamples(name, definition, sharedLabels, cells);
      return [{ labels: {}, sharedLabels, value: cells[0] ?? 0 }];
    });
}

function labelled(names: readonly string[], values: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? '']));
}

function histogramSamples(
  name: MetricName,
  definition: MetricDefinition,
  sharedLabels: Readonly<Record<string, string>>,
  cells: Float64Array,
): Sample[] {
  const metricName = METRIC_PREFIX + name;
  const bounds = boundsOf(definition);
  let below = 0;
  const samples: Sample[] = bounds.map((bound, at) => {
    below += cells[at] ?? 0;
    return { labels: { le: String(bound) }, sharedLabels, metricName: `${metricName}_bucket`, value: below };
  });
  // A worker may have counted in a bucket since: the count is never less than what the buckets hold.
  const count = Math.max(below, cells[bounds.length + 1] ?? 0);
  samples.push({ labels: { le: '+Inf' }, sharedLabels, metricName: `${metricName}_bucket`, value: count });
  samples.push({
    labels: {},
    sharedLabels,
    metricName: `${metricName}_sum`,
    value: cells[bounds.length] ?? 0,
  });
  samples.push({ labels: {}, sharedLabels, metricName: `${metricName}_count`, value: count });
  return samples;
}

function mainSamplers(sources: MetricSources): ReadonlyMap<MetricName, Sampler> {
  const { endpoints, certificates, watches, logLinesDropped, reader, build } = sources;
  return new Map<MetricName, Sampler>([
    ['build_info', () => [{ labels: { ...build }, value: 1 }]],
    ['log_lines_dropped_total', () => [{ labels: {}, value: logLinesDropped() + droppedByWorkers(reader) }]],
    [
      'watch_staleness_seconds',
      () =>
        Array.from(watches(), ({ kind, stalenessSeconds }) => ({
          labels: { kind },
          value: stalenessSeconds,
        })),
    ],
    ['endpoint_inflight', () => endpointSums(endpoints(), (sample) => sample.inFlight)],
    ['endpoint_websockets', () => endpointSums(endpoints(), (sample) => sample.tunnels)],
    ['endpoint_state', () => endpointStates(endpoints())],
    [
      'tls_certificate_not_after_seconds',
      () =>
        Array.from(certificates(), ({ key, notAfterMs }) => ({
          labels: { certificate: key },
          value: notAfterMs / 1000,
        })),
    ],
  ]);
}

function droppedByWorkers(reader: SeriesReader): number {
  return reader.read('log_lines_dropped_total').reduce((sum, { cells }) => sum + (cells[0] ?? 0), 0);
}

/** One sample an endpoint: two sites may reach the same one by different settings, which are two backends to us. */
function endpointSums(
  endpoints: Iterable<EndpointSample>,
  value: (sample: EndpointSample) => number,
): Sample[] {
  const sums = new Map<string, Sample>();
  for (const sample of endpoints) {
    const labels = endpointLabels(sample);
    const key = JSON.stringify(labels);
    sums.set(key, { labels, value: (sums.get(key)?.value ?? 0) + value(sample) });
  }
  return [...sums.values()];
}

function endpointStates(endpoints: Iterable<EndpointSample>): Sample[] {
  const states = new Map<string, Sample>();
  for (const sample of endpoints) {
    for (const state of ENDPOINT_STATES) {
      const labels = { ...endpointLabels(sample), state };
      states.set(JSON.stringify(labels), { labels, value: state === sample.state ? 1 : 0 });
    }
  }
  return [...states.values()];
}

function endpointLabels({ service, endpoint }: EndpointSample) {
  return { namespace: service.namespace, service: service.name, port: service.port, endpoint };
}
