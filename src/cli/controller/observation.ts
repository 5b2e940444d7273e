// What the main thread remembers of the last minutes, for whoever opens the dashboard now.
import { clearInterval, setInterval } from 'node:timers';
import type { Clock } from '../../model/clock.ts';
import type { Finding } from '../../model/finding.ts';
import { AdmissionCounts } from '../../observe/admission-counts.ts';
import { RecentRefusals } from '../../observe/recent-refusals.ts';
import type { SeriesReader } from '../../observe/series-reader.ts';
import { SAMPLE_INTERVAL_MS, TrafficHistory } from '../../observe/traffic-history.ts';

export class Observation {
  readonly startedEpochMs: number;
  readonly traffic: TrafficHistory;
  readonly admission: AdmissionCounts;
  readonly refusals = new RecentRefusals();
  /** About the objects as they are now. */
  findings: readonly Finding[] = [];
  /** When all workers last began to serve a new configuration. */
  servedEpochMs: number | undefined;
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;

  constructor(reader: SeriesReader, clock: Clock) {
    this.#clock = clock;
    this.startedEpochMs = clock.epochMs();
    this.traffic = new TrafficHistory(reader, clock.monotonicMs());
    this.admission = new AdmissionCounts(reader, clock.monotonicMs());
    this.#timer = setInterval(() => this.tick(), SAMPLE_INTERVAL_MS).unref();
  }

  /** Every SAMPLE_INTERVAL_MS. */
  tick(): void {
    const nowMs = this.#clock.monotonicMs();
    this.traffic.sample(nowMs);
    this.admission.sample(nowMs);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
