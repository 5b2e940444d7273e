// The attempts of one exchange to reach an endpoint: who is next, who counts as busy, and what may be tried again.
import { chooseEndpoint } from '../decide/affinity.ts';
import type { ServingEndpoint } from '../decide/compiled.ts';
import type { Destination } from '../decide/decide.ts';
import { judgeRetry } from '../decide/retry.ts';
import type { BackendFault } from '../model/fault.ts';
import type { ExchangeParts } from './local-answer.ts';
import type { Requester } from './upstream-connect.ts';
import type { UpstreamConnection } from './upstream-connection.ts';
import type { Acquisition } from './upstream-pool.ts';

const NONE_TRIED: ReadonlySet<ServingEndpoint> = new Set();

export class Attempts {
  readonly #parts: ExchangeParts;
  readonly #destination: Destination;
  readonly #requester: Requester;
  #tried = NONE_TRIED;
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
    const choice = chooseEndpoint(backend, keys, services.loads, this.#tried);
    if (choice === undefined) return false;
    report.attempt(choice);
    this.#setBusy(choice.endpoint);
    this.#acquisition = needsFresh
      ? services.pool.connect(choice.endpoint, backend.backend, this.#requester)
      : services.pool.acquire(choice.endpoint, backend.backend, this.#requester);
    return true;
  }

  /** Begins another attempt after one that failed; false where none may follow, or no endpoint is left to try. */
  retry(fault: BackendFault, connection: UpstreamConnection | undefined, answered: boolean): boolean {
    const failed = this.#busy;
    this.end();
    const { services, head, report } = this.#parts;
    const retry = judgeRetry({
      fault,
      earlier: report.retries,
      written: connection !== undefined,
      reused: (connection?.requests ?? 0) > 1,
      answered,
      method: head.method,
      hasBody: head.framing.kind !== 'none',
    });
    if (retry === 'no') return false;
    if (retry === 'next-endpoint' && failed !== undefined) this.#tried = new Set([...this.#tried, failed]);
    if (!this.#begin(true)) return false;
    report.retries++;
    services.recorder.retried(fault);
    return true;
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
