// A client on a bare socket that decides itself in which pieces its bytes leave, and sees how a connection ends.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { vi } from 'vitest';

/** How the other side ended: in good order, by a reset, or not yet. */
export type Ending = 'fin' | 'reset' | undefined;

/** For what is bound to come: with room for a machine that has much else to do, within the time of a test. */
const WAIT_MS = 15_000;

/** A few turns of the event loop: what one socket of this process wrote, another one has read by then. */
export async function turns(count = 3): Promise<void> {
  for (let at = 0; at < count; at++) await new Promise<void>((resolve) => setImmediate(resolve));
}

/** Waits until something is so, a turn of the event loop at a time. */
export async function until(isSo: () => boolean, what: () => string): Promise<void> {
  const untilMs = performance.now() + WAIT_MS;
  while (!isSo()) {
    if (performance.now() > untilMs) throw new Error(`Waited in vain: ${what()}`);
    await turns(1);
  }
}

/** Waits until so many bytes are there, however long that takes, while more and more come. */
export async function untilBytes(wanted: number, count: () => number, where: string): Promise<void> {
  while (count() < wanted) {
    const before = count();
    await until(
      () => count() > before,
      () => `${wanted} bytes ${where}, which has ${count()}`,
    );
  }
}

export class WireClient {
  readonly socket: Socket;
  /** Below TLS where there is TLS, else the same. */
  readonly raw: Socket;
  ending: Ending;
  readonly #chunks: Buffer[] = [];
  #receivedBytes = 0;

  private constructor(socket: Socket, raw: Socket, keeps: boolean) {
    this.socket = socket;
    this.raw = raw;
    socket.on('data', (chunk: Buffer) => {
      this.#receivedBytes += chunk.length;
      if (keeps) this.#chunks.push(chunk);
    });
    socket.on('end', () => (this.ending ??= 'fin'));
    socket.on('error', () => (this.ending ??= 'reset'));
    socket.on('close', () => (this.ending ??= 'fin'));
  }

  /** @param keeps false: bytes are counted only */
  static async connect(port: number, keeps = true): Promise<WireClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const client = new WireClient(socket, socket, keeps);
    await once(socket, 'connect');
    // The other side has accepted, so that what is written first is read alone.
    await turns();
    return client;
  }

  /** @param protocols offered by ALPN; none unless said */
  static async connectTls(
    port: number,
    servername: string,
    keeps = true,
    protocols: readonly string[] = [],
  ): Promise<WireClient> {
    const tcp = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const ALPNProtocols = [...protocols];
    const socket = connectTls({ socket: tcp, servername, ALPNProtocols, rejectUnauthorized: false });
    const client = new WireClient(socket, tcp, keeps);
    // A TLS socket made around another one does not hear of every reset of that one.
    tcp.on('error', () => (client.ending ??= 'reset'));
    await once(socket, 'secureConnect');
    await turns();
    return client;
  }

  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString('latin1');
  }

  send(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Each piece is read by the other side before the next one is written. */
  async sendPieces(pieces: readonly Buffer[]): Promise<void> {
    for (const [at, piece] of pieces.entries()) {
      if (at > 0) await turns(2);
      if (this.ending !== undefined) return;
      this.send(piece);
    }
  }

  /** Waits until what came satisfies; rejects when the connection ended before. */
  async until(isEnough: (text: string) => boolean): Promise<string> {
    let checked = -1;
    let isDone = false;
    await until(
      () => {
        if (checked !== this.#receivedBytes) {
          checked = this.#receivedBytes;
          isDone = isEnough(this.text);
        }
        return isDone || this.ending !== undefined;
      },
      () => `received ${JSON.stringify(this.text.slice(-500))}`,
    );
    if (!isEnough(this.text))
      throw new Error(`Ended (${this.ending}) with ${JSON.stringify(this.text.slice(-500))}`);
    return this.text;
  }

  /** Waits until the other side has ended, and ends this one too. */
  async ended(): Promise<Ending> {
    await until(
      () => this.ending !== undefined,
      () => `the end; received ${JSON.stringify(this.text.slice(-500))}`,
    );
    this.socket.destroy();
    return this.ending;
  }

  /** Says that nothing more will be sent, and waits for the end. */
  async end(): Promise<Ending> {
    this.socket.end();
    return this.ended();
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Polls by time, for what takes longer than turns of the event loop. */
export async function eventually(assert: () => void): Promise<void> {
  await vi.waitFor(assert, { timeout: WAIT_MS, interval: 5 });
}
