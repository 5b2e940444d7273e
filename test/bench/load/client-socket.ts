// Sockets of the load's clients, plain or over TLS. All proxies are offered the same one way of TLS 1.3.
import { readFileSync } from 'node:fs';
import { connect as netConnect, type Socket } from 'node:net';
import { connect as tlsConnect, createSecureContext, type SecureContext } from 'node:tls';
import { HOST } from '../peers/host.ts';
import type { Transport } from './messages.ts';

/** Bytes [0, length) of a buffer that is used again after the call. */
export type OnBytes = (buffer: Buffer, length: number) => void;

/** Left to themselves, some servers would choose costlier ciphers and groups than others. */
const TLS_CHOICE = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_AES_128_GCM_SHA256',
  ecdhCurve: 'X25519',
} as const;
const READ_BYTES = 65_536;

export class ClientSockets {
  readonly #context: SecureContext;
  /** Read by every socket: what is read is looked at before the next read. */
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);

  /** @param certificateFile what the certificate of every proxy is checked against */
  constructor(certificateFile: string) {
    this.#context = createSecureContext({ ...TLS_CHOICE, ca: readFileSync(certificateFile) });
  }

  /** A full handshake each time: no session is resumed. @param onOpen called when bytes can be sent */
  open(transport: Transport, port: number, onBytes: OnBytes, onOpen: () => void): Socket {
    const onread = {
      buffer: this.#buffer,
      callback: (length: number) => {
        onBytes(this.#buffer, length);
        return true;
      },
    };
    const place = { host: '127.0.0.1', port, onread };
    if (transport === 'plain') return netConnect({ ...place, noDelay: true }, onOpen);
    const socket = tlsConnect(
      { ...place, secureContext: this.#context, servername: HOST, ALPNProtocols: ['http/1.1'] },
      onOpen,
    );
    return socket.setNoDelay();
  }

  /** A socket for node:http2, which reads by itself. */
  openHttp2(port: number): Socket {
    return tlsConnect({
      host: '127.0.0.1',
      port,
      secureContext: this.#context,
      servername: HOST,
      ALPNProtocols: ['h2'],
    }).setNoDelay();
  }
}
