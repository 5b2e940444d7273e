// The server behind a proxy that is compared: remembers each request as it came, and answers `ok`. It takes what any
// proxy may write, fields in any case and chunks with trailers; what is none is remembered as such.
import { createServer, type Server, type Socket } from 'node:net';

/** One request as some server understood it; the body as latin1 text. */
export type Seen = { readonly method: string; readonly target: string; readonly body: string };

type Part = { readonly body: string; readonly end: number };

export class Origin {
  seen: Seen[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<Origin> {
    const origin = new Origin();
    await new Promise<void>((resolve) => origin.#server.listen(0, '127.0.0.1', resolve));
    return origin;
  }

  get port(): number {
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    let text = '';
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let end = this.#take(text, socket); end > 0; end = this.#take(text, socket))
        text = text.slice(end);
    });
  }

  /** Answers the request at the beginning; returns where it ends, 0 where it is not whole. */
  #take(text: string, socket: Socket): number {
    const headEnd = text.indexOf('\r\n\r\n');
    if (headEnd === -1) return 0;
    const head = text.slice(0, headEnd);
    const [, method, target] = /^([A-Z]+) (\S+) HTTP\/1\.[01](\r\n[^\s:]+:[^\r\n]*)*$/.exec(head) ?? [];
    const part = bodyOf(head, text, headEnd + 4);
    if (part === undefined) return 0;
    if (method === undefined || target === undefined || part === 'rubbish') {
      this.seen.push({ method: 'no request', target: '', body: text });
      socket.destroy();
      return 0;
    }
    this.seen.push({ method, target, body: part.body });
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n${method === 'HEAD' ? '' : 'ok'}`);
    return part.end;
  }
}

function bodyOf(head: string, text: string, start: number): Part | 'rubbish' | undefined {
  const length = /^content-length: *(\d+)$/im.exec(head)?.[1];
  const isChunked = /^transfer-encoding: *chunked$/im.test(head);
  if (isChunked) return length === undefined ? chunksOf(text, start) : 'rubbish';
  const end = start + Number(length ?? 0);
  return text.length < end ? undefined : { body: text.slice(start, end), end };
}

function chunksOf(text: string, start: number): Part | 'rubbish' | undefined {
  let body = '';
  for (let at = start; ; ) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const line = text.slice(at, lineEnd);
    if (!/^[0-9a-f]+$/i.test(line)) return 'rubbish';
    const size = Number.parseInt(line, 16);
    if (size === 0) return trailersOf(text, lineEnd, body);
    const dataEnd = lineEnd + 2 + size;
    if (text.length < dataEnd + 2) return undefined;
    body += text.slice(lineEnd + 2, dataEnd);
    at = dataEnd + 2;
  }
}

function trailersOf(text: string, lineEnd: number, body: string): Part | undefined {
  const end = text.indexOf('\r\n\r\n', lineEnd);
  return end === -1 ? undefined : { body, end: end + 4 };
}
