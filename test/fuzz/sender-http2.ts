// Attacks over HTTP/2, frame by frame; those of one client are streams of one connection while it lasts.
import { FrameClient } from '../support/http2-client.ts';
import { FLAG, type HeaderList, headers } from '../support/http2-frames.ts';
import type { Attack, AttackedPlane } from './attack.ts';
import type { Asked } from './reference.ts';
import { proxyHeader, type Received, type Sender } from './senders.ts';
import { HOST } from './words.ts';

/** Of one connection, or of a body: node:http2 resets a stream that has one of them. */
const NOT_OF_HTTP2 = ['host', 'connection', 'upgrade', 'content-length', 'transfer-encoding'];

/** As it goes over HTTP/2: over TLS, names in lower case, values without blanks around, one Cookie of all crumbs. */
function judged(asked: Asked): Asked {
  const lines = asked.lines
    .map(([name, value]) => [name.toLowerCase(), trim(value)] as const)
    .filter(([name]) => !NOT_OF_HTTP2.includes(name));
  const crumbs = lines.filter(([name]) => name === 'cookie').map(([, value]) => value);
  const others = lines.filter(([name]) => name !== 'cookie');
  const cookie = crumbs.length === 0 ? [] : [['cookie', trim(crumbs.join('; '))] as const];
  return { ...asked, isTls: true, lines: [...others, ...cookie] };
}

/** A value with a blank at an end is no value for nghttp2, which passes over the whole field (row N4). */
function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}

/** Every second Cookie in crumbs, which are one for whoever judges them (row A5). */
function listOf({ asked, number }: Attack): HeaderList {
  const { method, target, lines } = asked;
  const pseudo: HeaderList = [
    [':method', method],
    [':scheme', 'https'],
    [':authority', HOST],
    [':path', target],
  ];
  const fields = lines.flatMap(([name, value]): HeaderList => {
    if (name !== 'cookie' || number % 2 === 0) return [[name, value]];
    return value.split('; ').map((crumb) => [name, crumb] as const);
  });
  return [...pseudo, ...fields, ['attack', String(number)]];
}

class Connection {
  readonly #client: FrameClient;
  #stream = -1;

  private constructor(client: FrameClient) {
    this.#client = client;
  }

  static async open({ plane }: AttackedPlane, asked: Asked): Promise<Connection> {
    const options = { servername: HOST, before: proxyHeader(asked) };
    return new Connection(await FrameClient.connect(plane.httpsPort, options));
  }

  async exchange(attack: Attack): Promise<Received> {
    this.#stream += 2;
    this.#client.send(headers(this.#stream, listOf(attack), FLAG.endStream));
    await this.#client.settled(this.#stream).catch((error: unknown) => {
      if (this.isOpen) throw error;
    });
    const { statuses } = this.#client.story(this.#stream);
    const own = this.#client.frames.filter(({ stream }) => stream === this.#stream);
    return { statuses, text: own.map(({ payload }) => payload.toString('latin1')).join('') };
  }

  get isOpen(): boolean {
    return this.#client.ending === undefined && this.#client.goaways.length === 0;
  }

  destroy(): void {
    this.#client.destroy();
  }
}

async function sendAll(attacked: AttackedPlane, attacks: readonly Attack[]): Promise<readonly Received[]> {
  const open = new Map<string, Connection>();
  const received: Received[] = [];
  for (const attack of attacks) {
    const { asked } = attack;
    const connection = open.get(asked.peer) ?? (await Connection.open(attacked, asked));
    open.set(asked.peer, connection);
    received.push(await connection.exchange(attack));
    if (connection.isOpen) continue;
    connection.destroy();
    open.delete(asked.peer);
  }
  for (const connection of open.values()) connection.destroy();
  return received;
}

export const http2: Sender = { name: 'HTTP/2', opensWebSockets: false, judged, sendAll };
