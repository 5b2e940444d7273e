// What people see of the leader election: log lines when something changes, and one switch for metric and writers.
import type { Logger } from '../observe/log.ts';
import type { ApiFailure, FailureReason } from './api-failure.ts';
import type { LeaderObserver } from './leader-elector.ts';

export type LeaseReportOptions = {
  readonly log: Logger;
  /** `namespace/name` of the Lease. */
  readonly lease: string;
  readonly identity: string;
  /** Sets the metric `leader`, starts and stops those who write. */
  readonly onChange: (isLeader: boolean) => void;
};

export class LeaseReport implements LeaderObserver {
  readonly #options: LeaseReportOptions;
  #reason: FailureReason | undefined;

  constructor(options: LeaseReportOptions) {
    this.#options = options;
  }

  changed(isLeader: boolean): void {
    const { log, lease, identity, onChange } = this.#options;
    log.info(
      { lease, identity },
      isLeader ? 'leads: writes statuses and events' : 'leads no more: writes no statuses and events',
    );
    onChange(isLeader);
  }

  failed(failure: ApiFailure): void {
    const { log, lease } = this.#options;
    const { reason, status, message } = failure;
    if (reason === this.#reason) return;
    this.#reason = reason;
    const facts = { lease, reason, status, problem: message };
    if (reason === 'internal')
      log.error({ ...facts, err: failure }, 'leader election failed by a mistake of ours');
    else if (reason === 'forbidden') {
      const remedy =
        'Grant the controller get and update on this Lease, and create on leases of its namespace';
      log.warn({ ...facts, remedy }, 'leader election is not allowed: no statuses and events are written');
    } else log.warn(facts, 'the Lease cannot be read or written; tried again');
  }

  recovered(): void {
    const { log, lease } = this.#options;
    log.info({ lease, after: this.#reason }, 'the Lease can be read and written again');
    this.#reason = undefined;
  }
}
