// The answer to an HTTP/1 client.
import type { BodyFraming, RequestHead } from '../../model/request.ts';
import { interimHeadText, responseHeadText, switchingHeadText } from '../../wire/http1-writer.ts';
import type { ResponseWriter } from './client-stream.ts';
import type { MessageWriter } from '../message-writer.ts';

const NO_BODY: BodyFraming = { kind: 'none' };

export class Http1ResponseWriter implements ResponseWriter {
  /** Version of the request being answered: HTTP/1.0 has to be told that a connection stays. */
  version: RequestHead['version'] = '1.1';
  readonly #writer: MessageWriter;

  constructor(writer: MessageWriter) {
    this.#writer = writer;
  }

  get isFull(): boolean {
    return this.#writer.isFull;
  }

  get bytes(): number {
    return this.#writer.bytes;
  }

  interim(status: number, fields: readonly string[]): void {
    this.#writer.head(interimHeadText(status, fields), NO_BODY);
    this.#writer.flush();
  }

  head(status: number, fields: readonly string[], framing: BodyFraming, close: boolean): void {
    const connection = close ? 'close' : this.version === '1.0' ? 'keep-alive' : undefined;
    this.#writer.head(responseHeadText(status, fields, framing, connection), framing);
  }

  switching(fields: readonly string[]): void {
    this.#writer.head(switchingHeadText(fields), NO_BODY);
    this.#writer.flush();
  }

  body(chunk: Buffer, start: number, end: number): void {
    this.#writer.body(chunk, start, end);
  }

  end(): void {
    this.#writer.end();
  }

  flush(): void {
    this.#writer.flush();
  }
}
