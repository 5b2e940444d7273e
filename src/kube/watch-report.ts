// What people see of a reflector: log lines when something changes, numbers always, findings while it is unreadable.
import type { Finding } from '../model/finding.ts';
import type { Logger } from '../observe/log.ts';
import type { MainMetrics } from '../observe/main-metrics.ts';
import type { ApiFailure } from './api-failure.ts';
import type { ReflectorObserver } from './reflector.ts';

export type WatchMetrics = Pick<MainMetrics, 'watchFailed' | 'eventsMissed' | 'schemaChecked'>;

export type WatchReportOptions = {
  readonly kind: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  /** Where one object is watched, and not all of the kind. */
  readonly name?: string | undefined;
  /** It is no fault where it may not be read. */
  readonly isOptional: boolean;
  readonly log: Logger;
  readonly metrics: WatchMetrics;
  /** The store or the findings changed. */
  readonly onChange: () => void;
};

export class WatchReport implements ReflectorObserver {
  readonly #options: WatchReportOptions;
  readonly #refused = Promise.withResolvers<void>();
  #failure: ApiFailure | undefined;

  constructor(options: WatchReportOptions) {
    this.#options = options;
  }

  /** The failure that has not been followed by an answer yet. */
  get failure(): ApiFailure | undefined {
    return this.#failure;
  }

  /** The API server is there and answers, but not this. */
  get isRefused(): boolean {
    return unreadable.has(this.#failure?.reason);
  }

  /** Resolves when that was so for the first time; never rejects. */
  get refused(): Promise<void> {
    return this.#refused.promise;
  }

  changed(): void {
    this.#options.onChange();
  }

  failed(failure: ApiFailure, retryAfterMs: number): void {
    const { kind, metrics, onChange } = this.#options;
    const { reason } = failure;
    const before = this.#failure?.reason;
    this.#failure = failure;
    metrics.watchFailed(kind, reason);
    if (this.isRefused) this.#refused.resolve();
    if (before === reason) return;
    this.#say(failure, retryAfterMs);
    if (this.isRefused || unreadable.has(before)) onChange();
  }

  recovered(): void {
    const { kind, namespace, name, log, onChange } = this.#options;
    const wasRefused = this.isRefused;
    const after = this.#failure?.reason;
    this.#failure = undefined;
    log[this.#isMinor(after) ? 'debug' : 'info']({ kind, namespace, name, after }, 'watch works again');
    if (wasRefused) onChange();
  }

  missed(count: number): void {
    const { kind, namespace, name, log, metrics } = this.#options;
    metrics.eventsMissed(count);
    log.warn({ kind, namespace, name, count }, 'a watch had missed events; the list has repaired it');
  }

  /** Says that a whole kind, or a single object, cannot be read. */
  finding(): Finding | undefined {
    const failure = this.#failure;
    const { kind, namespace = '', name, isOptional } = this.#options;
    if (failure === undefined || !this.isRefused || isOptional) return undefined;
    const remedy = this.#remedyOf(failure);
    const stays = 'what was read last stays in force';
    if (name !== undefined) {
      return {
        severity: 'error',
        object: { kind, namespace, name },
        field: '',
        reason: 'ObjectUnreadable',
        message: `${kind} ${name} of namespace ${namespace} cannot be read (${failure.message}); ${stays}, else it counts as missing`,
        remedy,
      };
    }
    if (failure.reason === 'outdated-schema') {
      const message = `${failure.message}; ${stays}`;
      return { severity: 'error', field: '', reason: 'SchemaOutdated', message, remedy };
    }
    const where = namespace === '' ? 'all namespaces' : `namespace ${namespace}`;
    const message = `${kind} objects of ${where} cannot be read (${failure.message}); ${stays}`;
    return { severity: 'error', field: '', reason: 'KindUnreadable', message, remedy };
  }

  #say(failure: ApiFailure, retryAfterMs: number): void {
    const { kind, namespace, name, isOptional, log } = this.#options;
    const { reason, status } = failure;
    const facts = { kind, namespace, name, reason, status, retryAfterMs: Math.round(retryAfterMs) };
    const problem = { ...facts, problem: failure.message };
    const stays = 'watch failed; what was read last stays in force';
    if (reason === 'internal') log.error({ ...facts, err: failure }, 'watch failed by a mistake of ours');
    else if (isOptional && this.isRefused) log.info(problem, 'not readable; it is done without');
    else if (this.#isMinor(reason)) log.debug(problem, stays);
    else log.warn(problem, stays);
  }

  /** That the API server is away is said by every kind; it need not be said by every object. */
  #isMinor(reason: ApiFailure['reason'] | undefined): boolean {
    return this.#options.name !== undefined && !unreadable.has(reason);
  }

  #remedyOf({ reason }: ApiFailure): string {
    const { kind, plural, namespace, name } = this.#options;
    if (reason !== 'forbidden') {
      const verb =
        reason === 'outdated-schema' ? 'Bring the definition up to date' : 'Install the definition';
      return `${verb} of kind ${kind}: mattermost-ingress crd | kubectl apply --server-side -f -`;
    }
    const right = `Grant the controller list and watch on ${plural}`;
    return name === undefined
      ? right
      : `${right} with resourceNames ["${name}"] in namespace ${namespace ?? ''}`;
  }
}

const unreadable: ReadonlySet<unknown> = new Set<ApiFailure['reason']>([
  'forbidden',
  'not-found',
  'outdated-schema',
]);
