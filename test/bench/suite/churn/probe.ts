// One look at the changing site from outside, on a connection of its own: which version of each subject it shows.
import { readFileSync } from 'node:fs';
import { connect, createSecureContext, type SecureContext } from 'node:tls';
import { text } from 'node:stream/consumers';
import { HOST } from '../../peers/host.ts';
import { COMMON_NAME_SUFFIX, FIRST_LIFETIME_S, type Subject } from './site.ts';

/** What the site shows; the endpoint by its port. */
export type Sight = Readonly<Record<Exclude<Subject, 'endpoints'>, number>> & { readonly port: number };

const REQUEST = `GET /api/v4/system/ping HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`;
const TIMEOUT_MS = 5_000;

export class Probe {
  readonly #port: number;
  readonly #context: SecureContext;

  constructor(port: number, certificateFile: string) {
    this.#port = port;
    this.#context = createSecureContext({ ca: readFileSync(certificateFile) });
  }

  /** Rejects when anything about it is not as it should be. */
  async look(): Promise<Sight> {
    const socket = connect({
      host: '127.0.0.1',
      port: this.#port,
      servername: HOST,
      secureContext: this.#context,
      ALPNProtocols: ['http/1.1'],
    });
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error('The site was silent')));
    socket.write(REQUEST);
    let commonName = '';
    socket.once('secureConnect', () => (commonName = String(socket.getPeerCertificate().subject.CN)));
    const answer = await text(socket);
    const [, lifetimeS] = /^set-cookie:.*max-age=([0-9]+)/im.exec(answer) ?? [];
    const [, port] = /^x-backend-port: *([0-9]+)/im.exec(answer) ?? [];
    if (!answer.startsWith('HTTP/1.1 200') || lifetimeS === undefined || port === undefined)
      throw new Error(`A look at the site showed ${answer.slice(0, 200).replaceAll('\r\n', ' | ')}`);
    const certificate = Number(commonName.replace(COMMON_NAME_SUFFIX, ''));
    return { policy: Number(lifetimeS) - FIRST_LIFETIME_S, certificate, port: Number(port) };
  }
}
