// One HTTP/1.1 client with one request under way: on a kept connection, opened anew where the server ended it, or on a
// connection of its own for each request.
import type { Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';
import type { Asker, AskerParts } from './asker.ts';
import { pathFor, requestText } from './request-text.ts';

const FIELDS = 'Accept-Encoding: identity\r\nX-Requested-With: XMLHttpRequest\r\n';
const NOTHING = Buffer.alloc(0);

export class HttpAsker implements Asker {
  readonly #parts: AskerParts<'http'>;
  readonly #upload: Buffer;
  #reader: AnswerReader;
  #request: string;
  #socket: Socket | undefined;
  #isAsked = false;
  #isClosed = false;
  #dueMs = 0;

  constructor(parts: AskerParts<'http'>) {
    this.#parts = parts;
    const { answerBytes, uploadBytes } = parts.question.bodies;
    this.#upload = uploadBytes === 0 ? NOTHING : Buffer.alloc(uploadBytes, 'u');
    this.#reader = new AnswerReader(answerBytes);
    this.#request = this.#requestWith(undefined);
  }

  open(): void {
    this.close();
    this.#isClosed = false;
    this.#isAsked = false;
    if (this.#parts.question.isKept) this.#connect();
    else this.#parts.events.onReady(this);
  }

  ask(dueMs: number): void {
    this.#dueMs = dueMs;
    this.#isAsked = true;
    if (this.#socket === undefined) this.#connect();
    else this.#send(this.#socket);
  }

  close(): void {
    this.#isClosed = true;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #connect(): void {
    const { sockets, question, port } = this.#parts;
    this.#reader = new AnswerReader(question.bodies.answerBytes);
    const socket = sockets.open(
      question.transport,
      port,
      (buffer, length) => {
        if (socket === this.#socket) this.#onBytes(buffer, length);
      },
      () => {
        if (this.#isAsked) this.#send(socket);
        else this.#parts.events.onReady(this);
      },
    );
    this.#socket = socket;
    socket.once('error', (error) => this.#onLost(socket, error.message));
    socket.once('close', () => this.#onLost(socket, 'closed without an answer'));
  }

  #send(socket: Socket): void {
    if (this.#upload.length === 0) {
      socket.write(this.#request, 'latin1');
      return;
    }
    socket.cork();
    socket.write(this.#request, 'latin1');
    socket.write(this.#upload);
    socket.uncork();
  }

  #onBytes(buffer: Buffer, length: number): void {
    const outcome = this.#isAsked ? this.#reader.read(buffer, length) : { problem: 'Bytes nobody asked for' };
    if (outcome === 'more') return;
    if (outcome === 'answered') this.#onAnswer();
    else this.#fail(outcome.problem);
  }

  #onAnswer(): void {
    const { question, events } = this.#parts;
    this.#isAsked = false;
    if (question.isKept) this.#keepCookie();
    events.onAnswer(this.#dueMs);
    if (!question.isKept || this.#reader.endsConnection) this.#leave();
    else events.onReady(this);
  }

  /** The next connection is opened when this one is gone: so no more are open than the load has clients. */
  #leave(): void {
    const old = this.#socket;
    this.#socket = undefined;
    old?.once('close', () => {
      if (!this.#isClosed) this.open();
    });
    old?.end();
  }

  #keepCookie(): void {
    const { cookie } = this.#reader;
    if (cookie === undefined) return;
    this.#reader.cookie = undefined;
    this.#request = this.#requestWith(cookie);
  }

  #requestWith(cookie: string | undefined): string {
    const { bodies } = this.#parts.question;
    const { uploadBytes } = bodies;
    const method = uploadBytes === 0 ? 'GET' : 'POST';
    const bodyFields =
      uploadBytes === 0 ? '' : `Content-Type: application/octet-stream\r\nContent-Length: ${uploadBytes}\r\n`;
    return requestText(`${method} ${pathFor(bodies)}`, `${FIELDS}${bodyFields}`, cookie);
  }

  #onLost(socket: Socket, reason: string): void {
    if (socket === this.#socket) this.#fail(reason);
  }

  #fail(reason: string): void {
    this.close();
    this.#parts.events.onFailure(this, new Error(`Port ${this.#parts.port}: ${reason}`));
  }
}
