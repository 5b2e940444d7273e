// Attacks over HTTP/1, with and without TLS; those of one client follow each other on one connection while it lasts.
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { splitAnswers } from '../support/messages.ts';
import { type Ending, turns, until } from '../support/wire-client.ts';
import type { Attack, AttackedPlane } from './attack.ts';
import type { Asked } from './reference.ts';
import { proxyHeader, type Received, type Sender } from './senders.ts';
import { HOST } from './words.ts';

class Connection {
  ending: Ending;
  readonly #socket: Socket;
  #chunks: Buffer[] = [];

  private constructor(socket: Socket, tcp: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    for (const each of new Set([socket, tcp])) {
      each.on('end', () => (this.ending ??= 'fin'));
      each.on('error', () => (this.ending ??= 'reset'));
      each.on('close', () => (this.ending ??= 'fin'));
    }
  }

  static open({ plane }: AttackedPlane, asked: Asked): Connection {
    const port = asked.isTls ? plane.httpsPort : plane.httpPort;
    const tcp = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    tcp.write(proxyHeader(asked));
    const tls = () => connectTls({ socket: tcp, servername: HOST, rejectUnauthorized: false });
    return new Connection(asked.isTls ? tls() : tcp, tcp);
  }

  async exchange(bytes: string, isHead: boolean): Promise<Received> {
    this.#chunks = [];
    this.#socket.write(bytes, 'latin1');
    const split = () => splitAnswers(Buffer.concat(this.#chunks), isHead);
    const isOver = () => split().statuses.some((status) => status >= 200 || status === 101);
    await until(
      () => this.ending !== undefined || isOver(),
      () => `an answer to ${JSON.stringify(bytes)}; got ${this.#text}`,
    );
    await turns(2);
    return { statuses: split().statuses, text: this.#text };
  }

  get #text(): string {
    return Buffer.concat(this.#chunks).toString('latin1');
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** The request and a body where its head speaks of one. */
function bytesOf({ asked, number }: Attack): string {
  const { method, target, lines } = asked;
  const valueOf = (name: string) => lines.find(([each]) => each.toLowerCase() === name)?.[1];
  const fields = [...lines, ['Attack', String(number)] as const].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const isChunked = valueOf('transfer-encoding')?.trim() === 'chunked';
  const body = isChunked
    ? '5\r\nhello\r\n0\r\n\r\n'
    : valueOf('content-length')?.trim() === '5'
      ? 'hello'
      : '';
  return `${method} ${target} HTTP/1.1\r\n${fields.join('')}\r\n${body}`;
}

async function sendAll(attacked: AttackedPlane, attacks: readonly Attack[]): Promise<readonly Received[]> {
  const open = new Map<string, Connection>();
  const received: Received[] = [];
  for (const attack of attacks) {
    const { asked } = attack;
    const client = `${asked.peer} ${asked.isTls}`;
    const connection = open.get(client) ?? Connection.open(attacked, asked);
    open.set(client, connection);
    const answer = await connection.exchange(bytesOf(attack), asked.method === 'HEAD');
    received.push(answer);
    const isSpent = connection.ending !== undefined || answer.statuses.includes(101);
    if (isSpent || /^Connection: close\r$/m.test(answer.text)) {
      connection.destroy();
      open.delete(client);
    }
  }
  for (const connection of open.values()) connection.destroy();
  return received;
}

export const http1: Sender = {
  name: 'HTTP/1',
  opensWebSockets: true,
  judged: (asked) => asked,
  sendAll,
};
