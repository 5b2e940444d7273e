// READ FIRST (I/O): one admitted request, phase by phase. Whatever happens, it ends in #end, exactly once.
//   client/: accept, read a head -> dispatch.ts: decide -> here: connect, send, receive, end (backend/)
//   A valid 101 leaves for tunnel/; what goes wrong before an answer began is another attempt or an answer of ours.
import type { Destination } from '../decide/decide.ts';
import { forwardedRequestFields } from '../decide/headers.ts';
import { answerFor, type Cause } from '../decide/response.ts';
import {
  type BackendFault,
  backendFault,
  type ClientFault,
  clientFault,
  type Fault,
  proxyFault,
} from '../model/fault.ts';
import type { ResponseHead } from '../model/response.ts';
import { requestHeadText, upgradeHeadText } from '../wire/http1-writer.ts';
import { Attempts } from './backend/attempts.ts';
import type { ClientListener } from './client/client-stream.ts';
import { type ExchangeParts, giveAnswer, mustClose } from './local-answer.ts';
import { clientFields, clientFraming } from './response-relay.ts';
import { Timer } from './timers.ts';
import { isAcceptedUpgrade, openTunnel } from './tunnel/upgrade.ts';
import type { Requester } from './backend/upstream-connect.ts';
import type { UpstreamConnection, UpstreamHandler } from './backend/upstream-connection.ts';

export class Exchange implements ClientListener, UpstreamHandler, Requester {
  readonly #parts: ExchangeParts;
  readonly #destination: Destination;
  readonly #attempts: Attempts;
  /** Silence of the backend, or of a client that does not read. */
  readonly #timer = new Timer(() => this.#onTimeout());
  readonly #isUpgrade: boolean;
  #connection: UpstreamConnection | undefined;
  /** The head of an answer went to the client: no other answer can be given. */
  #isAnswering = false;
  #closes = false;
  #isOver = false;

  constructor(parts: ExchangeParts, destination: Destination) {
    this.#parts = parts;
    this.#destination = destination;
    this.#isUpgrade = parts.head.upgrade.kind === 'websocket';
    this.#attempts = new Attempts(parts, destination, this);
  }

  // === connect ===

  start(): void {
    if (this.#attempts.start()) return;
    this.#fail(proxyFault(this.#attempts.lack));
  }

  onConnectFault(code: BackendFault, detail: string): void {
    this.#onAttemptFailed(code, detail);
  }

  // === send ===

  onConnection(connection: UpstreamConnection): void {
    this.#connection = connection;
    const { head, report, stream } = this.#parts;
    if (connection.requests === 0) report.connected();
    connection.begin(head, this, { text: this.#headText(), framing: head.framing });
    if (head.expectContinue && stream.requestBytes === 0) stream.response.interim(100, []);
    if (head.framing.kind !== 'none') stream.wantBody(this.#bodyLimit);
    this.onClientReadEnd();
  }

  #headText(): string {
    const { head, report } = this.#parts;
    const { site } = this.#destination;
    const fields = forwardedRequestFields(head, {
      context: report.context,
      droppedFields: site.droppedFields,
      cookieName: site.open?.persistence.cookieName ?? '',
      requestId: report.requestId,
    });
    return this.#isUpgrade
      ? upgradeHeadText(head.target, fields)
      : requestHeadText(head, fields, head.framing);
  }

  onRequestBody(chunk: Buffer, start: number, end: number): void {
    // Row R6: once an answer came, the rest of the body is read and dropped.
    if (this.#connection === undefined || this.#isAnswering) return;
    this.#connection.writer.body(chunk, start, end);
  }

  onRequestEnd(): void {
    if (!this.#isAnswering) this.#connection?.endRequest();
  }

  onClientReadEnd(): void {
    if (this.#connection === undefined || this.#isAnswering) return;
    this.#connection.writer.flush();
    if (this.#connection.writer.isFull) this.#parts.stream.holdBody();
    this.#awaitBackend();
  }

  onUpstreamDrain(): void {
    if (this.#isAnswering) return;
    this.#parts.stream.wantBody(this.#bodyLimit);
    this.#awaitBackend();
  }

  // === receive ===

  onResponse(head: ResponseHead): void {
    if (head.status >= 200 || head.status === 101) this.#attempts.answered();
    if (head.status === 101) this.#onSwitch(head);
    else if (head.status < 200) this.#onInterim(head);
    else if (this.#isUnprovenUpgrade()) this.#refuseUpgrade(head.status);
    else this.#relay(head);
  }

  /** 100 is not passed on: our own was sent before the body (row B10). */
  #onInterim(head: ResponseHead): void {
    const { stream, head: request } = this.#parts;
    if (head.status > 101 && request.version !== '1.0' && !this.#isUnprovenUpgrade())
      stream.response.interim(head.status, this.#fieldsOf(head));
  }

  #onSwitch(head: ResponseHead): void {
    const { head: request, report, stream, services } = this.#parts;
    const connection = this.#connection;
    if (connection === undefined || !isAcceptedUpgrade(request.upgrade, head)) {
      this.#letGo();
      this.#onAttemptFailed('upgrade-invalid', 'The backend gave a 101 that does not answer the handshake');
      return;
    }
    this.#connection = undefined;
    report.status = 101;
    report.firstByte();
    const fields = this.#fieldsOf(head);
    const destination = this.#destination;
    openTunnel({ services, stream, head: request, connection, destination, report }, fields);
    this.#end();
  }

  /** Anybody can shape a cookie: only a 101 shows that this was no way to read a page. */
  #isUnprovenUpgrade(): boolean {
    const admission = this.#parts.report.context?.admission;
    return this.#isUpgrade && admission?.shapeOnly === true && admission.mode === 'Enforce';
  }

  /** @param status what the backend said, which is for the log alone */
  #refuseUpgrade(status: number): void {
    const { report } = this.#parts;
    report.reason = 'upgrade-not-accepted';
    report.detail = `The endpoint answered ${status}`;
    this.#answer('upgrade-not-accepted');
  }

  #relay(head: ResponseHead): void {
    const { head: request, report, stream } = this.#parts;
    const framing = clientFraming(head, request.version);
    this.#closes = mustClose(this.#parts) || framing.kind === 'close' || this.#isUpgrade;
    this.#isAnswering = true;
    report.status = head.status;
    report.firstByte();
    stream.response.head(head.status, this.#fieldsOf(head), framing, this.#closes);
    if (!stream.isRequestComplete) stream.wantBody(Number.POSITIVE_INFINITY);
  }

  onResponseBody(chunk: Buffer, start: number, end: number): void {
    this.#parts.stream.response.body(chunk, start, end);
  }

  onReadEnd(): void {
    const { response } = this.#parts.stream;
    response.flush();
    if (response.isFull) {
      this.#connection?.socket.pause();
      // Row Q4.
      this.#parts.services.timers.arm(this.#timer, this.#parts.services.limits.slowReaderTimeoutMs);
    } else this.#awaitBackend();
  }

  onClientDrain(): void {
    this.#connection?.socket.resume();
    this.#awaitBackend();
  }

  onResponseEnd(): void {
    const { services, stream } = this.#parts;
    const connection = this.#connection;
    this.#connection = undefined;
    stream.response.end();
    // Invariant 7 of strictness: an attempt to upgrade, or a request that was not sent whole, spoils a connection.
    if (this.#isUpgrade || !stream.isRequestComplete) connection?.destroy();
    else if (connection !== undefined) services.pool.release(connection);
    this.#end();
    stream.finish(this.#closes);
  }

  // === what goes wrong ===

  onUpstreamFault(code: BackendFault, detail: string): void {
    this.#onAttemptFailed(code, detail);
  }

  /** The client hears nothing of an attempt that is followed by another. */
  #onAttemptFailed(code: BackendFault, detail: string): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#timer.cancel();
    if (!this.#attempts.retry(code, connection, this.#isAnswering)) this.#fail(backendFault(code, detail));
  }

  onRequestFault(code: ClientFault): void {
    this.#fail(clientFault(code));
  }

  onClientGone(): void {
    if (this.#isOver) return;
    this.#parts.report.fault(clientFault('client-closed'));
    this.#end();
  }

  #onTimeout(): void {
    if (this.#parts.stream.response.isFull) {
      this.#fail(clientFault('slow-reader'));
      return;
    }
    this.#connection?.destroy();
    this.#onAttemptFailed('response-timeout', 'The backend was silent for too long');
  }

  /** An answer that has begun cannot become another one: it is cut off, so that nobody takes it for whole. */
  #fail(fault: Fault): void {
    this.#parts.report.fault(fault);
    if (!this.#isAnswering) {
      this.#answer(fault.code);
      return;
    }
    this.#parts.stream.reset();
    this.#end();
  }

  #answer(cause: Cause): void {
    const { head, report } = this.#parts;
    const { requestId, context } = report;
    this.#close();
    const sitePath = context?.sitePath ?? '/';
    giveAnswer(this.#parts, answerFor(cause, { path: head.path, sitePath, admission: undefined, requestId }));
  }

  // === end ===

  #end(): void {
    if (this.#isOver) return;
    this.#close();
    const { report, stream } = this.#parts;
    report.finish(stream.requestBytes, stream.response.bytes);
  }

  #close(): void {
    this.#isOver = true;
    this.#timer.cancel();
    this.#letGo();
  }

  /** The backend gets no further say in this exchange. */
  #letGo(): void {
    this.#attempts.end();
    this.#connection?.destroy();
    this.#connection = undefined;
  }

  // === small parts ===

  get #bodyLimit(): number {
    return this.#destination.site.open?.requestBodyMaxBytes ?? 0;
  }

  #fieldsOf(head: ResponseHead): string[] {
    const { choice, context } = this.#parts.report;
    if (choice === undefined) return [];
    return clientFields(head, this.#destination, choice.endpoint, context);
  }

  /** Silence of the backend counts from here, unless it is the client's turn: its body has a timer of its own. */
  #awaitBackend(): void {
    if (this.#isOver) return;
    const isOurTurn = this.#isAnswering || this.#parts.stream.isRequestComplete;
    if (!isOurTurn && this.#connection?.writer.isFull === false) {
      this.#timer.cancel();
      return;
    }
    this.#parts.services.timers.arm(this.#timer, this.#destination.backend.backend.responseTimeoutMs);
  }
}
