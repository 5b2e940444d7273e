// What is told of one exchange when it is over: one set of counters, one line of the access log.
import type { Choice } from '../decide/affinity.ts';
import type { Context, RejectReason } from '../model/decision.ts';
import type { Fault, FaultCode } from '../model/fault.ts';
import type { Client, RequestHead } from '../model/request.ts';
import type { AccessRecord } from '../observe/access-log.ts';
import type { ExchangeServices } from './services.ts';
import type { TunnelSummary } from './tunnel.ts';

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
  #attemptMs = 0;
  #connectMs: number | undefined;
  #firstByteMs: number | undefined;

  constructor(
    services: ExchangeServices,
    client: Client,
    facts: { head: RequestHead | undefined; sentBytes: number; requestId: string },
  ) {
    this.#services = services;
    this.#client = client;
    this.#head = facts.head;
    this.#sentBefore = facts.sentBytes;
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
    if (this.status === 101 || !this.#logsAccess) return;
    this.#services.log({ event: 'request', requestBytes, responseBytes, durationMs, ...this.#facts() });
  }

  /** A WebSocket begins: of this exchange nothing is kept but what its closing line will say. */
  openWebSocket(): WebSocketReport {
    if (!this.#logsAccess) return new WebSocketReport(this.#services, undefined);
    const facts = this.#facts();
    this.#services.log({ event: 'websocket-opened', ...facts });
    return new WebSocketReport(this.#services, {
      ...facts,
      host: ownText(facts.host),
      target: ownText(facts.target),
    });
  }

  get #logsAccess(): boolean {
    return this.context?.logsAccess ?? true;
  }

  /** What request lines and WebSocket lines have in common. */
  #facts() {
    const { host, method, target, version: protocol } = this.#head ?? NO_HEAD;
    return {
      epochMs: this.#services.clock.epochMs(),
      requestId: this.requestId,
      client: (this.context?.address ?? this.#client.peer).text,
      scheme: this.context?.scheme,
      protocol,
      host,
      method,
      target,
      site: this.context?.site,
      status: this.status,
      connectMs: this.#connectMs,
      firstByteMs: this.#firstByteMs,
      endpoint: this.choice?.endpoint.endpoint.name,
      retries: this.retries === 0 ? undefined : this.retries,
      persistence: this.choice?.result,
      admission: this.context?.admission,
      reason: this.reason,
      detail: this.detail,
    };
  }
}

/** What is told of a WebSocket when it is over. */
export class WebSocketReport {
  readonly #services: ExchangeServices;
  /** Undefined where nobody wants a line. */
  readonly #facts: Omit<AccessRecord, 'event'> | undefined;
  readonly #openedMs: number;

  constructor(services: ExchangeServices, facts: Omit<AccessRecord, 'event'> | undefined) {
    this.#services = services;
    this.#facts = facts;
    this.#openedMs = services.clock.monotonicMs();
  }

  /** Says how long it was open, in milliseconds. */
  close(summary: TunnelSummary): number {
    const { clock, log } = this.#services;
    const durationMs = clock.monotonicMs() - this.#openedMs;
    if (this.#facts !== undefined)
      log({
        ...this.#facts,
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
