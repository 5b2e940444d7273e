// From an accepted socket to a connection that speaks HTTP: PROXY header where one is due, then TLS where there is TLS.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { SourceGate } from '../../decide/limits.ts';
import { isInRanges } from '../../model/ranges.ts';
import { type IpAddress, parsePeerAddress } from '../../model/address.ts';
import type { AddressRanges } from '../../model/configuration.ts';
import { type Client, type ClientTls, noCharges } from '../../model/request.ts';
import type { Listener as ListenerName, Recorder } from '../../observe/recorder.ts';
import type { Accepted } from './accepted.ts';
import { Http1Connection } from './connection.ts';
import { Http2Connection } from './http2-connection.ts';
import { readProxyHeader } from './proxy-header.ts';
import { adoptSocket, readTlsSocket } from '../read-buffer.ts';
import type { ConnectionServices, OpenConnection } from '../services.ts';
import { Timer } from '../timers.ts';
import type { HandshakeOutcome, TlsTerminator } from './tls.ts';

export type AcceptServices = ConnectionServices & {
  readonly recorder: Recorder;
  readonly sources: SourceGate;
  readonly trustedProxies: AddressRanges;
  readonly proxyProtocolFrom: AddressRanges;
  /** Sockets that do not speak HTTP yet: they take descriptors too. */
  readonly arriving: Set<Socket>;
  readonly onConnection: (connection: OpenConnection) => void;
};

/** How a client reached us, as far as the socket or a PROXY header says. */
type Arrival = { readonly peer: IpAddress; readonly peerPort: number; readonly localPort: number };

const NO_BYTES: Buffer = Buffer.alloc(0);

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
        services.sources.release(connection.client);
        services.onClosed(connection);
      },
    };
  }

  accept(accepted: Accepted, localPort: number): void {
    const peer = parsePeerAddress(accepted.remoteAddress);
    if (peer === undefined) {
      accepted.close();
      return;
    }
    const arrival = { peer, peerPort: accepted.remotePort, localPort };
    const { proxyProtocolFrom, readBuffer } = this.#services;
    if (isInRanges(peer, proxyProtocolFrom)) this.#readProxyHeader(accepted.pausedSocket(), arrival);
    else if (this.#tls === undefined) this.#openPlain(accepted.readingSocket(readBuffer), arrival);
    else this.#secure(accepted.pausedSocket(), arrival, this.#tls);
  }

  /** A mistake of ours costs the one connection it happened on. */
  #dare(step: () => void, giveUp: () => void): void {
    try {
      step();
    } catch (error) {
      this.#services.onBug(error);
      giveUp();
    }
  }

  /** There is no place for it. */
  refuse(accepted: Accepted): void {
    this.#services.recorder.connectionRejected('connection-limit');
    accepted.close();
  }

  #readProxyHeader(shell: Socket, arrival: Arrival): void {
    this.#await(shell);
    const { timers, limits, recorder } = this.#services;
    readProxyHeader(shell, { timers, timeoutMs: limits.proxyHeaderTimeoutMs }, (header, rest) => {
      if (header === undefined) {
        recorder.connectionRejected('proxy-header');
        shell.destroy();
      } else if (header.kind === 'local') this.#follow(shell, arrival, rest);
      else {
        const { source, sourcePort, destinationPort } = header;
        this.#follow(shell, { peer: source, peerPort: sourcePort, localPort: destinationPort }, rest);
      }
    });
  }

  /** @param early bytes that came behind a PROXY header */
  #follow(shell: Socket, arrival: Arrival, early: Buffer): void {
    if (this.#tls === undefined) {
      this.#services.arriving.delete(shell);
      this.#openPlain(adoptSocket(shell, this.#services.readBuffer), arrival, early);
      return;
    }
    if (early.length > 0) shell.unshift(early);
    this.#secure(shell, arrival, this.#tls);
  }

  #await(shell: Socket): void {
    const { arriving } = this.#services;
    if (arriving.has(shell)) return;
    arriving.add(shell);
    shell.once('close', () => arriving.delete(shell));
  }

  #secure(shell: Socket, arrival: Arrival, tls: TlsTerminator): void {
    const begin = () => this.#shakeHands(shell, arrival, tls);
    this.#dare(begin, () => shell.destroy());
  }

  #shakeHands(shell: Socket, arrival: Arrival, tls: TlsTerminator): void {
    this.#await(shell);
    const { timers, limits } = this.#services;
    const socket = tls.accept(shell, (judge) => {
      timer.cancel();
      const open = () => this.#openJudged(judge(), socket, shell, arrival);
      this.#dare(open, () => socket.destroy());
    });
    const timer = new Timer(() => socket.destroy());
    timers.arm(timer, limits.handshakeTimeoutMs);
  }

  #openJudged(outcome: HandshakeOutcome, socket: TLSSocket, raw: Socket, arrival: Arrival): void {
    const { recorder } = this.#services;
    if (outcome.kind !== 'secure') {
      recorder.tlsHandshake(outcome.kind === 'refused' ? outcome.version : undefined, outcome.kind);
      socket.destroy();
      return;
    }
    recorder.tlsHandshake(outcome.tls.version, 'ok');
    const client = this.#clientOf(arrival, outcome.tls);
    if (outcome.protocol === 'h2') this.#openHttp2(socket, raw, client);
    else this.#openSecure(socket, raw, client);
  }

  #clientOf(arrival: Arrival, tls: ClientTls | undefined): Client {
    const trusted = isInRanges(arrival.peer, this.#services.trustedProxies);
    return { ...arrival, tls, trusted, charges: noCharges() };
  }

  #openPlain(socket: Socket, arrival: Arrival, early = NO_BYTES): void {
    const open = () => {
      const client = this.#clientOf(arrival, undefined);
      const connection = new Http1Connection({ socket, raw: socket }, client, this.#services);
      this.#admit(connection);
      if (early.length > 0) connection.onBytes(early, 0, early.length);
      socket.resume();
    };
    this.#dare(open, () => socket.destroy());
  }

  #openSecure(socket: TLSSocket, raw: Socket, client: Client): void {
    this.#services.arriving.delete(raw);
    const connection = new Http1Connection({ socket, raw }, client, this.#services);
    readTlsSocket(socket, this.#services.readBuffer);
    this.#admit(connection);
    socket.resume();
  }

  #openHttp2(socket: TLSSocket, raw: Socket, client: Client): void {
    this.#services.arriving.delete(raw);
    this.#admit(new Http2Connection({ socket, raw }, client, this.#services));
  }

  #admit(connection: OpenConnection): void {
    this.#services.recorder.connectionOpened(this.#name);
    this.#services.onConnection(connection);
  }
}
