// What people see of a reflector: log lines when something changes, numbers always, findings while a kind is unreadable.
import type { Finding } from '../model/finding.ts';
import type { Logger } from '../observe/log.ts';
import type { MainMetrics } from '../observe/main-metrics.ts';
import type { ApiFailure } from './api-failure.ts';
import type { ReflectorObserver } from './reflector.ts';

export type WatchMetrics = Pick<MainMetrics, 'watchFailed' | 'eventsMissed'>;

export type WatchReportOptions = {
  readonly kind: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly log: Logger;
  readonly metrics: WatchMetrics;
  /** The store or the findings changed. */
  readonly onChange: () => void;
};

export class WatchReport implements ReflectorObserver {
  readonly #options: WatchReportOptions;
  #failure: ApiFailure | undefined;

  constructor(options: WatchReportOptions) {
    this.#options = options;
  }

  /** The failure that has not been followed by an answer yet. */
  get failure(): ApiFailure | undefined {
    return this.#failure;
  }

  changed(): void {
    this.#options.onChange();
  }

  failed(failure: ApiFailure, retryAfterMs: number): void {
    const { kind, namespace, log, metrics, onChange } = this.#options;
    const { reason, status } = failure;
    const before = this.#failure?.reason;
    this.#failure = failure;
    metrics.watchFailed(kind, reason);
    if (before === reason) return;
    const facts = { kind, namespace, reason, status, retryAfterMs: Math.round(retryAfterMs) };
    if (reason === 'internal') log.error({ ...facts, err: failure }, 'watch failed by a mistake of ours');
    else log.warn({ ...facts, problem: failure.message }, 'watch failed; what was read last stays in force');
    if (isAboutKind(failure) || unreadable.has(before)) onChange();
  }

  recovered(): void {
    const { kind, namespace, log, onChange } = this.#options;
    const failure = this.#failure;
    this.#failure = undefined;
    log.info({ kind, namespace, after: failure?.reason }, 'watch works again');
    if (failure !== undefined && isAboutKind(failure)) onChange();
  }

  missed(count: number): void {
    const { kind, namespace, log, metrics } = this.#options;
    metrics.eventsMissed(count);
    log.warn({ kind, namespace, count }, 'a watch had missed events; the list has repaired it');
  }

  /** Says that a whole kind cannot be read. */
  finding(): Finding | undefined {
    const failure = this.#failure;
    if (failure === undefined || !isAboutKind(failure)) return undefined;
    const { kind, plural, namespace } = this.#options;
    const where = namespace === undefined ? 'all namespaces' : `namespace ${namespace}`;
    const isForbidden = failure.reason === 'forbidden';
    return {
      severity: 'error',
      field: '',
      reason: 'KindUnreadable',
      message: `${kind} objects of ${where} cannot be read (${failure.message}); what was read last stays in force`,
      remedy: isForbidden
        ? `Grant the controller list and watch on ${plural}`
        : `Install the definition of kind ${kind}: mattermost-ingress crd | kubectl apply -f -`,
    };
  }
}

const unreadable: ReadonlySet<unknown> = new Set<ApiFailure['reason']>(['forbidden', 'not-found']);

/** The API server is there and answers, but not for this kind. */
function isAboutKind({ reason }: ApiFailure): boolean {
  return unreadable.has(reason);
}
