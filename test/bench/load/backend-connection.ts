// One connection to the backend: requests one after another, their bodies counted and dropped, or a WebSocket.
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { answerFromPort, type PreparedAnswers } from './backend-answers.ts';

const KEY_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const END_OF_HEAD = '\r\n\r\n';
const WEBSOCKET = 'GET /api/v4/websocket ';
/** Asked for the port that a request came in on, and by health checks. */
const PORT_PATH = 'GET /api/v4/system/ping ';
const DEFAULT_BYTES = '512';
const OPCODE_CLOSE = 0x8;
const NOTHING = Buffer.alloc(0);

/** What all connections of a backend have in common. */
export type BackendShared = { readonly answers: PreparedAnswers; readonly webSockets: Set<Socket> };

export class BackendConnection {
  readonly #socket: Socket;
  readonly #shared: BackendShared;
  #head = '';
  /** Of the request that is being read. */
  #answer: string | Buffer = '';
  #missingBody = 0;
  #isEcho = false;
  #frames: Buffer = NOTHING;

  constructor(socket: Socket, shared: BackendShared) {
    this.#socket = socket;
    this.#shared = shared;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
  }

  #onData(chunk: Buffer): void {
    if (this.#isEcho) this.#onFrames(chunk);
    else if (this.#missingBody >= chunk.length) this.#onBody(chunk.length);
    else {
      const body = this.#missingBody;
      if (body > 0) this.#onBody(body);
      this.#onHead(chunk.toString('latin1', body));
    }
  }

  #onBody(length: number): void {
    this.#missingBody -= length;
    if (this.#missingBody === 0) this.#socket.write(this.#answer, 'latin1');
  }

  #onHead(text: string): void {
    this.#head += text;
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end === -1) return;
    const head = this.#head.slice(0, end + 2);
    const rest = this.#head.slice(end + END_OF_HEAD.length);
    this.#head = '';
    if (head.startsWith(WEBSOCKET)) {
      this.#switch(head);
      return;
    }
    this.#onRequest(head, rest);
  }

  #onRequest(head: string, rest: string): void {
    const { localPort = 0 } = this.#socket;
    const bytes = /\?bytes=([0-9]+) /.exec(head)?.[1] ?? DEFAULT_BYTES;
    this.#answer = head.startsWith(PORT_PATH) ? answerFromPort(localPort) : this.#shared.answers.of(bytes);
    if (!head.startsWith('GET ')) {
      const length = /^content-length: *([0-9]+)\r/im.exec(head)?.[1];
      if (length === undefined) {
        this.#socket.end('HTTP/1.1 411 Length Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
        return;
      }
      this.#missingBody = Number(length);
    }
    const body = Math.min(rest.length, this.#missingBody);
    this.#onBody(body);
    if (rest.length > body) this.#onHead(rest.slice(body));
  }

  #switch(head: string): void {
    const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? '';
    const accept = createHash('sha1').update(`${key}${KEY_GUID}`).digest('base64');
    const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}`;
    const { webSockets } = this.#shared;
    this.#isEcho = true;
    webSockets.add(this.#socket);
    this.#socket.once('close', () => webSockets.delete(this.#socket));
    this.#socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}${END_OF_HEAD}`);
  }

  #onFrames(chunk: Buffer): void {
    let bytes = this.#frames.length === 0 ? chunk : Buffer.concat([this.#frames, chunk]);
    for (let size = this.#echo(bytes); size > 0; size = this.#echo(bytes)) bytes = bytes.subarray(size);
    this.#frames = bytes.length === 0 ? NOTHING : Buffer.from(bytes);
  }

  /** Answers the first frame, which is masked and short; its size, or 0 when it is not whole. */
  #echo(bytes: Buffer): number {
    const length = (bytes[1] ?? 0) & 0x7f;
    const size = 6 + length;
    if (bytes.length < Math.max(size, 6)) return 0;
    const frame = Buffer.allocUnsafe(2 + length);
    frame[0] = bytes[0] ?? 0;
    frame[1] = length;
    for (let at = 0; at < length; at++) frame[2 + at] = (bytes[6 + at] ?? 0) ^ (bytes[2 + (at & 3)] ?? 0);
    this.#socket.write(frame);
    if (((bytes[0] ?? 0) & 0xf) === OPCODE_CLOSE) this.#socket.end();
    return size;
  }
}
