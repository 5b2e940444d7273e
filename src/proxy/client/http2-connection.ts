// One HTTP/2 connection of a client: node:http2 speaks the protocol, each stream becomes a request like any other.
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientWaits } from '../../model/limits.ts';
import type { Client } from '../../model/request.ts';
import { parseHttp2Request } from '../../wire/http2-request.ts';
import { StreamResets } from './http2-resets.ts';
import { startHttp2Session } from './http2-session.ts';
import { Http2Stream, type StreamHost } from './http2-stream.ts';
import type { ConnectionServices, OpenConnection } from '../services.ts';
import { Timer } from '../timers.ts';
import { hasUnsentBytes } from './unsent-bytes.ts';

/** How long a client may take to leave once it has had all that is for it, or was shown out. */
const LEAVE_MS = 5_000;

export class Http2Connection implements OpenConnection, StreamHost {
  readonly client: Client;
  readonly services: ConnectionServices;
  readonly #session: ServerHttp2Session;
  /** The accepted socket, below TLS. */
  readonly #raw: Socket;
  readonly #resets = new StreamResets();
  /** The first stream, the next one, or the end of the connection does not come. */
  readonly #timer = new Timer(() => this.#onTimeout());
  /** As the site wants it that was asked last. */
  #keepAliveMs: number;
  /** For whoever is told to leave. The end of an answer is on its way for as long as its reader is slow (row Q4). */
  #leaveMs = LEAVE_MS;
  #openStreams = 0;
  #requests = 0;
  #isClosed = false;

  constructor(
    sockets: { readonly socket: TLSSocket; readonly raw: Socket },
    client: Client,
    services: ConnectionServices,
  ) {
    this.client = client;
    this.services = services;
    this.#keepAliveMs = services.limits.keepAliveTimeoutMs;
    this.#raw = sockets.raw;
    services.timers.arm(this.#timer, services.limits.requestHeadTimeoutMs);
    this.#session = startHttp2Session(sockets.socket, services.limits);
    this.#session.on('stream', (stream, _, flags, list) => {
      try {
        this.#onStream(stream, flags, list);
      } catch (error) {
        services.onBug(error);
        stream.destroy(new Error('A mistake of ours'));
      }
    });
    // What happened to it is nobody's business but the client's; `close` follows.
    this.#session.on('error', () => undefined);
    this.#session.on('close', () => this.#onClose());
    // Accepted sockets may be half open, as HTTP/1 and tunnels want them; here a client that ends has no use for more.
    sockets.socket.once('end', () => sockets.socket.destroy());
    sockets.socket.once('finish', () => this.#onSent());
  }

  closeWhenIdle(): void {
    this.#leave();
  }

  dropIfIdle(): boolean {
    if (this.#openStreams > 0 || hasUnsentBytes(this.#raw)) return false;
    this.#raw.destroy();
    this.#onClose();
    return true;
  }

  onLameDuck(): void {
    this.#leave();
  }

  #onStream(stream: ServerHttp2Stream, flags: number, list: readonly string[]): void {
    const { limits, timers } = this.services;
    this.#timer.cancel();
    this.#leaveMs = limits.slowReaderTimeoutMs;
    this.#openStreams++;
    this.#requests++;
    this.#resets.opened(timers.nowMs);
    const hasBody = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0;
    const request = new Http2Stream(stream, this, hasBody);
    const head = parseHttp2Request(list, hasBody, limits);
    if ('code' in head) {
      this.#resets.spoiled();
      this.services.onRefused(head, request);
    } else request.begin(head);
    if (this.#requests >= limits.requestsPerConnection) this.#leave();
  }

  /**
   * Its handshake was made under another policy than that of now, and the next connection will not be; or its client
   * has too many.
   */
  onUnwanted(): void {
    this.#leave();
  }

  onStreamClosed(wasAnswered: boolean, waits: ClientWaits): void {
    this.#keepAliveMs = waits.keepAliveTimeoutMs;
    this.#openStreams--;
    if (!wasAnswered) this.#resets.spoiled();
    if (this.#resets.isAttack) this.#showOut();
    else if (this.services.isLameDuck()) this.#leave();
    else if (this.#openStreams === 0) this.#awaitNext();
  }

  #awaitNext(): void {
    const { timers } = this.services;
    const isLeaving = this.#session.closed || this.#session.destroyed;
    timers.arm(this.#timer, isLeaving ? this.#leaveMs : this.#keepAliveMs);
  }

  /** All has left us, the end too. */
  #onSent(): void {
    if (this.#isClosed) return;
    this.#leaveMs = LEAVE_MS;
    this.services.timers.arm(this.#timer, LEAVE_MS);
  }

  /** GOAWAY, once: what was begun is finished, what comes later is the next connection's. */
  #leave(): void {
    if (!this.#session.closed && !this.#session.destroyed) this.#session.close();
    if (this.#openStreams === 0) this.#awaitNext();
  }

  /** The connection of somebody who only makes work. */
  #showOut(): void {
    this.#session.destroy(new Error('Too many streams were reset'), constants.NGHTTP2_ENHANCE_YOUR_CALM);
    this.services.timers.arm(this.#timer, LEAVE_MS);
  }

  #onTimeout(): void {
    if (this.#session.closed || this.#session.destroyed) this.#raw.destroy();
    else this.#leave();
  }

  /** Said by the session, and by whoever did not wait for that. */
  #onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer.cancel();
    this.services.onClosed(this);
  }
}
