// From an accepted socket to a connection that speaks HTTP: PROXY header where one is due, then TLS where there is TLS.
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { isInRanges } from '../model/ranges.ts';
import { type IpAddress, parsePeerAddress } from '../model/address.ts';
import type { AddressRanges } from '../model/configuration.ts';
import type { Client, ClientTls } from '../model/request.ts';
import type { ConnectionRejection, Listener as ListenerName, Recorder } from '../observe/recorder.ts';
import { Http1Connection } from './connection.ts';
import { Http2Connection } from './http2-connection.ts';
import { readProxyHeader } from './proxy-header.ts';
import { adoptSocket, readTlsSocket } from './read-buffer.ts';
import type { ConnectionServices, OpenConnection } from './services.ts';
import { Timer } from './timers.ts';
import type { TlsTerminator } from './tls.ts';

export type AcceptServices = ConnectionServices & {
  readonly recorder: Recorder;
  readonly trustedProxies: AddressRanges;
  readonly proxyProtocolFrom: AddressRanges;
  /** Sockets that do not speak HTTP yet: they take descriptors too. */
  readonly arriving: Set<Socket>;
  readonly onConnection: (connection: OpenConnection) => void;
};

/** How a client reached us, as far as the socket or a PROXY header says. */
type Arrival = { readonly peer: IpAddress; readonly peerPort: number; readonly localPort: number };

export class Acceptor {
  readonly #name: ListenerName;
  readonly #tls: TlsTerminator | undefined;
  readonly #services: AcceptServices;

  constructor(name: ListenerName, tls: TlsTerminator | undefined, services: AcceptServices) {
    this.#name = name;
    this.#tls = tls;
    this.#services = {
      ...services,
      onClosed: (connection) => {
        services.recorder.connectionClosed(name);
        services.onClosed(connection);
      },
    };
  }

  /** @param shell paused since it was accepted */
  accept(shell: Socket): void {
    const peer = parsePeerAddress(shell.remoteAddress);
    if (peer === undefined) {
      shell.destroy();
      return;
    }
    const arrival = { peer, peerPort: shell.remotePort ?? 0, localPort: shell.localPort ?? 0 };
    if (!isInRanges(peer, this.#services.proxyProtocolFrom)) {
      this.#secure(shell, arrival, undefined);
      return;
    }
    this.#await(shell);
    const { timers, limits } = this.#services;
    readProxyHeader(shell, { timers, timeoutMs: limits.proxyHeaderTimeoutMs }, (header, rest) => {
      if (header === undefined) this.reject(shell, 'proxy-header');
      else if (header.kind === 'local') this.#secure(shell, arrival, rest);
      else {
        const { source, sourcePort, destinationPort } = header;
        this.#secure(shell, { peer: source, peerPort: sourcePort, localPort: destinationPort }, rest);
      }
    });
  }

  #await(shell: Socket): void {
    const { arriving } = this.#services;
    if (arriving.has(shell)) return;
    arriving.add(shell);
    shell.once('close', () => arriving.delete(shell));
  }

  reject(shell: Socket, reason: ConnectionRejection): void {
    this.#services.recorder.connectionRejected(reason);
    shell.destroy();
  }

  /** @param early bytes that came behind a PROXY header */
  #secure(shell: Socket, arrival: Arrival, early: Buffer | undefined): void {
    if (this.#tls === undefined) {
      this.#open(shell, shell, this.#clientOf(arrival, undefined), early);
      return;
    }
    this.#await(shell);
    if (early !== undefined && early.length > 0) shell.unshift(early);
    const { timers, limits, recorder } = this.#services;
    const socket = this.#tls.accept(shell, (outcome) => {
      timer.cancel();
      if (outcome.kind === 'secure') {
        recorder.tlsHandshake(outcome.tls.version, 'ok');
        const client = this.#clientOf(arrival, outcome.tls);
        if (outcome.protocol === 'h2') this.#openHttp2(outcome.socket, shell, client);
        else this.#open(outcome.socket, shell, client, undefined);
        return;
      }
      recorder.tlsHandshake(outcome.kind === 'refused' ? outcome.version : undefined, outcome.kind);
      socket.destroy();
    });
    const timer = new Timer(() => socket.destroy());
    timers.arm(timer, limits.handshakeTimeoutMs);
  }

  #clientOf(arrival: Arrival, tls: ClientTls | undefined): Client {
    return { ...arrival, tls, trusted: isInRanges(arrival.peer, this.#services.trustedProxies) };
  }

  #openHttp2(socket: TLSSocket, raw: Socket, client: Client): void {
    this.#admit(raw, new Http2Connection({ socket, raw }, client, this.#services));
  }

  #open(socket: TLSSocket | Socket, raw: Socket, client: Client, early: Buffer | undefined): void {
    const { readBuffer } = this.#services;
    const isPlain = socket === raw;
    const used = isPlain ? adoptSocket(socket, readBuffer) : socket;
    const connection = new Http1Connection(
      { socket: used, raw: isPlain ? used : raw },
      client,
      this.#services,
    );
    if (used instanceof TLSSocket) readTlsSocket(used, readBuffer);
    this.#admit(raw, connection);
    if (early !== undefined && early.length > 0) connection.onBytes(early, 0, early.length);
    used.resume();
  }

  #admit(raw: Socket, connection: OpenConnection): void {
    this.#services.arriving.delete(raw);
    this.#services.recorder.connectionOpened(this.#name);
    this.#services.onConnection(connection);
  }
}
