// A backend on bare sockets that records every byte of every connection and answers as a test says.
import { createServer, type Server, type Socket } from 'node:net';
import { type Message, MessageSplitter } from './messages.ts';

/** Called for each complete request; `at` counts those of its connection from 0. */
export type Script = (connection: BackendConnection, request: Message, at: number) => void;

/** How the proxy ended a connection, or not yet. */
export type BackendEnding = 'fin' | 'reset' | undefined;

export class BackendConnection {
  readonly socket: Socket;
  readonly requests: Message[] = [];
  ending: BackendEnding;
  /** Nothing is recorded, and no request is looked for, behind an upgrade. */
  isTunnel = false;
  receivedBytes = 0;
  readonly #chunks: Buffer[] = [];
  readonly #splitter = new MessageSplitter();

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('end', () => (this.ending ??= 'fin'));
    socket.on('error', () => (this.ending ??= 'reset'));
    socket.on('close', () => (this.ending ??= 'fin'));
  }

  /** Everything received, request heads included. */
  get text(): string {
    return Buffer.concat(this.#chunks).toString('latin1');
  }

  /** Bytes of no complete request. */
  get rest(): string {
    return this.#splitter.rest.toString('latin1');
  }

  send(bytes: string | Buffer): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  take(chunk: Buffer, script: Script): void {
    this.#chunks.push(chunk);
    this.receivedBytes += chunk.length;
    if (this.isTunnel) return;
    for (const request of this.#splitter.push(chunk)) {
      this.requests.push(request);
      script(this, request, this.requests.length - 1);
    }
  }
}

export class RecordingBackend {
  connections: BackendConnection[] = [];
  /** What is done with each request; may be changed by a test. */
  script: Script = always(answer('ok'));
  /** Takes bytes as they come instead of having them recorded; for large bodies, and for answers that do not wait. */
  intercept: ((connection: BackendConnection, chunk: Buffer) => void) | undefined;
  /** What went wrong in a script, or was no HTTP. */
  readonly errors: unknown[] = [];
  readonly #server: Server;

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#serve(socket));
  }

  static async start(script?: Script): Promise<RecordingBackend> {
    const backend = new RecordingBackend();
    if (script !== undefined) backend.script = script;
    await new Promise<void>((resolve) => backend.#server.listen(0, '127.0.0.1', resolve));
    return backend;
  }

  get port(): number {
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  }

  /** Complete requests of all connections, by connection. */
  get requests(): readonly Message[] {
    return this.connections.flatMap(({ requests }) => requests);
  }

  /** Everything that ever came. */
  get text(): string {
    return this.connections.map(({ text }) => text).join('');
  }

  /** Forgets and ends all connections: what comes later is of new ones. */
  forget(): void {
    for (const { socket } of this.connections) socket.destroy();
    this.connections = [];
    this.errors.length = 0;
  }

  async stop(): Promise<void> {
    this.forget();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    const connection = new BackendConnection(socket);
    this.connections.push(connection);
    socket.on('end', () => {
      if (!connection.isTunnel) socket.end();
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        if (this.intercept === undefined) connection.take(chunk, (...told) => this.script(...told));
        else this.intercept(connection, chunk);
      } catch (error) {
        this.errors.push(error);
        socket.destroy();
      }
    });
  }
}

/** Answers every request with these bytes. */
export function always(bytes: string): Script {
  return (connection) => connection.send(bytes);
}

/** A complete answer with a length. */
export function answer(body: string, fields: readonly string[] = []): string {
  const lines = fields.map((field) => `${field}\r\n`).join('');
  return `HTTP/1.1 200 OK\r\n${lines}Content-Length: ${body.length}\r\n\r\n${body}`;
}
