// Numbers that the main thread itself comes to know: what control/ tells of publishing and workers, and kube/ of watches.
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { boundsOf } from './series.ts';
import { METRIC_PREFIX } from './metric-definition.ts';
import { definitionOf } from './metrics.ts';
import type { MetricName } from './metrics.ts';

export type Publication = {
  /** From the delta sent to the last acknowledgement. */
  readonly durationMs: number;
  /** When the last worker acknowledged, milliseconds since the epoch. */
  readonly epochMs: number;
};

/** Made by createMetrics; the same registry shows it. */
export class MainMetrics {
  readonly #generation: Gauge;
  readonly #translateSeconds: Histogram;
  readonly #publishSeconds: Histogram;
  readonly #lastSuccess: Gauge;
  readonly #findings: Gauge;
  readonly #restarts: Counter;
  readonly #watchErrors: Counter;
  readonly #missedEvents: Counter;
  readonly #schemaOutdated: Gauge;
  readonly #hostOwnerChanges: Counter;
  readonly #leader: Gauge;
  readonly #statusWrites: Counter;
  readonly #healthChecks: Counter;
  readonly #ejections: Counter;

  constructor(registry: Registry) {
    this.#generation = new Gauge(options(registry, 'configuration_generation'));
    this.#translateSeconds = histogram(registry, 'configuration_translate_seconds');
    this.#publishSeconds = histogram(registry, 'configuration_publish_seconds');
    this.#lastSuccess = new Gauge(options(registry, 'configuration_last_success_timestamp_seconds'));
    this.#findings = new Gauge(options(registry, 'configuration_findings'));
    this.#restarts = new Counter(options(registry, 'worker_restarts_total'));
    this.#watchErrors = new Counter(options(registry, 'watch_errors_total'));
    this.#missedEvents = new Counter(options(registry, 'watch_missed_events_total'));
    this.#schemaOutdated = new Gauge(options(registry, 'policy_schema_outdated'));
    this.#hostOwnerChanges = new Counter(options(registry, 'host_owner_changes_total'));
    this.#leader = new Gauge(options(registry, 'leader'));
    this.#statusWrites = new Counter(options(registry, 'status_writes_total'));
    this.#healthChecks = new Counter(options(registry, 'health_checks_total'));
    this.#ejections = new Counter(options(registry, 'endpoint_ejections_total'));
    this.findingsCounted({ error: 0, warning: 0 });
  }

  /** A generation was sent to the workers. */
  configurationSent(generation: number): void {
    this.#generation.set(generation);
  }

  /** Objects were translated, and what changed was found. */
  configurationTranslated(durationMs: number): void {
    this.#translateSeconds.observe(durationMs / 1000);
  }

  /** Every live worker serves the generation sent last. */
  configurationServed({ durationMs, epochMs }: Publication): void {
    this.#publishSeconds.observe(durationMs / 1000);
    this.#lastSuccess.set(epochMs / 1000);
  }

  findingsCounted(counts: { readonly error: number; readonly warning: number }): void {
    this.#findings.set({ severity: 'error' }, counts.error);
    this.#findings.set({ severity: 'warning' }, counts.warning);
  }

  workerRestarted(): void {
    this.#restarts.inc();
  }

  /** A list or watch of a kind failed. */
  watchFailed(kind: string, reason: string): void {
    this.#watchErrors.inc({ kind, reason });
  }

  /** The definition of policies in the cluster was compared with that of this version. */
  schemaChecked(isOutdated: boolean): void {
    this.#schemaOutdated.set(isOutdated ? 1 : 0);
  }

  hostOwnerChanged(): void {
    this.#hostOwnerChanges.inc();
  }

  /** This replica began or ceased to write statuses and Events. */
  leaderChanged(isLeader: boolean): void {
    this.#leader.set(isLeader ? 1 : 0);
  }

  statusWritten(kind: string): void {
    this.#statusWrites.inc({ kind, result: 'written' });
  }

  /** @param result from a closed list */
  healthChecked(result: string): void {
    this.#healthChecks.inc({ result });
  }

  endpointEjected(result: 'ejected' | 'held-back'): void {
    this.#ejections.inc({ result });
  }

  statusFailed(kind: string): void {
    this.#statusWrites.inc({ kind, result: 'failed' });
  }

  /** Events that a watch had not delivered and a check has found. */
  eventsMissed(count: number): void {
    this.#missedEvents.inc(count);
  }
}

function options(registry: Registry, name: MetricName) {
  const { help, labels } = definitionOf(name);
  return { name: METRIC_PREFIX + name, help, labelNames: [...labels], registers: [registry] };
}

function histogram(registry: Registry, name: MetricName): Histogram {
  return new Histogram({ ...options(registry, name), buckets: [...boundsOf(definitionOf(name))] });
}
