// What admission decided, by site and rule: since the process began, and in the last minute.
import type { SeriesReader } from './series-reader.ts';

export type AdmissionCount = {
  /** Kind, namespace and name of the object that holds the rule. */
  readonly site: string;
  readonly host: string;
  readonly rule: string;
  readonly action: string;
  readonly mode: string;
  readonly total: number;
  readonly lastMinute: number;
};

/** By the labels of a series, which stay the same value. */
type Counts = ReadonlyMap<readonly string[], number>;

const SNAPSHOT_MS = 15_000;
const SNAPSHOTS_OF_A_MINUTE = 4;

export class AdmissionCounts {
  readonly #reader: Pick<SeriesReader, 'read'>;
  /** Oldest first. */
  #snapshots: readonly Counts[] = [new Map()];
  #lastMs: number;

  /** @param nowMs of a clock that only moves forward, as with `sample` */
  constructor(reader: Pick<SeriesReader, 'read'>, nowMs: number) {
    this.#reader = reader;
    this.#lastMs = nowMs;
  }

  /** To be called every few seconds. */
  sample(nowMs: number): void {
    if (nowMs - this.#lastMs < SNAPSHOT_MS) return;
    this.#lastMs = nowMs;
    this.#snapshots = [...this.#snapshots, this.#look()].slice(-SNAPSHOTS_OF_A_MINUTE);
  }

  /** Refusals first, and of both what happened most. */
  get list(): readonly AdmissionCount[] {
    const before = this.#snapshots[0];
    const counts = [...this.#look()].map(([labels, total]) => {
      const [namespace = '', kind = '', name = '', host = '', rule = '', action = '', mode = ''] = labels;
      const lastMinute = Math.max(0, total - (before?.get(labels) ?? 0));
      return { site: `${kind}/${namespace}/${name}`, host, rule, action, mode, total, lastMinute };
    });
    return counts.toSorted(
      (a, b) =>
        Number(a.action === 'Allow') - Number(b.action === 'Allow') ||
        b.lastMinute - a.lastMinute ||
        b.total - a.total,
    );
  }

  #look(): Counts {
    return new Map(
      this.#reader.read('admission_decisions_total').map(({ labels, cells }) => [labels, cells[0] ?? 0]),
    );
  }
}
