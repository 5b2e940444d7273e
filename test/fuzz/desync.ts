// A backend that misbehaves in every way that has mixed up answers somewhere: one plan for each request, by its number.
import { createServer, type Server, type Socket } from 'node:net';
import { turns } from '../support/wire-client.ts';

/** What the backend does with a request. */
export type Plan =
  | 'plain'
  | 'chunked'
  | 'until-end'
  | 'interim'
  | 'slow'
  | 'early'
  | 'early-and-end'
  | 'surplus'
  | 'body-for-head'
  | 'no-content-with-body'
  | 'not-modified-with-body'
  | 'truncated'
  | 'truncated-chunks'
  | 'garbage'
  | 'switch'
  | 'nothing';

export const PLANS: readonly Plan[] = [
  ...(['plain', 'plain', 'plain', 'chunked', 'chunked', 'until-end', 'interim', 'slow'] as const),
  ...(['early', 'early-and-end', 'surplus', 'body-for-head', 'no-content-with-body'] as const),
  ...(['not-modified-with-body', 'truncated', 'truncated-chunks', 'garbage', 'switch', 'nothing'] as const),
];

/** Comes behind answers, as one that nobody asked for. */
const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison';

/** A request as it came, and on which connection. */
export type Arrival = { readonly number: number; readonly head: string; readonly body: string };

export function answerBody(number: number): string {
  return `answer-to-${number}.`;
}

function bytesOf(plan: Plan, number: number, isHead: boolean): string {
  const content = answerBody(number);
  const body = isHead ? '' : content;
  const length = `Content-Length: ${content.length}\r\n\r\n`;
  const ok = `HTTP/1.1 200 OK\r\n`;
  const chunks = isHead
    ? ''
    : `5\r\n${content.slice(0, 5)}\r\n${(content.length - 5).toString(16)}\r\n${content.slice(5)}\r\n0\r\n\r\n`;
  switch (plan) {
    case 'chunked':
      return `${ok}Transfer-Encoding: chunked\r\n\r\n${chunks}`;
    case 'until-end':
      return `${ok}\r\n${body}`;
    case 'interim':
      return `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </${number}>\r\n\r\n${ok}${length}${body}`;
    case 'surplus':
      return `${ok}${length}${body}${POISON}`;
    case 'body-for-head':
      return `${ok}${length}${content}${isHead ? POISON : ''}`;
    case 'no-content-with-body':
      return `HTTP/1.1 204 No Content\r\n${length}${POISON}`;
    case 'not-modified-with-body':
      return `HTTP/1.1 304 Not Modified\r\n${length}${POISON}`;
    case 'truncated':
      return `${ok}Content-Length: 500\r\n\r\n${body}`;
    case 'truncated-chunks':
      return `${ok}Transfer-Encoding: chunked\r\n\r\nff\r\n${body}`;
    case 'garbage':
      return `HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Length: 7\r\n\r\npoison`;
    case 'switch':
      return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n${POISON}`;
    case 'nothing':
      return '';
    default:
      return `${ok}${length}${body}`;
  }
}

const ENDS: ReadonlySet<Plan> = new Set([
  'until-end',
  'early-and-end',
  'truncated',
  'truncated-chunks',
  'nothing',
]);

/** Reads requests by the framing that their heads state, and nothing else. */
export class UnrulyBackend {
  readonly arrivals: Arrival[] = [];
  /** What was no request, or had no number. */
  readonly rubbish: string[] = [];
  plans: readonly Plan[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor() {
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#serve(socket));
  }

  static async start(): Promise<UnrulyBackend> {
    const backend = new UnrulyBackend();
    await new Promise<void>((resolve) => backend.#server.listen(0, '127.0.0.1', resolve));
    return backend;
  }

  get port(): number {
    const bound = this.#server.address();
    return typeof bound === 'object' && bound !== null ? bound.port : 0;
  }

  reset(plans: readonly Plan[]): void {
    for (const socket of this.#sockets) socket.destroy();
    this.arrivals.length = 0;
    this.rubbish.length = 0;
    this.plans = plans;
  }

  async stop(): Promise<void> {
    this.reset([]);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #serve(socket: Socket): void {
    let text = '';
    let answered = -1;
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      for (let head = this.#headOf(text); head !== undefined; head = this.#headOf(text)) {
        const plan = this.plans[head.number] ?? 'nothing';
        const isEarly = plan.startsWith('early') && answered !== head.number;
        if (isEarly) void this.#answer(socket, plan, head);
        answered = head.number;
        const body = bodyOf(head.text, text.slice(head.text.length + 4));
        if (body === undefined) return;
        this.arrivals.push({ number: head.number, head: head.text, body: body.content });
        text = text.slice(head.text.length + 4 + body.length);
        if (!plan.startsWith('early')) void this.#answer(socket, plan, head);
      }
    });
  }

  #headOf(text: string): { readonly text: string; readonly number: number } | undefined {
    const end = text.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const head = text.slice(0, end);
    const number = /^number: (\d+)$/im.exec(head)?.[1];
    if (number === undefined || !/^[A-Z]+ \/\S* HTTP\/1\.1\r\n/.test(text)) {
      this.rubbish.push(text);
      return undefined;
    }
    return { text: head, number: Number(number) };
  }

  async #answer(
    socket: Socket,
    plan: Plan,
    head: { readonly text: string; readonly number: number },
  ): Promise<void> {
    const bytes = Buffer.from(bytesOf(plan, head.number, head.text.startsWith('HEAD')), 'latin1');
    if (plan === 'slow') {
      for (let at = 0; at < bytes.length; at += 7) {
        socket.write(bytes.subarray(at, at + 7));
        await turns(1);
      }
    } else if (bytes.length > 0) socket.write(bytes);
    if (ENDS.has(plan)) socket.end();
  }
}

export type Content = { readonly content: string; readonly length: number };

/** The body that a head announces, and how many bytes it takes; undefined where it is not whole. */
export function bodyOf(head: string, text: string): Content | undefined {
  const length = /^Content-Length: (\d+)\r?$/m.exec(head)?.[1];
  if (length === undefined)
    return /^Transfer-Encoding: chunked\r?$/m.test(head) ? chunksOf(text) : { content: '', length: 0 };
  const content = text.slice(0, Number(length));
  return content.length === Number(length) ? { content, length: content.length } : undefined;
}

function chunksOf(text: string): Content | undefined {
  let content = '';
  let at = 0;
  for (let size = -1; size !== 0; ) {
    const [line, digits = ''] = /^([0-9a-f]+)\r\n/.exec(text.slice(at)) ?? [];
    if (line === undefined) return undefined;
    size = Number.parseInt(digits, 16);
    const start = at + line.length;
    at = start + size + 2;
    if (text.length < at) return undefined;
    content += text.slice(start, start + size);
  }
  return { content, length: at };
}
