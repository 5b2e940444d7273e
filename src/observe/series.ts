// Counting in the worker's own row of shared memory: a series is a few cells, found once and then only added to.
// series-reader.ts sums the rows on the main thread; recorder.ts is what the data plane calls.
import type { FromWorker } from '../model/delta.ts';
import type { SharedRow } from '../model/shared-state.ts';
import { definitionOf, METRIC_LIST } from './metrics.ts';
import type { MetricDefinition } from './metric-definition.ts';
import type { WorkerMetric } from './metrics.ts';

/** Says to the main thread which cells from `cell` on belong to which series. */
export type SeriesMessage = Extract<FromWorker, { readonly kind: 'series' }>;

/** Cell that counts the series that found no room; known to the reader without being announced. */
export const LOST_CELL = 0;
/** Cells that such series write to, so that a full row costs a request nothing. */
const SCRAP_CELL = 1;
const FIRST_CELL = SCRAP_CELL + Math.max(...METRIC_LIST.map(([, definition]) => cellCount(definition)));

/** A counter or gauge is one cell; a histogram has one a bound (not cumulated), then the sum, then the count. */
export function cellCount(definition: MetricDefinition): number {
  return definition.type === 'histogram' ? boundsOf(definition).length + 2 : 1;
}

export function boundsOf(definition: MetricDefinition): readonly number[] {
  return definition.buckets ?? [];
}

/** Gives out the cells of one worker's row. Cells are never taken back: the configuration bounds the labels. */
export class SeriesWriter {
  readonly #cells: Float64Array;
  readonly #announce: (message: SeriesMessage) => void;
  #next = FIRST_CELL;

  /** @param announce called once for each series, before anything is counted in it */
  constructor(row: SharedRow, announce: (message: SeriesMessage) => void) {
    if (row.cells.length < FIRST_CELL) {
      throw new RangeError(
        `Shared memory holds ${row.cells.length} cells a worker, metrics need ${FIRST_CELL}`,
      );
    }
    this.#cells = row.cells;
    this.#announce = announce;
  }

  /** First cell of a new series. Never fails for want of room: then the series is counted as lost. */
  allocate(metric: WorkerMetric, labels: readonly string[]): number {
    const definition = definitionOf(metric);
    if (labels.length !== definition.labels.length) {
      throw new TypeError(`Metric ${metric} has ${definition.labels.length} labels, not ${labels.length}`);
    }
    const count = cellCount(definition);
    if (this.#next + count > this.#cells.length) {
      this.add(LOST_CELL, 1);
      return SCRAP_CELL;
    }
    const cell = this.#next;
    this.#next += count;
    this.#announce({ kind: 'series', cell, metric, labels });
    return cell;
  }

  /** Nobody else writes to this row, so a plain addition loses nothing; readers see whole 64-bit values. */
  add(cell: number, amount: number): void {
    this.#cells[cell] = (this.#cells[cell] ?? 0) + amount;
  }

  /** The count goes first and readers read it last, so that a bucket is never ahead of it for long. */
  observe(cell: number, bounds: readonly number[], value: number): void {
    const sum = cell + bounds.length;
    this.add(sum + 1, 1);
    this.add(sum, value);
    for (let at = 0; at < bounds.length; at += 1) {
      if (value <= (bounds[at] ?? Number.POSITIVE_INFINITY)) {
        this.add(cell + at, 1);
        return;
      }
    }
  }
}

/**
 * A series, or what several have in common: `at` adds the next label. Both remember what they found,
 * so that counting again is one look into a small map for each label and no allocation.
 */
export class Series {
  readonly #writer: SeriesWriter;
  readonly #metric: WorkerMetric;
  readonly #labels: readonly string[];
  readonly #bounds: readonly number[];
  #children: Map<string | number, Series> | undefined;
  #cell = LOST_CELL;

  constructor(writer: SeriesWriter, metric: WorkerMetric, labels: readonly string[]) {
    this.#writer = writer;
    this.#metric = metric;
    this.#labels = labels;
    this.#bounds = boundsOf(definitionOf(metric));
  }

  /** The caller answers for the number of different labels being bounded. */
  at(label: string | number): Series {
    const known = this.#children?.get(label);
    if (known !== undefined) return known;
    const child = new Series(this.#writer, this.#metric, [...this.#labels, String(label)]);
    this.#children ??= new Map();
    this.#children.set(label, child);
    return child;
  }

  add(amount: number): void {
    this.#writer.add(this.#found(), amount);
  }

  observe(value: number): void {
    this.#writer.observe(this.#found(), this.#bounds, value);
  }

  #found(): number {
    if (this.#cell === LOST_CELL) this.#cell = this.#writer.allocate(this.#metric, this.#labels);
    return this.#cell;
  }
}
