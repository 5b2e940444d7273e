// Makes one new connection to an endpoint: TCP, TLS where the backend wants it, within the connect timeout.
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type { ServingEndpoint } from '../../decide/compiled.ts';
import type { Backend, BackendTls, TlsVersion } from '../../model/configuration.ts';
import type { BackendFault } from '../../model/fault.ts';
import type { ReadBuffer } from '../read-buffer.ts';
import { handOver, ownSocket, type SocketOwner } from '../socket-owner.ts';
import { keepAlive, NODE_KEEP_ALIVE } from '../socket-profiles.ts';
import { type SourceAddresses, sourceFailureOf } from './source-addresses.ts';
import { Timer, type TimerWheel } from '../timers.ts';
import { UpstreamConnection } from './upstream-connection.ts';

/** Told exactly once how the wish for a connection ended, and never before the call that made the wish returned. */
export type Requester = {
  onConnection(connection: UpstreamConnection): void;
  onConnectFault(code: BackendFault, detail: string): void;
};

/** A mistake of ours costs this one connection, and whoever was to have it is told. */
export function giveConnection(
  connection: UpstreamConnection,
  requester: Requester,
  onBug: (error: unknown) => void,
): void {
  try {
    requester.onConnection(connection);
  } catch (error) {
    onBug(error);
    connection.destroy();
    tellFault(requester, { code: 'connect-failed', detail: 'A mistake of ours' }, onBug);
  }
}

export function tellFault(
  requester: Requester,
  { code, detail }: { readonly code: BackendFault; readonly detail: string },
  onBug: (error: unknown) => void,
): void {
  try {
    requester.onConnectFault(code, detail);
  } catch (error) {
    onBug(error);
  }
}

const TLS_VERSIONS: Readonly<Record<TlsVersion, 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'>> = {
  '1.1': 'TLSv1.1',
  '1.2': 'TLSv1.2',
  '1.3': 'TLSv1.3',
};

export type ConnectServices = {
  readonly readBuffer: ReadBuffer;
  readonly timers: TimerWheel;
  readonly sources: SourceAddresses;
  readonly onBug: (error: unknown) => void;
  /** A socket is opened. */
  readonly onOpened: () => void;
  /** A socket that was opened is gone, whatever became of it. */
  readonly onClosed: () => void;
};

/** Where a connection goes, and from where; undefined leaves that to the system. */
export type Way = {
  readonly endpoint: ServingEndpoint;
  readonly backend: Backend;
  readonly source: string | undefined;
};

/** Told where no address of the pool serves. */
export const NO_SOURCE = {
  code: 'source-unavailable',
  detail: 'No address of backend.sourceAddresses can be used for this endpoint',
} as const;

/** The address of the pool whose turn it is for this endpoint. */
export function sourceOf(
  { endpoint }: ServingEndpoint,
  { sourceAddresses }: Backend,
  sources: SourceAddresses,
): string | undefined {
  return sourceAddresses && sources.next(sourceAddresses, endpoint.address.includes(':'));
}

/** Of a socket that is given up: what it says is of no more use. */
const NOBODY: SocketOwner = { onBytes() {}, onEnd() {}, onDrain() {}, onClose() {} };

export class ConnectAttempt implements SocketOwner {
  readonly #endpoint: ServingEndpoint;
  readonly #backend: Backend;
  readonly #requester: Requester;
  readonly #services: ConnectServices;
  readonly #timer: Timer;
  #source: string | undefined;
  #socket: Socket;
  #tcpConnected = false;
  #over = false;

  /** Throws where OpenSSL does not take what is to be shown or believed. */
  constructor({ endpoint, backend, source }: Way, requester: Requester, services: ConnectServices) {
    this.#endpoint = endpoint;
    this.#backend = backend;
    this.#source = source;
    this.#requester = requester;
    this.#services = services;
    this.#timer = new Timer(() => this.#fail('connect-timeout', 'The endpoint did not answer in time'));
    this.#socket = this.#open();
    services.timers.arm(this.#timer, backend.connectTimeoutMs);
  }

  #open(): Socket {
    const { readBuffer, onOpened, onClosed, onBug } = this.#services;
    const way = { endpoint: this.#endpoint, backend: this.#backend, source: this.#source };
    const socket = openSocket(way, readBuffer);
    onOpened();
    ownSocket(socket, this, { onBug, onGone: onClosed });
    socket.once('connect', () => this.#dare(() => this.#onConnect()));
    if (this.#backend.tls !== undefined)
      socket.once('secureConnect', () => this.#dare(() => this.#succeed()));
    return socket;
  }

  cancel(): void {
    if (this.#over) return;
    this.#end();
    this.#socket.destroy();
  }

  onClose(error: NodeJS.ErrnoException | undefined): void {
    if (this.#over) return;
    const failure = sourceFailureOf(error);
    if (failure !== undefined && this.#source !== undefined) {
      this.#services.sources.failed(this.#source, failure);
      this.#goOnFromNext();
      return;
    }
    this.#fail(this.#codeOf(error), error?.message ?? 'The endpoint closed the connection');
  }

  /** Ends: each address that failed rests, and there are only so many. */
  #goOnFromNext(): void {
    handOver(this.#socket, NOBODY);
    this.#socket.destroy();
    this.#source = sourceOf(this.#endpoint, this.#backend, this.#services.sources);
    if (this.#source === undefined) this.#fail(NO_SOURCE.code, NO_SOURCE.detail);
    else this.#socket = this.#open();
  }

  /** Nothing is read before there is a connection; an end is followed by a close. */
  onBytes(): void {}
  onEnd(): void {}
  onDrain(): void {}

  #onConnect(): void {
    this.#tcpConnected = true;
    keepAlive(this.#socket, NODE_KEEP_ALIVE);
    if (this.#source !== undefined) this.#services.sources.served(this.#source);
    if (this.#backend.tls === undefined) this.#succeed();
  }

  /** A mistake of ours costs this one connection. */
  #dare(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#services.onBug(error);
      this.#socket.destroy();
    }
  }

  #succeed(): void {
    if (this.#over) return;
    this.#end();
    const place = { endpoint: this.#endpoint, backend: this.#backend };
    const { readBuffer, onBug } = this.#services;
    giveConnection(new UpstreamConnection(this.#socket, place, readBuffer), this.#requester, onBug);
  }

  #fail(code: BackendFault, detail: string): void {
    if (this.#over) return;
    this.#end();
    this.#socket.destroy();
    this.#requester.onConnectFault(code, detail);
  }

  #end(): void {
    this.#over = true;
    this.#timer.cancel();
  }

  #codeOf(error: NodeJS.ErrnoException | undefined): BackendFault {
    if (error?.code === 'ECONNREFUSED') return 'connect-refused';
    if (error?.code === 'ETIMEDOUT') return 'connect-timeout';
    if (sourceFailureOf(error) !== undefined) return 'source-unavailable';
    return this.#backend.tls !== undefined && this.#tcpConnected ? 'tls-failed' : 'connect-failed';
  }
}

function openSocket({ endpoint, backend, source }: Way, readBuffer: ReadBuffer): Socket {
  const options = {
    host: endpoint.endpoint.address,
    port: endpoint.endpoint.port,
    noDelay: true,
    allowHalfOpen: true,
    autoSelectFamily: false,
    onread: readBuffer.onread,
    ...(source === undefined ? undefined : { localAddress: source }),
  };
  return backend.tls === undefined
    ? connect(options)
    : connectTls({ ...options, ...tlsOptions(backend.tls) });
}

/** No session is offered: one made under another policy would skip the check of the name (CVE-2026-58040 and alike). */
function tlsOptions(tls: BackendTls): ConnectionOptions {
  const options: ConnectionOptions = {
    servername: tls.serverName,
    rejectUnauthorized: tls.verify,
    minVersion: TLS_VERSIONS[tls.minVersion],
    ALPNProtocols: ['http/1.1'],
  };
  if (tls.ca !== undefined) options.ca = tls.ca;
  if (tls.clientCertificate !== undefined) {
    options.cert = tls.clientCertificate.chain;
    options.key = tls.clientCertificate.key;
  }
  return options;
}
