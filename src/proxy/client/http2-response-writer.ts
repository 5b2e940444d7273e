// The answer to a stream of HTTP/2. What is small is gathered until it is flushed, so that a head, its first bytes and
// the end of the stream leave together; a stream that is gone takes everything and sends nothing.
import type { ServerHttp2Stream, ServerStreamResponseOptions } from 'node:http2';
import type { BodyFraming } from '../../model/request.ts';
import type { ResponseWriter } from './client-stream.ts';
import type { ReadBuffer } from '../read-buffer.ts';

/** Up to this size text is cheaper than a buffer of its own. */
const SMALL_BYTES = 4096;
const GATHER_BYTES = 16_384;
/** Has no content (RFC 9110 section 15.3.6); node:http2 sends none, whatever a backend says. */
const RESET_CONTENT = 205;

/** Date is the backend's to say, or ours where the answer is ours; the types do not know that it can be left out. */
type RespondOptions = ServerStreamResponseOptions & { readonly sendDate: boolean };
const HEAD_ONLY: RespondOptions = { endStream: true, sendDate: false };
const WITH_BODY: RespondOptions = { endStream: false, sendDate: false };

export class Http2ResponseWriter implements ResponseWriter {
  /** Of heads before they are compressed, and of bodies. */
  bytes = 0;
  /** Of the final answer, once there is one. */
  status = 0;
  readonly #stream: ServerHttp2Stream;
  readonly #readBuffer: ReadBuffer;
  /** Not sent yet. */
  #head: string[] | undefined;
  #gathered = '';

  constructor(stream: ServerHttp2Stream, readBuffer: ReadBuffer) {
    this.#stream = stream;
    this.#readBuffer = readBuffer;
  }

  get isFull(): boolean {
    return this.#stream.writableNeedDrain;
  }

  interim(status: number, fields: readonly string[]): void {
    const list = this.#listOf(status, fields);
    if (this.#isGone) return;
    const named: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
    for (let at = 2; at < list.length; at += 2) (named[list[at] ?? ''] ??= []).push(list[at + 1] ?? '');
    this.#stream.additionalHeaders({ ...named, ':status': status });
  }

  /** Whether the connection goes on is not said with an answer: GOAWAY does that. */
  head(status: number, fields: readonly string[], framing: BodyFraming): void {
    this.status = status;
    const hasLength = framing.kind === 'length' && status !== RESET_CONTENT;
    const length = hasLength ? ['content-length', String(framing.bytes)] : [];
    this.#head = this.#listOf(status, [...fields, ...length]);
  }

  body(chunk: Buffer, start: number, end: number): void {
    const length = end - start;
    this.bytes += length;
    if (length <= SMALL_BYTES) this.#gathered += chunk.toString('latin1', start, end);
    else {
      this.flush();
      if (this.#canWrite) this.#readBuffer.writeTo(this.#stream, chunk, start, end);
    }
    if (this.#gathered.length > GATHER_BYTES) this.flush();
  }

  end(): void {
    const text = this.#gathered;
    this.#gathered = '';
    this.#sendHead(text === '');
    if (!this.#canWrite) return;
    if (text === '') this.#stream.end();
    else this.#stream.end(text, 'latin1');
  }

  flush(): void {
    this.#sendHead(false);
    const text = this.#gathered;
    this.#gathered = '';
    if (text !== '' && this.#canWrite) this.#stream.write(text, 'latin1');
  }

  #sendHead(endStream: boolean): void {
    const head = this.#head;
    this.#head = undefined;
    if (head !== undefined && !this.#isGone) this.#stream.respond(head, endStream ? HEAD_ONLY : WITH_BODY);
  }

  #listOf(status: number, fields: readonly string[]): string[] {
    const list = [':status', String(status), ...fields];
    for (const each of list) this.bytes += each.length + 2;
    return list;
  }

  get #isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  /** A stream that was asked by HEAD ended its writable side when it began. */
  get #canWrite(): boolean {
    return !this.#isGone && !this.#stream.writableEnded;
  }
}
