// A client that speaks HTTP/2 frame by frame over TLS, and a judge of what comes back.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  data,
  FLAG,
  FRAME,
  type Frame,
  FrameReader,
  type HeaderList,
  headers,
  PREFACE,
  SETTING,
  settings,
  statusOf,
} from './http2-frames.ts';
import { type Ending, turns, until } from './wire-client.ts';

export type FrameClientOptions = {
  readonly servername?: string;
  /** Settings of the client besides that it keeps no table of headers. */
  readonly settings?: readonly (readonly [number, number])[];
  /** False: nothing is sent by itself, not even the preface. */
  readonly greets?: boolean;
  /** Sent with the end of the handshake, before anything was heard; nothing else is sent by itself then. */
  readonly early?: Buffer;
  /** What comes before TLS: a PROXY header. */
  readonly before?: Buffer;
};

/** What is known of one stream by the frames that came for it. */
export type StreamStory = {
  /** Interim ones included. */
  readonly statuses: readonly number[];
  readonly body: Buffer;
  readonly ended: boolean;
  /** Error code of RST_STREAM. */
  readonly reset: number | undefined;
};

/** The four pseudo fields and more, as a plain request has them. */
export function requestList(more: HeaderList = [], method = 'GET', path = '/'): HeaderList {
  return [[':method', method], [':scheme', 'https'], [':authority', 'a'], [':path', path], ...more];
}

export class FrameClient {
  readonly socket: Socket;
  readonly frames: Frame[] = [];
  ending: Ending;
  readonly #reader = new FrameReader();
  /** Below TLS: resets are seen there only. */
  readonly #tcp: Socket;

  private constructor(tcp: Socket, socket: Socket) {
    this.#tcp = tcp;
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.frames.push(...this.#reader.push(chunk)));
    for (const each of [socket, tcp]) {
      each.on('end', () => (this.ending ??= 'fin'));
      each.on('error', () => (this.ending ??= 'reset'));
      each.on('close', () => (this.ending ??= 'fin'));
    }
  }

  static async connect(port: number, options: FrameClientOptions = {}): Promise<FrameClient> {
    const tcp = connect({ port, host: '127.0.0.1', noDelay: true });
    const { servername = 'a', before, early } = options;
    if (before !== undefined) tcp.write(before);
    const tls = connectTls({ socket: tcp, servername, ALPNProtocols: ['h2'], rejectUnauthorized: false });
    const client = new FrameClient(tcp, tls);
    if (early !== undefined) client.send(early);
    await once(tls, 'secureConnect');
    if (options.greets === false || early !== undefined) return client;
    client.send(PREFACE, settings([SETTING.headerTableSize, 0], ...(options.settings ?? [])));
    await client.until(() => client.frames.some(({ type, flags }) => type === FRAME.settings && flags === 0));
    client.send(settingsAck());
    return client;
  }

  send(...bytes: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(bytes));
  }

  request(stream: number, list: HeaderList = requestList(), body?: string): void {
    if (body === undefined) this.send(headers(stream, list, FLAG.endStream));
    else this.send(headers(stream, list), data(stream, body, FLAG.endStream));
  }

  story(stream: number): StreamStory {
    const own = this.frames.filter((each) => each.stream === stream);
    const ends = own.filter(({ type }) => type === FRAME.headers || type === FRAME.data);
    return {
      statuses: own.filter(({ type }) => type === FRAME.headers).map(({ payload }) => statusOf(payload)),
      body: Buffer.concat(own.filter(({ type }) => type === FRAME.data).map(({ payload }) => payload)),
      ended: ends.some(({ flags }) => (flags & FLAG.endStream) !== 0),
      reset: own.find(({ type }) => type === FRAME.reset)?.payload.readUInt32BE(0),
    };
  }

  /** Error codes of GOAWAY frames, and what each said of the last stream. */
  get goaways(): readonly { readonly code: number; readonly last: number }[] {
    return this.frames
      .filter(({ type }) => type === FRAME.goaway)
      .map(({ payload }) => ({ last: payload.readUInt32BE(0), code: payload.readUInt32BE(4) }));
  }

  async until(isSo: () => boolean): Promise<void> {
    await until(
      () => isSo() || this.ending !== undefined,
      () => `frames ${this.describe()}`,
    );
    if (!isSo()) throw new Error(`Ended (${this.ending}) with frames ${this.describe()}`);
  }

  /** Waits until a stream is answered or reset. */
  async settled(stream: number): Promise<StreamStory> {
    const isOver = ({ ended, reset }: StreamStory) => ended || reset !== undefined;
    await this.until(() => isOver(this.story(stream)));
    return this.story(stream);
  }

  /** Waits until the other side has ended the connection. */
  async ended(): Promise<Ending> {
    await until(
      () => this.ending !== undefined,
      () => `the end; frames ${this.describe()}`,
    );
    this.destroy();
    return this.ending;
  }

  /** Whether the connection still lives: a PING comes back. */
  async isAlive(): Promise<boolean> {
    const mark = `mark${String(this.frames.length).padStart(4, '0')}`;
    if (this.ending !== undefined) return false;
    this.send(framePing(mark));
    await until(
      () => this.ending !== undefined || this.frames.some((each) => isPong(each, mark)),
      () => `a PING to come back; frames ${this.describe()}`,
    );
    return this.frames.some((each) => isPong(each, mark));
  }

  describe(): string {
    const told = this.frames.slice(-30).map(({ type, flags, stream, payload }) => {
      const name = Object.entries(FRAME).find(([, code]) => code === type)?.[0] ?? type;
      return `${name}/${flags}@${stream}(${payload.length})`;
    });
    return told.join(' ');
  }

  destroy(): void {
    this.socket.destroy();
    this.#tcp.destroy();
  }

  /** Ends without a word, as a process that is killed does. */
  async vanish(): Promise<void> {
    this.#tcp.resetAndDestroy();
    await turns();
  }
}

function settingsAck(): Buffer {
  return Buffer.from([0, 0, 0, FRAME.settings, FLAG.ack, 0, 0, 0, 0]);
}

function framePing(mark: string): Buffer {
  return Buffer.concat([Buffer.from([0, 0, 8, FRAME.ping, 0, 0, 0, 0, 0]), Buffer.from(mark, 'latin1')]);
}

function isPong({ type, flags, payload }: Frame, mark: string): boolean {
  return type === FRAME.ping && flags === FLAG.ack && payload.toString('latin1') === mark;
}
