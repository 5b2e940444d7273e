// TLS towards clients: certificates by SNI, replaced while connections live, one floor for the listener and one a host.
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { DEFAULT_TLS_POLICY, type Serving, type ServingHost } from '../../decide/compiled.ts';
import { findHost } from '../../decide/match.ts';
import type { ClientCertificate, TlsVersion } from '../../model/configuration.ts';
import type { ClientTls } from '../../model/request.ts';
import { ticketPeriod } from './ticket-keys.ts';
import { askForCertificate, CertificateProofs } from './client-certificates.ts';
import { type ContextSettings, SecureContexts } from './tls-contexts.ts';

export type TlsSettings = ContextSettings & {
  readonly speaksHttp2: boolean;
  /** Key of a certificate of the configuration that takes the place of the default one while it is there. */
  readonly defaultCertificateKey: string | undefined;
  /** Names that are not served get no handshake at all. */
  readonly refusesUnknownNames: boolean;
};

export type Protocol = 'h2' | 'http/1.1';

export type HandshakeOutcome =
  | {
      readonly kind: 'secure';
      readonly tls: ClientTls;
      readonly protocol: Protocol;
    }
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
  readonly #contexts: SecureContexts;
  readonly #proofs: CertificateProofs;
  readonly #epochMs: () => number;
  /** Who offers other protocols only is refused; who offers none speaks HTTP/1.1 (row S7). */
  readonly #protocols: Protocol[];
  #serving: Serving | undefined;

  /** @param epochMs the wall clock, which all replicas share */
  constructor(settings: TlsSettings, epochMs: () => number) {
    this.#settings = settings;
    this.#epochMs = epochMs;
    this.#proofs = new CertificateProofs(epochMs);
    this.#contexts = new SecureContexts(settings, ticketPeriod(epochMs()));
    this.#protocols = settings.speaksHttp2 ? ['h2', 'http/1.1'] : ['http/1.1'];
  }

  /** Takes the certificates of a configuration; connections that live keep the one they were made with. */
  update(serving: Serving): void {
    this.#serving = serving;
    const { certificates } = serving;
    this.#contexts.update(certificates, certificates.get(this.#settings.defaultCertificateKey ?? ''));
  }

  /**
   * Starts the handshake; `onOutcome` is called once unless the caller destroys the socket before.
   * What has come of it is judged when the caller asks, so that a mistake in that is the caller's to catch.
   */
  accept(raw: Socket, onOutcome: (judge: () => HandshakeOutcome) => void): TLSSocket {
    this.#contexts.renew(ticketPeriod(this.#epochMs()));
    const secureContext = this.#contexts.default;
    const socket = new TLSSocket(raw, {
      isServer: true,
      secureContext,
      ALPNProtocols: this.#protocols,
      SNICallback: (name, callback) => this.#choose(socket, name, callback),
    });
    rememberName(socket, secureContext);
    let isOver = false;
    const settle = (judge: () => HandshakeOutcome) => {
      if (isOver) return;
      isOver = true;
      onOutcome(judge);
    };
    socket.on('error', () => settle(failed));
    socket.on('close', () => settle(failed));
    // Whoever only looks whether the port is open, as load balancers do, is gone by then.
    socket.once('end', () => settle(failed));
    socket.once('secure', () => settle(() => this.#judge(socket)));
    return socket;
  }

  /** Never throws and never waits: either would be seen by everybody on this worker (row S8). */
  #choose(
    socket: TLSSocket,
    name: string,
    callback: (error: Error | null, context?: SecureContext) => void,
  ): void {
    const host = this.#hostOf(name);
    if (host === undefined && this.#settings.refusesUnknownNames) {
      callback(new Error('No site of that name'));
      return;
    }
    if (askedOf(host) !== undefined) askForCertificate(socket);
    callback(null, this.#contextOf(host) ?? this.#contexts.default);
  }

  /** Undefined where OpenSSL does not take the certificate after all: its host alone is shown another one. */
  #contextOf(host: ServingHost | undefined): SecureContext | undefined {
    try {
      const certificate = host?.tls && this.#serving?.certificates.get(host.tls.certificate);
      return this.#contexts.of(certificate, askedOf(host));
    } catch {
      return undefined;
    }
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
    const policy = host?.tlsPolicy ?? DEFAULT_TLS_POLICY;
    const protocol = socket.alpnProtocol === 'h2' ? 'h2' : 'http/1.1';
    const hasCertificate = this.#proofs.isProven(socket, askedOf(host));
    return { kind: 'secure', tls: { serverName, version, policy, hasCertificate }, protocol };
  }
}

/**
 * Whether what looks like an end in good order is none. A reset that was there before the handshake had ended is not to
 * be read any more: what OpenSSL writes then, of itself, has taken the error with it. Such a socket has no other side.
 */
export function wasReset(socket: Socket): boolean {
  return socket.remoteAddress === undefined;
}

function failed(): HandshakeOutcome {
  return { kind: 'failed' };
}

/** Without authorities no certificate could be believed: then none is asked for. */
function askedOf(host: ServingHost | undefined): ClientCertificate | undefined {
  const asks = host?.tls?.clientCertificate;
  return asks?.authorities === undefined ? undefined : asks;
}

/** The name of the host the client asked for, in a resumed session the one of its first handshake. */
function nameOf(socket: TLSSocket): string | undefined {
  const { servername } = socket as TLSSocket & { readonly servername?: string | false };
  return servername === false || servername === '' ? undefined : servername;
}

/**
 * Before TLS 1.3 a resumed session goes by the name it was made under, which OpenSSL keeps in it only where a context was
 * chosen before the name was heard, and Node chooses later. So the default context is chosen in Node's place; Node's own
 * choice replaces it. Where this door is shut such a session has no name: it is good for the default policy only.
 */
function rememberName(socket: TLSSocket, { context }: SecureContext): void {
  const { _handle: handle } = socket as unknown as { readonly _handle: { sni_context?: unknown } | null };
  if (handle !== null) handle.sni_context = context;
}
