// A client on bare sockets: for bytes that no HTTP library would send, and for how a connection ends.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Pair } from './certificates.ts';

export type RawTarget = {
  readonly port: number;
  /** Source address. */
  readonly from?: string;
  /** Given: TLS, with this server name. The certificate is not looked at. */
  readonly serverName?: string;
  /** What it shows of itself over TLS. */
  readonly identity?: Pair | undefined;
  /** A connection that is there already. */
  readonly tcp?: Socket;
};

/** How the server ended a connection: in good order, or by a reset. */
export type Ending = 'fin' | 'reset';

const WAIT_MS = 30_000;

export class RawConnection {
  readonly socket: Socket;
  /** Bytes received so far, as latin1 text. */
  received = '';
  #ending: Ending | undefined;
  readonly #waiters = new Set<() => void>();

  constructor({ port, from, serverName, identity, tcp = dial(port, from) }: RawTarget) {
    const shown = identity === undefined ? {} : { cert: identity.certificate, key: identity.key };
    this.socket =
      serverName === undefined
        ? tcp
        : connectTls({ ...shown, socket: tcp, servername: serverName, rejectUnauthorized: false });
    this.socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      this.#notify();
    });
    // A TLS socket made around another one does not hear of every reset of that one.
    for (const each of new Set([tcp, this.socket])) {
      each.on('end', () => this.#end('fin'));
      each.on('error', () => this.#end('reset'));
    }
  }

  /** How the server has ended it, or undefined while it is open. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  send(bytes: string): this {
    this.socket.write(bytes, 'latin1');
    return this;
  }

  /** Resolves when what came so far satisfies; rejects when the connection ends before, or nothing more comes. */
  async until(isEnough: (received: string) => boolean): Promise<string> {
    await this.#wait(() => isEnough(this.received) || this.#ending !== undefined);
    if (!isEnough(this.received))
      throw new Error(`Connection ended (${this.#ending}) with ${JSON.stringify(this.received)}`);
    return this.received;
  }

  /** Resolves with how the server ended the connection; everything it said is in `received` then. */
  async ended(): Promise<Ending> {
    await this.#wait(() => this.#ending !== undefined);
    this.socket.destroy();
    return this.#ending ?? 'fin';
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#notify();
  }

  #notify(): void {
    for (const waiter of this.#waiters) waiter();
  }

  #wait(isOver: () => boolean): Promise<void> {
    if (isOver()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const waiter = () => {
        if (!isOver()) return;
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(
          new Error(
            `Nothing that was waited for came; received ${JSON.stringify(this.received.slice(-500))}`,
          ),
        );
      }, WAIT_MS);
      this.#waiters.add(waiter);
    });
  }
}

function dial(port: number, from: string | undefined): Socket {
  const source = from === undefined ? {} : { localAddress: from };
  return connect({ host: '127.0.0.1', port, allowHalfOpen: true, ...source });
}

/** Sends bytes on a connection of their own and waits until the server ends it. */
export async function exchangeRaw(
  target: RawTarget,
  bytes: string,
): Promise<{ readonly text: string; readonly ending: Ending }> {
  const connection = new RawConnection(target).send(bytes);
  const ending = await connection.ended();
  return { text: connection.received, ending };
}

/** The head of a request as text; fields in the order given. */
export function requestText(
  line: string,
  host: string,
  fields: Readonly<Record<string, string>> = {},
): string {
  const lines = Object.entries({ Host: host, ...fields }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** The fields of a valid WebSocket handshake. */
export const HANDSHAKE: Readonly<Record<string, string>> = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
};
