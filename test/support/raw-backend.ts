// A backend on bare sockets that records every byte and answers as a test says.
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { EndpointPlace } from './manifest-builders.ts';

/** One connection of the proxy to the backend. */
export type BackendConnection = {
  readonly socket: Socket;
  /** Everything received on it, as latin1 text. */
  received: string;
  isClosed: boolean;
  /** What it says when the other side has ended, before it ends too. */
  farewell: string;
};

/** Called for each complete request head; `at` counts the heads of its connection from 0. */
export type Script = (connection: BackendConnection, at: number) => void;

export class RawBackend {
  readonly name: string;
  readonly connections: BackendConnection[] = [];
  readonly #server: Server;

  private constructor(name: string, script: Script) {
    this.name = name;
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#serve(socket, script));
  }

  /** @param at where to listen; by default any port of 127.0.0.1 */
  static async start(name: string, script: Script, at: Partial<ListenOptions> = {}): Promise<RawBackend> {
    const backend = new RawBackend(name, script);
    await new Promise<void>((resolve, reject) => {
      backend.#server.once('error', reject);
      backend.#server.listen({ host: '127.0.0.1', port: 0, ...at }, resolve);
    });
    return backend;
  }

  get port(): number {
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  }

  get place(): EndpointPlace {
    return { name: this.name, port: this.port };
  }

  /** Everything received on all connections. */
  get received(): string {
    return this.connections.map(({ received }) => received).join('');
  }

  async stop(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket, script: Script): void {
    const connection: BackendConnection = { socket, received: '', isClosed: false, farewell: '' };
    this.connections.push(connection);
    let heads = 0;
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end(connection.farewell, 'latin1'));
    socket.on('close', () => {
      connection.isClosed = true;
    });
    socket.on('data', (chunk: Buffer) => {
      connection.received += chunk.toString('latin1');
      const complete = connection.received.split('\r\n\r\n').length - 1;
      for (; heads < complete; heads++) script(connection, heads);
    });
  }
}

/** Answers every request with these bytes. */
export function always(bytes: string): Script {
  return ({ socket }) => void socket.write(bytes, 'latin1');
}

/** A complete answer with a length. */
export function answer(body: string, fields = ''): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
}
