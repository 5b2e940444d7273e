// The traffic of the last minutes, looked at every two seconds on the main thread, so that a page just opened shows it.
import { METRICS } from './metrics.ts';
import { quantile } from './quantile.ts';
import type { SeriesReader } from './series-reader.ts';

export const SAMPLE_INTERVAL_MS = 2_000;
/** Five minutes. */
const KEPT_SAMPLES = 150;
const SAMPLES_OF_A_MINUTE = 30;

const BOUNDS = METRICS.request_duration_seconds.buckets;

/** Since the process began. */
type Totals = {
  readonly requests: number;
  /** Answers of 400 to 499. */
  readonly clientErrors: number;
  /** Answers of 500 to 599. */
  readonly serverErrors: number;
  /** Requests by how long they took: a count for each bucket, and for those above all. */
  readonly durations: readonly number[];
};

/** `atMs` is of a clock that only moves forward: the wall clock may be set. */
type Sample = Totals & { readonly atMs: number; readonly webSockets: number };

/** What is between two samples. */
type Span = {
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly clientErrorsPerSecond: number;
  readonly serverErrorsPerSecond: number;
  /** Null where no request ended. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
};

export type TrafficView = {
  readonly total: Omit<Totals, 'durations'>;
  /** Open now. */
  readonly webSockets: number;
  /** Of the last minute, or of what there is of it. */
  readonly lastMinute: Span;
  /** Oldest first, one value for each interval; they end at `until`. */
  readonly history: {
    readonly intervalSeconds: number;
    readonly until: string;
    readonly requestsPerSecond: readonly number[];
    readonly clientErrorsPerSecond: readonly number[];
    readonly serverErrorsPerSecond: readonly number[];
    readonly p50Ms: readonly (number | null)[];
    readonly p99Ms: readonly (number | null)[];
    readonly webSockets: readonly number[];
  };
};

export class TrafficHistory {
  readonly #reader: Pick<SeriesReader, 'read'>;
  #samples: readonly Sample[];

  constructor(reader: Pick<SeriesReader, 'read'>, nowMs: number) {
    this.#reader = reader;
    this.#samples = [this.#look(nowMs)];
  }

  /** To be called every SAMPLE_INTERVAL_MS. */
  sample(nowMs: number): void {
    this.#samples = [...this.#samples.slice(-KEPT_SAMPLES), this.#look(nowMs)];
  }

  view({ epochMs, monotonicMs }: { readonly epochMs: number; readonly monotonicMs: number }): TrafficView {
    const samples = this.#samples;
    const spans = samples.slice(1).map((sample, at) => spanOf(samples[at] ?? sample, sample));
    const now = this.#look(monotonicMs);
    const minuteAgo = samples.at(-SAMPLES_OF_A_MINUTE) ?? samples[0] ?? now;
    const { requests, clientErrors, serverErrors } = now;
    return {
      total: { requests, clientErrors, serverErrors },
      webSockets: now.webSockets,
      lastMinute: spanOf(minuteAgo, now),
      history: {
        intervalSeconds: SAMPLE_INTERVAL_MS / 1000,
        until: new Date(epochMs - (monotonicMs - (samples.at(-1)?.atMs ?? monotonicMs))).toISOString(),
        requestsPerSecond: spans.map((span) => span.requestsPerSecond),
        clientErrorsPerSecond: spans.map((span) => span.clientErrorsPerSecond),
        serverErrorsPerSecond: spans.map((span) => span.serverErrorsPerSecond),
        p50Ms: spans.map((span) => span.p50Ms),
        p99Ms: spans.map((span) => span.p99Ms),
        webSockets: samples.slice(1).map((sample) => sample.webSockets),
      },
    };
  }

  #look(atMs: number): Sample {
    const byClass = new Map<string, number>();
    for (const { labels, cells } of this.#reader.read('requests_total')) {
      const statusClass = labels.at(-1)?.charAt(0) ?? '';
      byClass.set(statusClass, (byClass.get(statusClass) ?? 0) + (cells[0] ?? 0));
    }
    const webSockets = this.#reader.read('websocket_connections');
    return {
      atMs,
      requests: [...byClass.values()].reduce((sum, count) => sum + count, 0),
      clientErrors: byClass.get('4') ?? 0,
      serverErrors: byClass.get('5') ?? 0,
      durations: this.#durations(),
      webSockets: webSockets.reduce((sum, { cells }) => sum + (cells[0] ?? 0), 0),
    };
  }

  #durations(): readonly number[] {
    const counts = Array<number>(BOUNDS.length + 1).fill(0);
    for (const { cells } of this.#reader.read('request_duration_seconds')) {
      let below = 0;
      for (let at = 0; at < BOUNDS.length; at += 1) {
        below += cells[at] ?? 0;
        counts[at] = (counts[at] ?? 0) + (cells[at] ?? 0);
      }
      const above = Math.max(0, (cells[BOUNDS.length + 1] ?? 0) - below);
      counts[BOUNDS.length] = (counts[BOUNDS.length] ?? 0) + above;
    }
    return counts;
  }
}

function spanOf(from: Sample, to: Sample): Span {
  const seconds = Math.max(0.001, (to.atMs - from.atMs) / 1000);
  const rate = (name: 'requests' | 'clientErrors' | 'serverErrors') =>
    rounded(Math.max(0, to[name] - from[name]) / seconds);
  const durations = to.durations.map((count, at) => Math.max(0, count - (from.durations[at] ?? 0)));
  const quantileMs = (part: number) => {
    const found = quantile(BOUNDS, durations, part);
    return found === undefined ? null : rounded(found * 1000);
  };
  return {
    seconds: rounded(seconds),
    requestsPerSecond: rate('requests'),
    clientErrorsPerSecond: rate('clientErrors'),
    serverErrorsPerSecond: rate('serverErrors'),
    p50Ms: quantileMs(0.5),
    p99Ms: quantileMs(0.99),
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
