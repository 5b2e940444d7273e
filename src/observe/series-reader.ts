// The main thread's side of the series in shared memory: which cells are what, summed over the workers at a scrape.
import type { SharedState } from '../model/shared-state.ts';
import { definitionOf, isMetricName } from './metrics.ts';
import type { MetricName } from './metrics.ts';
import { cellCount, LOST_CELL } from './series.ts';
import type { SeriesMessage } from './series.ts';

/** `cells` as series.ts lays them out: the value, or bucket counts, sum and count. */
export type SeriesValue = { readonly labels: readonly string[]; readonly cells: Float64Array };

type Place = { readonly worker: number; readonly cell: number };
type KnownSeries = {
  readonly labels: readonly string[];
  places: readonly Place[];
  readonly retired: Float64Array;
};

/** Keeps what was announced; reading costs in proportion to the series of one metric. */
export class SeriesReader {
  readonly #state: SharedState;
  readonly #metrics = new Map<MetricName, Map<string, KnownSeries>>();

  constructor(state: SharedState) {
    this.#state = state;
    for (let worker = 0; worker < state.layout.workers; worker += 1) this.#expectLost(worker);
  }

  /** A worker began a series. Metrics that are not in the catalogue are ignored. */
  announced(worker: number, message: SeriesMessage): void {
    if (!isMetricName(message.metric)) return;
    const known = this.#series(message.metric, message.labels);
    known.places = [...known.places, { worker, cell: message.cell }];
  }

  /**
   * A worker has ended: its totals are kept here, its gauges vanish, its row is zero for the next one.
   * To be called after its last message was heard, and before a replacement starts.
   */
  retire(worker: number): void {
    for (const [metric, series] of this.#metrics) {
      const isGauge = definitionOf(metric).type === 'gauge';
      for (const [key, known] of series) {
        const left = known.places.filter((place) => place.worker === worker);
        if (left.length === 0) continue;
        known.places = known.places.filter((place) => place.worker !== worker);
        if (!isGauge) this.#addPlaces(known.retired, left);
        else if (known.places.length === 0) series.delete(key);
      }
    }
    this.#state.row(worker).clear();
    this.#expectLost(worker);
  }

  /**
   * Every series of a metric, in the order they were first announced.
   * @param worker for what this one has counted alone, since it began
   */
  read(metric: MetricName, worker?: number): readonly SeriesValue[] {
    const values: SeriesValue[] = [];
    for (const { labels, places, retired } of this.#metrics.get(metric)?.values() ?? []) {
      const cells = worker === undefined ? Float64Array.from(retired) : new Float64Array(retired.length);
      this.#addPlaces(
        cells,
        worker === undefined ? places : places.filter((place) => place.worker === worker),
      );
      values.push({ labels, cells });
    }
    return values;
  }

  #expectLost(worker: number): void {
    this.announced(worker, { kind: 'series', cell: LOST_CELL, metric: 'series_lost_total', labels: [] });
  }

  #series(metric: MetricName, labels: readonly string[]): KnownSeries {
    let series = this.#metrics.get(metric);
    if (series === undefined) {
      series = new Map();
      this.#metrics.set(metric, series);
    }
    const key = JSON.stringify(labels);
    let known = series.get(key);
    if (known === undefined) {
      known = { labels, places: [], retired: new Float64Array(cellCount(definitionOf(metric))) };
      series.set(key, known);
    }
    return known;
  }

  #addPlaces(sum: Float64Array, places: readonly Place[]): void {
    for (const { worker, cell } of places) {
      const cells = this.#state.row(worker).cells;
      for (let at = 0; at < sum.length; at += 1) sum[at] = (sum[at] ?? 0) + (cells[cell + at] ?? 0);
    }
  }
}
