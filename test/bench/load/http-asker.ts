// One HTTP client: a kept connection with one request under way, opened anew where the server ended it.
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { cookieOf, openSocket, requestText } from './client-socket.ts';
import type { Asker, AnswerSink } from './load.ts';

const PATH = '/api/v4/users/me';
const FIELDS = 'Accept-Encoding: identity\r\nX-Requested-With: XMLHttpRequest\r\n';

export class HttpAsker implements Asker {
  readonly #port: number;
  readonly #sink: AnswerSink;
  #socket: Socket | undefined;
  #request = requestText(PATH, FIELDS, undefined);
  #head = '';
  /** Bytes of the answer that are still to come; 0 while its head is awaited. */
  #missing = 0;
  #endsConnection = false;
  #isStopped = false;
  #askedMs = 0;

  constructor(port: number, sink: AnswerSink) {
    this.#port = port;
    this.#sink = sink;
  }

  start(): void {
    const socket = openSocket(this.#port, (buffer, length) => this.#onBytes(buffer, length));
    this.#socket = socket;
    socket.once('connect', () => this.#ask());
    socket.once('error', (error) => this.#onLost(socket, error.message));
    socket.once('close', () => this.#onLost(socket, 'closed without an answer'));
  }

  stop(): void {
    this.#isStopped = true;
    this.#socket?.destroy();
  }

  #onLost(socket: Socket, reason: string): void {
    if (this.#isStopped || socket !== this.#socket) return;
    this.#sink.failed(new Error(`A connection to port ${this.#port} was lost: ${reason}`));
  }

  #ask(): void {
    this.#askedMs = performance.now();
    this.#socket?.write(this.#request, 'latin1');
  }

  #onBytes(buffer: Buffer, length: number): void {
    if (this.#isStopped) return;
    if (this.#missing === 0) this.#onHead(buffer.toString('latin1', 0, length));
    else this.#missing -= length;
    if (this.#missing === 0 && this.#head === '') this.#onAnswer();
  }

  #onHead(text: string): void {
    this.#head += text;
    const end = this.#head.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.#head.slice(0, end + 2);
    const contentLength = Number(/^content-length: *([0-9]+)\r/im.exec(head)?.[1]);
    if (!head.startsWith('HTTP/1.1 200') || Number.isNaN(contentLength)) {
      this.#sink.failed(new Error(`Port ${this.#port} answered: ${head.slice(0, 200)}`));
      return;
    }
    this.#missing = end + 4 + contentLength - this.#head.length;
    this.#head = '';
    this.#endsConnection = /^connection: *close\r/im.test(head);
    const cookie = cookieOf(head);
    if (cookie !== undefined) this.#request = requestText(PATH, FIELDS, cookie);
  }

  #onAnswer(): void {
    this.#sink.answered(this.#askedMs);
    if (!this.#endsConnection) {
      this.#ask();
      return;
    }
    const old = this.#socket;
    this.#endsConnection = false;
    this.start();
    old?.destroy();
  }
}
