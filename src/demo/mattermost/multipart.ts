// A push parser of multipart/form-data (RFC 7578): bytes go in as they arrive, parts come out to a sink.

/** The head of one part. `filename` is there only for files. */
export type PartHead = { readonly name: string; readonly filename?: string; readonly contentType: string };

/** Receives the parts in order. */
export type PartSink = {
  begin(head: PartHead): void;
  write(chunk: Buffer): void;
  end(): void;
};

/** Where the parser stands. `malformed` and `done` are final. */
export type MultipartState = 'preamble' | 'delimiter' | 'head' | 'body' | 'done' | 'malformed';

const maxHeadBytes = 16_384;

function readParameter(line: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}="((?:[^"\\\\]|\\\\.)*)"`, 'i').exec(line);
  return match?.[1]?.replace(/\\(.)/g, '$1');
}

function parseHead(text: string): PartHead | undefined {
  const lines = text.split('\r\n');
  const valueOf = (field: string): string | undefined =>
    lines.find((line) => line.toLowerCase().startsWith(`${field}:`))?.slice(field.length + 1);
  const disposition = valueOf('content-disposition') ?? '';
  const name = readParameter(disposition, 'name');
  if (name === undefined) return undefined;
  const filename = readParameter(disposition, 'filename');
  const contentType = valueOf('content-type')?.trim() ?? 'application/octet-stream';
  return filename === undefined ? { name, contentType } : { name, filename, contentType };
}

/** The boundary of a multipart/form-data Content-Type; undefined for any other type. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/form-data\s*(?:;|$)/i.test(contentType)) return undefined;
  const match = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType);
  return match?.[1] ?? match?.[2];
}

/** Splits one body into its parts. */
export class MultipartParser {
  readonly #delimiter: Buffer;
  readonly #sink: PartSink;
  // The first delimiter may stand at the very start, without the line break that belongs to the others.
  #pending = Buffer.from('\r\n');
  #state: MultipartState = 'preamble';

  constructor(boundary: string, sink: PartSink) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#sink = sink;
  }

  /** Takes the next bytes; returns where it stands after them. */
  push(chunk: Buffer): MultipartState {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#step());
    return this.#state;
  }

  /** One transition; false when more bytes are needed or nothing can follow. */
  #step(): boolean {
    switch (this.#state) {
      case 'preamble':
        return this.#readUntilDelimiter();
      case 'delimiter':
        return this.#readDelimiterEnd();
      case 'head':
        return this.#readHead();
      case 'body':
        return this.#readUntilDelimiter();
      default:
        this.#pending = Buffer.alloc(0);
        return false;
    }
  }

  #readUntilDelimiter(): boolean {
    const isBody = this.#state === 'body';
    const at = this.#pending.indexOf(this.#delimiter);
    const length = at < 0 ? Math.max(0, this.#pending.length - this.#delimiter.length + 1) : at;
    if (isBody && length > 0) this.#sink.write(this.#pending.subarray(0, length));
    this.#pending = this.#pending.subarray(at < 0 ? length : at + this.#delimiter.length);
    if (at < 0) return false;
    if (isBody) this.#sink.end();
    this.#state = 'delimiter';
    return true;
  }

  #readDelimiterEnd(): boolean {
    if (this.#pending.length < 2) return false;
    const mark = this.#pending.toString('latin1', 0, 2);
    this.#state = mark === '\r\n' ? 'head' : mark === '--' ? 'done' : 'malformed';
    return true;
  }

  #readHead(): boolean {
    const at = this.#pending.indexOf('\r\n\r\n');
    if (at < 0 && this.#pending.length <= maxHeadBytes) return false;
    const head = at < 0 ? undefined : parseHead(this.#pending.toString('utf8', 2, at));
    if (head === undefined) {
      this.#state = 'malformed';
      return true;
    }
    this.#pending = this.#pending.subarray(at + 4);
    this.#sink.begin(head);
    this.#state = 'body';
    return true;
  }
}
