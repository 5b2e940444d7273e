// One connection to an endpoint: writes requests, reads responses strictly, and knows whether it may be used again.
import type { Socket } from 'node:net';
import type { Backend } from '../../model/configuration.ts';
import type { BackendFault } from '../../model/fault.ts';
import type { BodyFraming, RequestHead } from '../../model/request.ts';
import type { ResponseHead } from '../../model/response.ts';
import type { ServingEndpoint } from '../../decide/compiled.ts';
import { BodyDecoder } from '../../wire/body-framing.ts';
import { HeadReader } from '../../wire/head-reader.ts';
import { parseResponseHead, RESPONSE_HEAD_LIMITS } from '../../wire/http1-response.ts';
import { MessageWriter } from '../message-writer.ts';
import type { ReadBuffer } from '../read-buffer.ts';
import { handOver, type SocketOwner } from '../socket-owner.ts';

/** Who is told what a backend says; one exchange at a time. */
export type UpstreamHandler = {
  onResponse(head: ResponseHead): void;
  onResponseBody(chunk: Buffer, start: number, end: number): void;
  /** The whole response came; nothing more will be said to this handler. */
  onResponseEnd(): void;
  /** All bytes that came together were handed over: what was gathered may go out. */
  onReadEnd(): void;
  /** The exchange on this connection failed; the connection is gone already. */
  onUpstreamFault(code: BackendFault, detail: string): void;
  onUpstreamDrain(): void;
};

/** `idle` waits for a request, `head` and `body` for parts of a response, `tunnel` passes bytes; `closed` is final. */
type State = 'idle' | 'head' | 'body' | 'tunnel' | 'closed';

const MAX_INTERIM_RESPONSES = 8;

export class UpstreamConnection implements SocketOwner {
  readonly endpoint: ServingEndpoint;
  /** What it was made under: it serves no request that is to be sent under other settings of TLS. */
  readonly backend: Backend;
  readonly writer: MessageWriter;
  readonly socket: Socket;
  /** Requests sent so far; more than one means the connection was reused. */
  requests = 0;
  /** When it went idle, on the worker's monotonic clock. */
  idleSinceMs = 0;
  /** For how long its node keeps it idle, as far as that is known. */
  keepAliveMs: number | undefined;
  #state: State = 'idle';
  #handler: UpstreamHandler | undefined;
  /** Who has the socket now: bytes that came behind a 101 are its. */
  #tunnel: SocketOwner | undefined;
  #method = '';
  #requestWritten = false;
  #persistent = true;
  #interims = 0;
  readonly #head = new HeadReader(RESPONSE_HEAD_LIMITS, 'response');
  readonly #body = new BodyDecoder();

  constructor(
    socket: Socket,
    place: { readonly endpoint: ServingEndpoint; readonly backend: Backend },
    readBuffer: ReadBuffer,
  ) {
    this.socket = socket;
    this.endpoint = place.endpoint;
    this.backend = place.backend;
    this.writer = new MessageWriter(socket, readBuffer);
    handOver(socket, this);
  }

  get isOpen(): boolean {
    return this.#state !== 'closed';
  }

  /** Invariant 7 of strictness: asked when a response has ended. */
  get isReusable(): boolean {
    return this.#state === 'idle' && this.#persistent && this.#requestWritten;
  }

  /** Starts an exchange: the response belongs to `handler` until it ends or fails. */
  begin(request: RequestHead, handler: UpstreamHandler, head: { text: string; framing: BodyFraming }): void {
    this.#handler = handler;
    this.#method = request.method;
    this.#requestWritten = head.framing.kind === 'none';
    this.#interims = 0;
    this.#state = 'head';
    this.requests++;
    this.#head.reset();
    this.writer.head(head.text, head.framing);
  }

  /** The request body is complete. */
  endRequest(): void {
    this.#requestWritten = true;
    this.writer.end();
  }

  /** Bytes from the backend, in whatever state. */
  onBytes(chunk: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#state === 'tunnel') {
        this.#tunnel?.onBytes(chunk, at, end);
        return;
      }
      const next = this.#step(chunk, at, end);
      if (next === undefined) return;
      at = next;
    }
    this.#handler?.onReadEnd();
  }

  /** One state's share of the bytes; undefined when none are to be looked at any more. */
  #step(chunk: Buffer, at: number, end: number): number | undefined {
    switch (this.#state) {
      case 'head':
        return this.#readHead(chunk, at, end);
      case 'body':
        return this.#readBody(chunk, at, end);
      default:
        // Row R7: bytes nobody asked for belong to no request.
        this.#fail('response-malformed', 'The backend sent more than its answer');
        return undefined;
    }
  }

  #readHead(chunk: Buffer, at: number, end: number): number | undefined {
    const state = this.#head.push(chunk, at, end);
    if (state === 'incomplete') return end;
    const head = state === 'complete' ? parseResponseHead(this.#head, this.#method) : undefined;
    if (head === undefined) {
      this.#fail('response-malformed', 'The head of the answer is not HTTP');
      return undefined;
    }
    const next = this.#head.position;
    this.#head.reset();
    if (head.status < 200) return this.#readInterim(head) ? next : undefined;
    this.#persistent = head.persistent && head.framing.kind !== 'close';
    this.keepAliveMs = head.keepAliveMs;
    this.#body.reset(head.framing, Number.POSITIVE_INFINITY);
    this.#state = 'body';
    this.#handler?.onResponse(head);
    if (this.#body.state === 'done' && this.#state === 'body') this.#endResponse(next < end);
    return this.isOpen ? next : undefined;
  }

  #readInterim(head: ResponseHead): boolean {
    this.#interims++;
    if (this.#interims > MAX_INTERIM_RESPONSES) {
      this.#fail('response-malformed', 'Too many interim answers');
      return false;
    }
    this.#handler?.onResponse(head);
    return this.isOpen;
  }

  #readBody(chunk: Buffer, at: number, end: number): number | undefined {
    const next = this.#body.push(chunk, at, end, this);
    if (this.#state !== 'body') return undefined;
    if (this.#body.state === 'malformed') {
      this.#fail('response-truncated', 'The body of the answer is not chunked correctly');
      return undefined;
    }
    if (this.#body.state === 'done') this.#endResponse(next < end);
    return this.isOpen ? next : undefined;
  }

  /** Called by the body decoder. */
  onBody(chunk: Buffer, start: number, end: number): void {
    this.#handler?.onResponseBody(chunk, start, end);
  }

  #endResponse(surplus: boolean): void {
    const handler = this.#handler;
    this.#handler = undefined;
    this.#state = 'idle';
    if (surplus) this.#persistent = false;
    handler?.onResponseEnd();
    if (surplus) this.destroy();
  }

  onEnd(): void {
    if (this.#state === 'body' && this.#body.end()) {
      this.#endResponse(false);
      this.destroy();
      return;
    }
    this.#onGone('The backend ended the connection');
  }

  onClose(error: Error | undefined): void {
    this.#onGone(error?.message ?? 'The connection was closed');
  }

  onDrain(): void {
    this.#handler?.onUpstreamDrain();
  }

  #onGone(detail: string): void {
    if (this.#state === 'closed') return;
    // Row R9: after any byte of an answer nothing may be tried again.
    const hasAnswered = this.#state === 'body' || this.#interims > 0 || !this.#head.isEmpty;
    this.#fail(hasAnswered ? 'response-truncated' : 'closed-before-response', detail);
  }

  #fail(code: BackendFault, detail: string): void {
    const handler = this.#handler;
    this.destroy();
    handler?.onUpstreamFault(code, detail);
  }

  /** Ends the connection at once; its handler hears nothing more. */
  destroy(): void {
    this.#state = 'closed';
    this.#handler = undefined;
    this.socket.destroy();
  }

  /** After a 101 was accepted: bytes pass to the tunnel, those that came behind the 101 too. */
  enterTunnel(tunnel: SocketOwner): void {
    this.#state = 'tunnel';
    this.#handler = undefined;
    this.#tunnel = tunnel;
    handOver(this.socket, tunnel);
  }
}
