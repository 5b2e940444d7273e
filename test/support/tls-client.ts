// A TLS client that looks at the handshake itself: which certificate, which version, a resumed session or not.
import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';

export type Handshake = {
  /** PEM of the server's certificate; empty where a session was resumed, which shows none. */
  readonly certificate: string;
  readonly protocol: string;
  readonly isResumed: boolean;
  /** To be offered again; undefined when the server gave none. */
  readonly session: Buffer | undefined;
  /** What the server answered, all of it as text. */
  readonly answer: string;
};

export type HandshakeOptions = Pick<
  ConnectionOptions,
  'servername' | 'session' | 'minVersion' | 'maxVersion' | 'ciphers' | 'ALPNProtocols'
> & { readonly port: number };

/** The options of a client that knows nothing newer than TLS 1.1, which takes OpenSSL's lowest level. */
export const TLS_1_1 = {
  minVersion: 'TLSv1.1',
  maxVersion: 'TLSv1.1',
  ciphers: 'DEFAULT@SECLEVEL=0',
} as const;

/** Shakes hands, sends one request that ends the connection and reads to the end; rejects where either fails. */
export async function shakeHands(options: HandshakeOptions, host = options.servername): Promise<Handshake> {
  const socket = connect({ host: '127.0.0.1', rejectUnauthorized: false, ...options });
  let session: Buffer | undefined;
  socket.on('session', (ticket: Buffer) => (session = ticket));
  await once(socket, 'secureConnect');
  const certificate = socket.getPeerX509Certificate()?.toString() ?? '';
  const protocol = socket.getProtocol() ?? '';
  const isResumed = socket.isSessionReused();
  socket.write(`GET /api/v4/system/ping HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const answer = Buffer.concat(await socket.toArray()).toString('latin1');
  return { certificate, protocol, isResumed, session, answer };
}
