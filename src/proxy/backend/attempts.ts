// The attempts of one exchange to reach an endpoint: who is next, who counts as busy, and what may be tried again.
import { chooseWithRoom, type Seeker } from '../../decide/affinity.ts';
import type { ServingEndpoint } from '../../decide/compiled.ts';
import type { Destination } from '../../decide/decide.ts';
import { speaksAgainst } from '../../decide/outlier.ts';
import { judgeRetry } from '../../decide/retry.ts';
import type { BackendFault, ProxyFault } from '../../model/fault.ts';
import type { ExchangeParts } from '../local-answer.ts';
import type { Requester } from './upstream-connect.ts';
import type { UpstreamConnection } from './upstream-connection.ts';
import type { Acquisition } from './upstream-pool.ts';

const NONE_TRIED: ReadonlySet<ServingEndpoint> = new Set();

export class Attempts implements Seeker {
  readonly #parts: ExchangeParts;
  readonly #destination: Destination;
  readonly #requester: Requester;
  #tried = NONE_TRIED;
  #metFull = false;
  #acquisition: Acquisition | undefined;
  /** The endpoint whose count of requests in flight includes this exchange. */
  #busy: ServingEndpoint | undefined;

  /** @param requester told of the connection, or of the fault, of each attempt */
  constructor(parts: ExchangeParts, destination: Destination, requester: Requester) {
    this.#parts = parts;
    this.#destination = destination;
    this.#requester = requester;
  }

  /** Begins the first attempt; false when there is no endpoint. */
  start(): boolean {
    return this.#begin(this.#parts.head.upgrade.kind === 'websocket');
  }

  /** @param needsFresh a connection that served somebody else will not do */
  #begin(needsFresh: boolean): boolean {
    const { services, report } = this.#parts;
    const { backend, keys } = this.#destination;
    this.#leaveOutLeft();
    const choice = chooseWithRoom(backend, keys, services.loads, this);
    if (choice === undefined) return false;
    report.attempt(choice);
    // A node that is going away keeps no connections for us.
    this.#acquisition =
      needsFresh || choice.endpoint.endpoint.state === 'draining'
        ? services.pool.connect(choice.endpoint, backend.backend, this.#requester)
        : services.pool.acquire(choice.endpoint, backend.backend, this.#requester);
    return true;
  }

  /** This request may have waited while the configuration went on: the slot of who has left may be another's by now. */
  #leaveOutLeft(): void {
    const { backend } = this.#destination;
    const now = this.#parts.services.serving().backends.get(backend.backend.key);
    if (now === backend) return;
    for (const endpoint of backend.endpoints)
      if (now?.endpoints.some((each) => isSame(each, endpoint)) !== true) this.#tryNoMore(endpoint);
  }

  get tried(): ReadonlySet<ServingEndpoint> {
    return this.#tried;
  }

  get metFull(): boolean {
    return this.#metFull;
  }

  /** Why there is no endpoint. */
  get lack(): ProxyFault {
    return this.#metFull ? 'endpoints-full' : 'no-endpoints';
  }

  /** Counted before anybody looks: two workers cannot both take the last place. */
  take(endpoint: ServingEndpoint): boolean {
    const { services } = this.#parts;
    const most = this.#destination.backend.backend.maxConnectionsPerEndpoint;
    this.#setBusy(endpoint);
    if (most === 0 || services.loadNow(endpoint.slot) <= most) return true;
    this.#setBusy(undefined);
    return false;
  }

  passOver(endpoint: ServingEndpoint): void {
    const { services, report } = this.#parts;
    this.#tryNoMore(endpoint);
    this.#metFull = true;
    if (report.context?.site !== undefined) services.recorder.endpointFull(report.context.site);
  }

  #tryNoMore(endpoint: ServingEndpoint): void {
    this.#tried = new Set([...this.#tried, endpoint]);
  }

  /** Begins another attempt after one that failed; false where none may follow, or no endpoint is left to try. */
  retry(fault: BackendFault, connection: UpstreamConnection | undefined, answered: boolean): boolean {
    const failed = this.#busy;
    const { services, head, report } = this.#parts;
    const attempt = {
      fault,
      earlier: report.retries,
      allowed: this.#destination.backend.backend.retryAttempts,
      written: connection !== undefined,
      reused: (connection?.requests ?? 0) > 1,
      leaving: failed?.endpoint.state === 'draining',
      answered,
      method: head.method,
      hasBody: head.framing.kind !== 'none',
    };
    // While it counts as busy: a slot with nothing under way may go to another endpoint.
    if (failed !== undefined && speaksAgainst(attempt)) services.row.endpointFailed(failed.slot);
    this.end();
    const retry = judgeRetry(attempt);
    if (retry === 'no') return false;
    if (retry === 'next-endpoint' && failed !== undefined) this.#tryNoMore(failed);
    if (!this.#begin(true)) return false;
    report.retries++;
    services.recorder.retried(fault);
    return true;
  }

  /** A final answer begins: whatever it is, the endpoint lives. */
  answered(): void {
    if (this.#busy !== undefined) this.#parts.services.row.endpointAnswered(this.#busy.slot);
  }

  /** The exchange needs no endpoint any more. */
  end(): void {
    this.#acquisition?.cancel();
    this.#acquisition = undefined;
    this.#setBusy(undefined);
  }

  #setBusy(endpoint: ServingEndpoint | undefined): void {
    const { row } = this.#parts.services;
    if (this.#busy !== undefined) row.addInFlight(this.#busy.slot, -1);
    this.#busy = endpoint;
    if (endpoint !== undefined) row.addInFlight(endpoint.slot, 1);
  }
}

function isSame(a: ServingEndpoint, b: ServingEndpoint): boolean {
  return a.slot === b.slot && a.endpoint.identity === b.endpoint.identity;
}
