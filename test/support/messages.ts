// HTTP messages told apart by an own, small reader, so that what the proxy writes is not judged by its own parser.
// It takes only the plainest form of everything and throws on the rest.

export type Message = {
  /** First line and fields, without the empty line. */
  readonly head: string;
  readonly body: Buffer;
  /** It said `chunked`, and was. */
  readonly isChunked: boolean;
};

/** What a message is followed by: its length as its head states it. `upgrade` and `close` have no end of their own. */
type Framing = { readonly kind: 'length'; readonly bytes: number } | { readonly kind: 'chunked' | 'open' };

export class MessageSplitter {
  /** Bytes that belong to no complete message yet. */
  rest: Buffer = Buffer.alloc(0);
  readonly #framingOf: (head: string) => Framing;

  constructor(framingOf: (head: string) => Framing = requestFraming) {
    this.#framingOf = framingOf;
  }

  /** The messages that are complete now. */
  push(chunk: Buffer): readonly Message[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const messages: Message[] = [];
    for (let message = this.#take(); message !== undefined; message = this.#take()) messages.push(message);
    return messages;
  }

  #take(): Message | undefined {
    const end = this.rest.indexOf('\r\n\r\n');
    if (end === -1) return undefined;
    const head = this.rest.toString('latin1', 0, end);
    if (!/^[^\r\n]+(\r\n[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[^\r\n]*)*$/.test(head))
      throw new Error(`This is no head: ${JSON.stringify(head)}`);
    const framing = this.#framingOf(head);
    const found = framing.kind === 'chunked' ? readChunks(this.rest, end + 4) : this.#plain(end + 4, framing);
    if (found === undefined) return undefined;
    this.rest = this.rest.subarray(found.end);
    return { head, body: found.body, isChunked: framing.kind === 'chunked' };
  }

  #plain(start: number, framing: Framing): { body: Buffer; end: number } | undefined {
    const end = start + (framing.kind === 'length' ? framing.bytes : 0);
    return this.rest.length < end ? undefined : { body: this.rest.subarray(start, end), end };
  }
}

function requestFraming(head: string): Framing {
  const length = /^Content-Length: (\d+)$/m.exec(head);
  const isChunked = /^Transfer-Encoding: chunked$/m.test(head);
  if (isChunked && length !== null) throw new Error(`Two framings: ${JSON.stringify(head)}`);
  if (isChunked) return { kind: 'chunked' };
  return length === null ? { kind: 'open' } : { kind: 'length', bytes: Number(length[1]) };
}

function readChunks(bytes: Buffer, start: number): { body: Buffer; end: number } | undefined {
  const parts: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const line = bytes.toString('latin1', at, lineEnd);
    if (!/^(0|[1-9a-f][0-9a-f]*)$/.test(line))
      throw new Error(`This is no chunk size: ${JSON.stringify(line)}`);
    const size = Number.parseInt(line, 16);
    const dataEnd = lineEnd + 2 + size;
    if (bytes.length < dataEnd + 2) return undefined;
    if (bytes.toString('latin1', dataEnd, dataEnd + 2) !== '\r\n') throw new Error('No CRLF behind a chunk');
    if (size === 0) return { body: Buffer.concat(parts), end: dataEnd + 2 };
    parts.push(bytes.subarray(lineEnd + 2, dataEnd));
    at = dataEnd + 2;
  }
}

export type Answers = {
  readonly messages: readonly Message[];
  /** Status codes, interim ones included. */
  readonly statuses: readonly number[];
  /** What no complete answer was made of. */
  readonly rest: string;
};

/** The answers in what a client received; `heads` are those to requests whose answers have no body. */
export function splitAnswers(bytes: Buffer, isHead = false): Answers {
  const splitter = new MessageSplitter((head) =>
    isHead || hasNoBody(head) ? { kind: 'open' } : requestFraming(head),
  );
  const messages = splitter.push(bytes);
  return {
    messages,
    statuses: messages.map(({ head }) => statusOf(head)),
    rest: splitter.rest.toString('latin1'),
  };
}

function statusOf(head: string): number {
  const match = /^HTTP\/1\.1 ([1-5][0-9][0-9]) /.exec(head);
  if (match === null) throw new Error(`This is no status line: ${JSON.stringify(head)}`);
  return Number(match[1]);
}

function hasNoBody(head: string): boolean {
  const status = statusOf(head);
  return status < 200 || status === 204 || status === 304;
}
