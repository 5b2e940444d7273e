// Certificates of clients, asked for in the handshakes of some hosts only. Node's own option asks every client of a
// listener, so that browsers would prompt everywhere; the door below is not documented. It is tried here, and only here:
// where it is shut no client is asked, none has a certificate, and policies that want one are told.
import { X509Certificate } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../../model/configuration.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

type Handle = { setVerifyMode(asks: boolean, refuses: boolean): void; verifyError(): Error | null };

function handleOf(socket: TLSSocket): Handle | undefined {
  const { _handle: handle } = socket as unknown as { readonly _handle: unknown };
  const isFit =
    typeof handle === 'object' && handle !== null && 'setVerifyMode' in handle && 'verifyError' in handle;
  return isFit ? (handle as Handle) : undefined;
}

/** Tried on a socket that leads nowhere. */
export function canAskForCertificates(): boolean {
  const socket = new TLSSocket(new PassThrough(), { isServer: true });
  const isFit = handleOf(socket) !== undefined;
  socket.destroy();
  return isFit;
}

/** To be called while the name of the host is heard. The handshake goes on whatever the client shows. */
export function askForCertificate(socket: TLSSocket): void {
  handleOf(socket)?.setVerifyMode(true, false);
}

/** Judges what clients have shown. */
export class CertificateProofs {
  readonly #epochMs: () => number;
  readonly #authorities = new WeakMap<ClientCertificate, readonly X509Certificate[]>();

  /** @param epochMs the wall clock, which certificates go by */
  constructor(epochMs: () => number) {
    this.#epochMs = epochMs;
  }

  /**
   * It has shown a certificate that OpenSSL found good, and one of these authorities has issued it. The second is looked
   * at here because a resumed session brings the finding of its first handshake, when other authorities may have counted.
   */
  isProven(socket: TLSSocket, asks: ClientCertificate | undefined): boolean {
    if (asks === undefined) return false;
    const certificate = socket.getPeerX509Certificate();
    // Without a certificate the error says nothing that could be relied on.
    if (certificate === undefined || handleOf(socket)?.verifyError() !== null) return false;
    if (certificate.validToDate.getTime() < this.#epochMs()) return false;
    return this.#authoritiesOf(asks).some(
      (authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
    );
  }

  #authoritiesOf(asks: ClientCertificate): readonly X509Certificate[] {
    const known = this.#authorities.get(asks);
    if (known !== undefined) return known;
    const blocks = asks.authorities?.match(CERTIFICATE) ?? [];
    const authorities = blocks.map((pem) => new X509Certificate(pem));
    this.#authorities.set(asks, authorities);
    return authorities;
  }
}
