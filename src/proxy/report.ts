// What is told of one exchange when it is over: one set of counters, one line of the access log.
import type { Choice } from '../decide/affinity.ts';
import type { Context, RejectReason } from '../model/decision.ts';
import type { Fault, FaultCode } from '../model/fault.ts';
import type { Client, RequestHead } from '../model/request.ts';
import type { AccessRecord } from '../observe/access-log.ts';
import type { ExchangeServices } from './services.ts';
import type { TunnelSummary } from './tunnel/tunnel.ts';

/** Of a request that was no request. */
const NO_HEAD: Partial<RequestHead> = {};

export class ExchangeReport {
  /** Set as the exchange learns of them. */
  context: Context | undefined;
  choice: Choice | undefined;
  reason: RejectReason | FaultCode | undefined;
  detail: string | undefined;
  status = 0;
  retries = 0;
  readonly requestId: string;
  readonly startedMs: number;
  readonly #services: ExchangeServices;
  readonly #client: Client;
  readonly #head: RequestHead | undefined;
  readonly #sentBefore: number;
  /** A request of our own is counted and logged by whom it is made for. */
  readonly #isOurs: boolean;
  #attemptMs = 0;
  #connectMs: number | undefined;
  #firstByteMs: number | undefined;

  constructor(
    services: ExchangeServices,
    client: Client,
    facts: { head: RequestHead | undefined; sentBytes: number; requestId: string; isOurs?: boolean },
  ) {
    this.#services = services;
    this.#client = client;
    this.#head = facts.head;
    this.#sentBefore = facts.sentBytes;
    this.#isOurs = facts.isOurs ?? false;
    this.requestId = facts.requestId;
    this.startedMs = services.clock.monotonicMs();
  }

  fault(fault: Fault): void {
    this.reason = fault.code;
    this.detail = fault.detail;
    this.#services.recorder.faulted(fault);
  }

  /** An attempt at an endpoint begins. */
  attempt(choice: Choice): void {
    // The first one begins with the request.
    this.#attemptMs = this.choice === undefined ? this.startedMs : this.#services.clock.monotonicMs();
    this.choice = choice;
  }

  connected(): void {
    this.#connectMs = this.#services.clock.monotonicMs() - this.#attemptMs;
    if (this.context?.site !== undefined)
      this.#services.recorder.upstreamConnected(this.context.site, this.#connectMs);
  }

  /** The final head of an answer came: now it is known who served, and by which key. */
  firstByte(): void {
    this.#firstByteMs = this.#services.clock.monotonicMs() - this.#attemptMs;
    const site = this.context?.site;
    if (site === undefined || this.choice === undefined) return;
    this.#services.recorder.upstreamFirstByte(site, this.#firstByteMs);
    this.#services.recorder.affinityDecided(site, this.choice.result);
  }

  /**
   * @param requestBytes content of the request's body; the metric counts its head besides, as with the answer
   * @param sentBytes what the connection has sent so far
   */
  finish(requestBytes: number, sentBytes: number): void {
    if (this.#isOurs) return;
    const durationMs = this.#services.clock.monotonicMs() - this.startedMs;
    const responseBytes = sentBytes - this.#sentBefore;
    const outcome = {
      method: this.#head?.method ?? 'OTHER',
      status: this.status,
      durationMs,
      requestBytes: (this.#head?.headBytes ?? 0) + requestBytes,
      responseBytes,
    };
    this.#services.recorder.requestFinished(this.context?.site, outcome);
    // A WebSocket has lines of its own.
    if (this.status === 101 || !this.#logsAccess()) return;
    this.#services.log(this.#record('request', { requestBytes, responseBytes, durationMs }));
  }

  /** A WebSocket begins: of this exchange nothing is kept but what its closing line will say. */
  openWebSocket(): WebSocketReport {
    if (!this.#logsAccess()) return new WebSocketReport(this.#services, undefined);
    const record = this.#record('websocket-opened', {});
    this.#services.log(record);
    const { host, target } = record;
    return new WebSocketReport(this.#services, { ...record, host: ownText(host), target: ownText(target) });
  }

  #logsAccess(): boolean {
    return this.context?.logsAccess ?? true;
  }

  /** One literal: a spread for each request would cost more than the line that is made of it. */
  #record(event: AccessRecord['event'], counts: Counts): AccessRecord {
    const { host, method, target, version } = this.#head ?? NO_HEAD;
    const { context, choice } = this;
    return {
      event,
      requestBytes: counts.requestBytes,
      responseBytes: counts.responseBytes,
      durationMs: counts.durationMs,
      epochMs: this.#services.clock.epochMs(),
      requestId: this.requestId,
      client: (context?.address ?? this.#client.peer).text,
      scheme: context?.scheme,
      protocol: version,
      host,
      method,
      target,
      site: context?.site,
      status: this.status,
      connectMs: this.#connectMs,
      firstByteMs: this.#firstByteMs,
      endpoint: choice?.endpoint.endpoint.name,
      retries: this.retries === 0 ? undefined : this.retries,
      persistence: choice?.result,
      admission: context?.admission,
      reason: this.reason,
      detail: this.detail,
    };
  }
}

type Counts = Pick<AccessRecord, 'requestBytes' | 'responseBytes' | 'durationMs'>;

/** What is told of a WebSocket when it is over. */
export class WebSocketReport {
  readonly #services: ExchangeServices;
  /** Undefined where nobody wants a line. */
  readonly #opened: AccessRecord | undefined;
  readonly #openedMs: number;

  constructor(services: ExchangeServices, opened: AccessRecord | undefined) {
    this.#services = services;
    this.#opened = opened;
    this.#openedMs = services.clock.monotonicMs();
  }

  get ageMs(): number {
    return this.#services.clock.monotonicMs() - this.#openedMs;
  }

  /** Says how long it was open, in milliseconds. */
  close(summary: TunnelSummary): number {
    const { clock, log } = this.#services;
    const durationMs = this.ageMs;
    if (this.#opened !== undefined)
      log({
        ...this.#opened,
        event: 'websocket-closed',
        epochMs: clock.epochMs(),
        reason: summary.reason,
        durationMs,
        requestBytes: summary.bytesFromClient,
        responseBytes: summary.bytesFromBackend,
        messagesFromClient: summary.messagesFromClient,
        messagesFromBackend: summary.messagesFromBackend,
      });
    return durationMs;
  }
}

/** Cut out of the head: as a part of it the text would keep all of it in memory. */
function ownText(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'latin1').toString('latin1');
}
