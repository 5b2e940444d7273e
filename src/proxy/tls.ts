// TLS towards clients: certificates by SNI, replaced while connections live, one floor for the listener and one a host.
import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import { DEFAULT_TLS_POLICY, type Serving, type ServingHost } from '../decide/compiled.ts';
import { findHost } from '../decide/match.ts';
import type { Certificate, TlsVersion } from '../model/configuration.ts';
import type { ClientTls } from '../model/request.ts';

/** What clients that name no host, or one that is not served, are shown; undefined refuses their handshake. */
export type DefaultCertificate = { readonly chain: string; readonly privateKey: string };

export type TlsSettings = {
  /** The listener of --legacy-https-port: TLS 1.1 needs OpenSSL's security level 0 for all of it (row S3). */
  readonly isLegacy: boolean;
  /** 48 bytes that all workers and replicas share, so that a ticket is good at each of them (row S4). */
  readonly ticketKeys: Buffer;
  readonly defaultCertificate: DefaultCertificate;
  /** Key of a certificate of the configuration that takes its place while it is there. */
  readonly defaultCertificateKey: string | undefined;
  /** Names that are not served get no handshake at all. */
  readonly refusesUnknownNames: boolean;
};

export type HandshakeOutcome =
  | { readonly kind: 'secure'; readonly socket: TLSSocket; readonly tls: ClientTls }
  | { readonly kind: 'failed' }
  /** The version is below what the policy of this host demands (row S2: OpenSSL cannot say so by host). */
  | { readonly kind: 'refused'; readonly version: TlsVersion };

const VERSIONS: Readonly<Record<string, TlsVersion>> = {
  'TLSv1.1': '1.1',
  'TLSv1.2': '1.2',
  'TLSv1.3': '1.3',
};

export class TlsTerminator {
  readonly #settings: TlsSettings;
  readonly #selfSigned: SecureContext;
  #default: SecureContext;
  readonly #contexts = new Map<Certificate, SecureContext>();
  #serving: Serving | undefined;

  constructor(settings: TlsSettings) {
    this.#settings = settings;
    this.#selfSigned = createSecureContext(
      this.#contextOptions(settings.defaultCertificate, DEFAULT_TLS_POLICY),
    );
    this.#default = this.#selfSigned;
  }

  /** Takes the certificates of a configuration; connections that live keep the one they were made with. */
  update(serving: Serving): void {
    this.#serving = serving;
    const wanted = new Set(serving.certificates.values());
    for (const known of this.#contexts.keys()) if (!wanted.has(known)) this.#contexts.delete(known);
    for (const certificate of wanted) {
      if (this.#contexts.has(certificate)) continue;
      this.#contexts.set(
        certificate,
        createSecureContext(this.#contextOptions(certificate, certificate.key)),
      );
    }
    const chosen = serving.certificates.get(this.#settings.defaultCertificateKey ?? '');
    this.#default = (chosen && this.#contexts.get(chosen)) ?? this.#selfSigned;
  }

  /** Starts the handshake; `onOutcome` is called once unless the caller destroys the socket before. */
  accept(raw: Socket, onOutcome: (outcome: HandshakeOutcome) => void): TLSSocket {
    const socket = new TLSSocket(raw, {
      isServer: true,
      secureContext: this.#default,
      ALPNProtocols: ['http/1.1'],
      SNICallback: (name, callback) => this.#choose(name, callback),
    });
    let isOver = false;
    const settle = (outcome: HandshakeOutcome) => {
      if (isOver) return;
      isOver = true;
      onOutcome(outcome);
    };
    socket.on('error', () => settle({ kind: 'failed' }));
    socket.on('close', () => settle({ kind: 'failed' }));
    // Whoever only looks whether the port is open, as load balancers do, is gone by then.
    socket.once('end', () => settle({ kind: 'failed' }));
    socket.once('secure', () => settle(this.#judge(socket)));
    return socket;
  }

  /** Never throws and never waits: either would be seen by everybody on this worker (row S8). */
  #choose(name: string, callback: (error: Error | null, context?: SecureContext) => void): void {
    const host = this.#hostOf(name);
    if (host === undefined && this.#settings.refusesUnknownNames) {
      callback(new Error('No site of that name'));
      return;
    }
    const certificate = host?.tls && this.#serving?.certificates.get(host.tls.certificate);
    callback(null, (certificate && this.#contexts.get(certificate)) ?? this.#default);
  }

  #hostOf(name: string): ServingHost | undefined {
    const folded = name.toLowerCase();
    const hostname = folded.endsWith('.') ? folded.slice(0, -1) : folded;
    return this.#serving === undefined ? undefined : findHost(this.#serving.hosts, hostname);
  }

  #judge(socket: TLSSocket): HandshakeOutcome {
    const version = VERSIONS[socket.getProtocol() ?? ''];
    if (version === undefined) return { kind: 'failed' };
    const serverName = nameOf(socket);
    const host = serverName === undefined ? undefined : this.#hostOf(serverName);
    if (host?.tls !== undefined && version < host.tls.minVersion) return { kind: 'refused', version };
    const isUntold = serverName === undefined && version !== '1.3' && socket.isSessionReused();
    const policy = isUntold ? undefined : (host?.tlsPolicy ?? DEFAULT_TLS_POLICY);
    return { kind: 'secure', socket, tls: { serverName, version, policy } };
  }

  #contextOptions(certificate: DefaultCertificate, sessionIdContext: string): SecureContextOptions {
    const { isLegacy, ticketKeys } = this.#settings;
    const options: SecureContextOptions = {
      cert: certificate.chain,
      key: certificate.privateKey,
      minVersion: isLegacy ? 'TLSv1.1' : 'TLSv1.2',
      // Row S6: a client could make us work for nothing by asking for new handshakes.
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
      ticketKeys,
      // At most 32 bytes. That of the default context counts for all: a session is looked up before the name is heard.
      sessionIdContext: sessionIdContext.slice(-32),
    };
    return isLegacy ? { ...options, ciphers: 'DEFAULT@SECLEVEL=0' } : options;
  }
}

/** What the client sent as SNI. */
function nameOf(socket: TLSSocket): string | undefined {
  const { servername } = socket as TLSSocket & { readonly servername?: string | false };
  return servername === false || servername === '' ? undefined : servername;
}
