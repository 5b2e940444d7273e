// One HTTP/1 connection of a client: requests in order, one exchange at a time, until it closes or becomes a tunnel.
import type { Socket } from 'node:net';
import { type ClientFault, clientFault, type Fault } from '../../model/fault.ts';
import type { ClientWaits } from '../../model/limits.ts';
import type { Client, RequestHead } from '../../model/request.ts';
import { RequestHeadReader } from '../../wire/http1-request.ts';
import type { ClientListener, ClientStream, TunneledClient } from './client-stream.ts';
import { Http1ResponseWriter } from './http1-response-writer.ts';
import { LingeringClose } from './lingering-close.ts';
import { MessageWriter } from '../message-writer.ts';
import { RequestBody } from './request-body.ts';
import type { ConnectionServices } from '../services.ts';
import { handOver, ownSocket, type SocketOwner } from '../socket-owner.ts';
import { Timer } from '../timers.ts';
import { wasReset } from './tls.ts';
import { Http1TunneledClient } from './tunneled-client.ts';
import { UnreadBytes } from './unread-bytes.ts';

/**
 * `head` reads a request head, `body` its body, `waiting` holds the exchange whose request is complete,
 * `lingering` has said its last and only discards (row Q6), `closed` is gone or has left its socket to a tunnel.
 */
type State = 'head' | 'body' | 'waiting' | 'lingering' | 'closed';

export class Http1Connection implements ClientStream, SocketOwner {
  readonly client: Client;
  readonly response: Http1ResponseWriter;
  waits: ClientWaits;
  readonly #socket: Socket;
  /** The accepted socket: below TLS where there is TLS, else the same. */
  readonly #raw: Socket;
  readonly #services: ConnectionServices;
  readonly #reader: RequestHeadReader;
  readonly #body: RequestBody;
  readonly #timer: Timer;
  #state: State = 'head';
  #listener: ClientListener | undefined;
  #head: RequestHead | undefined;
  readonly #unread: UnreadBytes;
  #isProcessing = false;
  #clientEnded = false;
  #requests = 0;
  #lingering: LingeringClose | undefined;
  #mustClose = false;

  constructor(
    sockets: { readonly socket: Socket; readonly raw: Socket },
    client: Client,
    services: ConnectionServices,
  ) {
    this.#socket = sockets.socket;
    this.#raw = sockets.raw;
    this.client = client;
    this.#services = services;
    this.waits = services.limits;
    this.#reader = new RequestHeadReader(services.limits);
    this.#body = new RequestBody(services.limits);
    this.#unread = new UnreadBytes(sockets.socket, services.readBuffer);
    this.response = new Http1ResponseWriter(new MessageWriter(sockets.socket, services.readBuffer));
    this.#timer = new Timer(() => this.#onTimeout());
    services.timers.arm(this.#timer, services.limits.requestHeadTimeoutMs);
    ownSocket(sockets.socket, this, services);
  }

  get requestBytes(): number {
    return this.#body.bytes;
  }

  get isRequestComplete(): boolean {
    return this.#state === 'waiting';
  }

  get mustClose(): boolean {
    return (
      this.#mustClose ||
      (this.#clientEnded && this.#unread.isEmpty) ||
      this.#requests >= this.#services.limits.requestsPerConnection ||
      (this.#head?.close ?? true)
    );
  }

  /** The listener is going: no further request on this connection; ends at once where there is none. */
  closeWhenIdle(): void {
    this.#mustClose = true;
    if (this.#isIdle) this.#linger();
  }

  dropIfIdle(): boolean {
    if (!this.#isIdle || this.#socket.writableLength > 0) return false;
    this.onClose();
    return true;
  }

  get #isIdle(): boolean {
    return this.#state === 'head' && this.#reader.isEmpty && this.#unread.isEmpty;
  }

  onBytes(chunk: Buffer, start: number, end: number): void {
    if (this.#unread.isEmpty) this.#process(chunk, start, end);
    else this.#keep(chunk, start, end);
  }

  #process(chunk: Buffer, start: number, end: number): void {
    this.#isProcessing = true;
    let at = start;
    while (at < end) {
      const next = this.#step(chunk, at, end);
      if (next === undefined) break;
      at = next;
    }
    this.#isProcessing = false;
    this.#listener?.onClientReadEnd();
  }

  /** One state's share of the bytes; undefined when the rest is kept or of no more use. */
  #step(chunk: Buffer, at: number, end: number): number | undefined {
    switch (this.#state) {
      case 'head':
        return this.#readHead(chunk, at, end);
      case 'body':
        return this.#readBody(chunk, at, end);
      case 'waiting':
        return this.#onEarly(chunk, at, end);
      default:
        this.#lingering?.discard(end - at);
        return undefined;
    }
  }

  #readHead(chunk: Buffer, at: number, end: number): number | undefined {
    if (this.#mustWait) return this.#keep(chunk, at, end);
    if (this.#reader.isEmpty) this.#services.timers.arm(this.#timer, this.waits.requestHeadTimeoutMs);
    const parsed = this.#reader.push(chunk, at, end);
    if (parsed === undefined) return end;
    if ('code' in parsed) {
      this.#refuse(parsed);
      return undefined;
    }
    // Taken first: answering may lead to the next head.
    const next = this.#reader.position;
    this.#begin(parsed);
    return next;
  }

  #begin(head: RequestHead): void {
    this.#timer.cancel();
    this.#requests++;
    this.#head = head;
    this.response.version = head.version;
    this.#body.start(head.framing);
    this.#state = head.framing.kind === 'none' ? 'waiting' : 'body';
    this.#listener = this.#services.onRequest(head, this);
    this.#listener?.start();
  }

  #refuse(fault: Fault): void {
    this.#state = 'waiting';
    this.#head = undefined;
    this.#services.onRefused(fault, this);
  }

  #readBody(chunk: Buffer, at: number, end: number): number | undefined {
    if (this.#mustWait) return this.#keep(chunk, at, end);
    const { timers } = this.#services;
    timers.arm(this.#timer, this.waits.requestBodyIdleTimeoutMs);
    const next = this.#body.push(chunk, at, end, this);
    if (this.#state !== 'body') return undefined;
    const fault = this.#body.fault(timers.nowMs);
    if (fault !== undefined) return this.#fault(fault);
    if (this.#body.isComplete) {
      this.#timer.cancel();
      this.#state = 'waiting';
      this.#listener?.onRequestEnd();
    }
    return next;
  }

  onBody(chunk: Buffer, start: number, end: number): void {
    this.#listener?.onRequestBody(chunk, start, end);
  }

  #fault(code: ClientFault): undefined {
    this.#timer.cancel();
    this.#listener?.onRequestFault(code);
  }

  /** Bytes behind a complete request: the next one, or a WebSocket client that does not wait for its 101 (row U6). */
  #onEarly(chunk: Buffer, at: number, end: number): undefined {
    if (this.#head?.upgrade.kind === 'websocket') return this.#fault('request-malformed');
    return this.#keep(chunk, at, end);
  }

  /** A body waits for whoever takes it, a request until its client has taken the answers to those before. */
  get #mustWait(): boolean {
    if (this.#state === 'head') return this.response.isFull;
    return this.#state === 'waiting' || (this.#state === 'body' && !this.#body.isWanted);
  }

  #keep(chunk: Buffer, start: number, end: number): undefined {
    this.#unread.keep(chunk, start, end, this.#state === 'body');
  }

  #release(): void {
    while (!this.#unread.isEmpty && !this.#isProcessing && !this.#mustWait) {
      const bytes = this.#unread.take();
      if (bytes !== undefined) this.#process(bytes, 0, bytes.length);
    }
    if (!this.#unread.isEmpty) return;
    // Row B9: a body, or a head behind other requests, that will never be complete.
    if (this.#clientEnded && this.#state === 'body') this.#socket.destroy();
    else if (this.#clientEnded && this.#state === 'head') this.#linger(true);
    else this.#unread.readOn();
  }

  #onTimeout(): void {
    if (this.#state === 'body') this.#fault('body-timeout');
    else if (this.#state === 'head' && !this.#reader.isEmpty) this.#refuse(clientFault('request-timeout'));
    else this.#linger(true);
  }

  onDrain(): void {
    this.#listener?.onClientDrain();
    if (this.#state === 'head') this.#release();
  }

  onEnd(): void {
    if (this.client.tls !== undefined && wasReset(this.#socket)) return this.onClose();
    this.#clientEnded = true;
    if (this.#state === 'lingering') this.#lingering?.onClientEnd();
    else if (this.#unread.isEmpty) this.#release();
  }

  onClose(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#timer.cancel();
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.onClientGone();
    this.#lingering?.end();
    this.#socket.destroy();
    this.#services.onClosed(this);
  }

  wantBody(maxBytes: number): void {
    if (this.#state !== 'body') return;
    const { timers } = this.#services;
    this.#body.want(maxBytes, timers.nowMs);
    timers.arm(this.#timer, this.waits.requestBodyIdleTimeoutMs);
    this.#release();
  }

  holdBody(): void {
    this.#body.hold(this.#services.timers.nowMs);
    this.#timer.cancel();
  }

  finish(close: boolean): void {
    if (this.#state === 'closed') return;
    this.#listener = undefined;
    this.#head = undefined;
    this.response.flush();
    if (close || this.#state !== 'waiting') {
      this.#linger();
      return;
    }
    this.#state = 'head';
    this.#services.timers.arm(this.#timer, this.waits.keepAliveTimeoutMs);
    if (!this.#isProcessing) this.#release();
  }

  /** @param clientIsDone nothing is to be waited for but that what was answered leaves us */
  #linger(clientIsDone = this.#clientEnded): void {
    this.#state = 'lingering';
    this.#unread.take();
    this.#timer.cancel();
    this.#lingering = new LingeringClose(this.#socket, this.#services, clientIsDone);
  }

  reset(): void {
    this.#listener = undefined;
    this.#raw.resetAndDestroy();
  }

  switchProtocols(fields: readonly string[]): Socket {
    this.response.switching(fields);
    return this.#socket;
  }

  enterTunnel(tunnel: SocketOwner): TunneledClient {
    this.#timer.cancel();
    this.#state = 'closed';
    this.#listener = undefined;
    const heir = new Http1TunneledClient(this.client, this.#services);
    this.#services.onTunnel(this, heir);
    handOver(this.#socket, tunnel);
    if (this.#clientEnded) tunnel.onEnd();
    return heir;
  }
}
