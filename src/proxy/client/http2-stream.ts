// One stream of an HTTP/2 connection: a request and its answer, as an exchange sees them (RFC 9113 section 8.1).
import { constants, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers';
import type { ClientFault } from '../../model/fault.ts';
import type { ClientWaits } from '../../model/limits.ts';
import type { BodyFraming, Client, RequestHead } from '../../model/request.ts';
import type { ClientListener, ClientStream, TunneledClient } from './client-stream.ts';
import { Http2ResponseWriter } from './http2-response-writer.ts';
import { RequestBody } from './request-body.ts';
import type { ConnectionServices } from '../services.ts';
import { Timer } from '../timers.ts';

/** `body` reads a request body, `waiting` holds the exchange whose request is complete, `answered` sends what is left. */
type State = 'body' | 'waiting' | 'answered' | 'closed';

const MISDIRECTED = 421;
const TOO_MANY = 429;
const FORBIDDEN = 403;
const UNTIL_END: BodyFraming = { kind: 'close' };

const OWNER = Symbol('owner');
type OwnedStream = ServerHttp2Stream & { [OWNER]: Http2Stream };

/** The connection a stream belongs to. */
export type StreamHost = {
  readonly client: Client;
  readonly services: ConnectionServices;
  /** The answer says that its request was on the wrong connection. */
  onUnwanted(): void;
  /** @param wasAnswered false: the client, or a mistake of its, ended the stream */
  onStreamClosed(wasAnswered: boolean, waits: ClientWaits): void;
};

export class Http2Stream implements ClientStream {
  readonly response: Http2ResponseWriter;
  readonly mustClose = false;
  waits: ClientWaits;
  readonly #stream: ServerHttp2Stream;
  readonly #host: StreamHost;
  readonly #body: RequestBody;
  readonly #timer = new Timer(() => this.#onTimeout());
  #listener: ClientListener | undefined;
  #state: State;
  #isReading = false;
  /** Nothing more comes, and nobody has asked for it yet: an empty body ends before it is read. */
  #hasEnded = false;

  /** @param hasBody the stream did not end with the head */
  constructor(stream: ServerHttp2Stream, host: StreamHost, hasBody: boolean) {
    const { limits, readBuffer } = host.services;
    this.#stream = stream;
    this.#host = host;
    this.#body = new RequestBody(limits);
    this.waits = limits;
    this.response = new Http2ResponseWriter(stream, readBuffer);
    this.#state = hasBody ? 'body' : 'waiting';
    (stream as OwnedStream)[OWNER] = this;
    stream.on('error', ignore);
    stream.on('aborted', onGone);
    stream.on('close', onClose);
    stream.on('drain', onDrain);
    if (hasBody) stream.on('end', onEnd);
    else this.#dropRest();
  }

  get client(): Client {
    return this.#host.client;
  }

  get requestBytes(): number {
    return this.#body.bytes;
  }

  get isRequestComplete(): boolean {
    return this.#state === 'waiting';
  }

  begin(head: RequestHead): void {
    if (this.#state === 'body' && head.framing.kind === 'none') {
      this.#state = 'waiting';
      this.#dropRest();
    }
    // A stream has an end of its own, and nghttp2 compares what came with the length that was stated.
    this.#body.start(UNTIL_END);
    const listener = this.#host.services.onRequest(head, this);
    if (listener === undefined) return;
    this.#listener = listener;
    listener.start();
  }

  wantBody(maxBytes: number): void {
    if (this.#state !== 'body') return;
    const { timers } = this.#host.services;
    this.#body.want(maxBytes, timers.nowMs);
    if (this.#hasEnded) {
      this.#endRequest();
      return;
    }
    timers.arm(this.#timer, this.waits.requestBodyIdleTimeoutMs);
    if (this.#isReading) {
      this.#stream.resume();
      return;
    }
    this.#isReading = true;
    this.#stream.on('data', onData);
  }

  holdBody(): void {
    if (this.#state !== 'body') return;
    this.#body.hold(this.#host.services.timers.nowMs);
    this.#timer.cancel();
    this.#stream.pause();
  }

  onData(chunk: Buffer): void {
    if (this.#state !== 'body' || this.#listener === undefined) return;
    const { timers } = this.#host.services;
    timers.arm(this.#timer, this.waits.requestBodyIdleTimeoutMs);
    this.#body.push(chunk, 0, chunk.length, this);
    const fault = this.#body.fault(timers.nowMs);
    if (fault !== undefined) this.#fault(fault);
    this.#listener?.onClientReadEnd();
  }

  /** Called by the body decoder. */
  onBody(chunk: Buffer, start: number, end: number): void {
    this.#listener?.onRequestBody(chunk, start, end);
  }

  /** A stream that is closed by now was reset in mid-body (row B9), whatever code came with that. */
  onEnd(): void {
    if (this.#state !== 'body' || this.#stream.closed) return;
    if (this.#body.isWanted) this.#endRequest();
    else this.#hasEnded = true;
  }

  #endRequest(): void {
    this.#timer.cancel();
    this.#state = 'waiting';
    this.#listener?.onRequestEnd();
    this.#listener?.onClientReadEnd();
  }

  onDrain(): void {
    this.#listener?.onClientDrain();
  }

  #fault(code: ClientFault): void {
    this.#timer.cancel();
    this.#listener?.onRequestFault(code);
  }

  finish(close: boolean): void {
    if (this.#state === 'closed') return;
    const isComplete = this.isRequestComplete;
    this.#listener = undefined;
    this.#state = 'answered';
    const { timers, limits } = this.#host.services;
    timers.arm(this.#timer, limits.slowReaderTimeoutMs);
    const { status } = this.response;
    // Of what ends a connection of HTTP/1 most is the matter of one stream here; these are of the connection.
    const isOfConnection = status === TOO_MANY || status === FORBIDDEN;
    if (status === MISDIRECTED || (isOfConnection && close)) this.#host.onUnwanted();
    if (isComplete) return;
    this.#dropRest();
    if (this.#stream.writableFinished) setImmediate(stopSurplus, this);
    else this.#stream.once('finish', onFinish);
  }

  /**
   * Whoever still sends a body is told to stop once the end of the answer is out (RFC 9113 section 8.1). Before that a
   * reset would overtake it: an end without bytes of its own waits for a window, too.
   */
  stopSurplus(): void {
    if (this.#stream.destroyed) return;
    if (this.#stream.state.localClose === 1) this.#stream.close(constants.NGHTTP2_NO_ERROR);
  }

  /**
   * What the client still sends comes to nothing. Node would take a stream that nobody reads for one to be reset as soon
   * as its answer was handed over, sent or not.
   */
  #dropRest(): void {
    this.#stream.resume();
  }

  /** By destroying: `close` would end an unfinished body in good order before it resets the stream (row R5). */
  reset(): void {
    this.#listener = undefined;
    this.#state = 'answered';
    this.#stream.destroy(new Error('The stream is reset'));
  }

  #onTimeout(): void {
    if (this.#state === 'body') this.#fault('body-timeout');
    else if (this.#stream.state.localClose === 1) this.#stream.close(constants.NGHTTP2_NO_ERROR);
    // Row Q4: what is left of the answer was not taken in time.
    else this.reset();
  }

  onGone(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    this.#timer.cancel();
    listener?.onClientGone();
    // Bytes that nobody has read would keep it.
    this.#dropRest();
  }

  onClose(): void {
    if (this.#state === 'closed') return;
    const wasAnswered = this.#state === 'answered';
    this.onGone();
    this.#state = 'closed';
    this.#host.onStreamClosed(wasAnswered, this.waits);
  }

  /** WebSockets over HTTP/2 are refused before there is an exchange (row U12). */
  switchProtocols(): Socket {
    throw new Error('A stream of HTTP/2 does not switch protocols');
  }

  enterTunnel(): TunneledClient {
    throw new Error('A stream of HTTP/2 is no tunnel');
  }

  /** A mistake of ours costs this stream. */
  onBug(error: unknown): void {
    this.#host.services.onBug(error);
    this.reset();
  }
}

// Shared by all streams: a closure for each event of each would be made a million times for nothing.

function onData(this: OwnedStream, chunk: Buffer): void {
  const owner = this[OWNER];
  try {
    owner.onData(chunk);
  } catch (error) {
    owner.onBug(error);
  }
}

function onEnd(this: OwnedStream): void {
  call(this[OWNER], 'onEnd');
}

function onDrain(this: OwnedStream): void {
  call(this[OWNER], 'onDrain');
}

function onGone(this: OwnedStream): void {
  call(this[OWNER], 'onGone');
}

function onClose(this: OwnedStream): void {
  call(this[OWNER], 'onClose');
}

function call(owner: Http2Stream, event: 'onEnd' | 'onDrain' | 'onGone' | 'onClose'): void {
  try {
    owner[event]();
  } catch (error) {
    owner.onBug(error);
  }
}

/** The answer was handed over; it is sent, but for its end, when this turn of the event loop is over. */
function onFinish(this: OwnedStream): void {
  setImmediate(stopSurplus, this[OWNER]);
}

function stopSurplus(owner: Http2Stream): void {
  owner.stopSurplus();
}

/** What happened is told by `close`. */
function ignore(): void {}
