// Frames of HTTP/2 (RFC 9113) as bytes, written and read by hand, so that a test can send what no library would.

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** Error codes (RFC 9113 section 7). */
export const CODE = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  compression: 9,
  enhanceYourCalm: 11,
} as const;

export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enableConnectProtocol: 8,
} as const;

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');
const HEAD_BYTES = 9;

export type Frame = {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
};

/** Name, value pairs in order. */
export type HeaderList = readonly (readonly [string, string])[];

export function frame(type: number, flags: number, stream: number, payload: Buffer | string = ''): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, body]);
}

export function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, at) => bytes.writeUInt32BE(value, 4 * at));
  return bytes;
}

export function settings(...entries: readonly (readonly [number, number])[]): Buffer {
  const payload = Buffer.alloc(6 * entries.length);
  entries.forEach(([name, value], at) => {
    payload.writeUInt16BE(name, 6 * at);
    payload.writeUInt32BE(value, 6 * at + 2);
  });
  return frame(FRAME.settings, 0, 0, payload);
}

/** A header block that uses neither table nor Huffman coding (RFC 7541 section 6.2.2), so that any bytes can stand in it. */
export function block(list: HeaderList): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of list) parts.push(Buffer.from([0]), stringLiteral(name), stringLiteral(value));
  return Buffer.concat(parts);
}

function stringLiteral(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([hpackInteger(bytes.length, 7, 0), bytes]);
}

/** An integer with a prefix of that many bits (RFC 7541 section 5.1). @param high the bits before the prefix */
export function hpackInteger(value: number, prefixBits: number, high: number): Buffer {
  const limit = 2 ** prefixBits - 1;
  if (value < limit) return Buffer.from([high | value]);
  const bytes = [high | limit];
  let rest = value - limit;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

/** HEADERS with all of its block; `more` are flags besides END_HEADERS. */
export function headers(stream: number, list: HeaderList, more = 0): Buffer {
  return frame(FRAME.headers, FLAG.endHeaders | more, stream, block(list));
}

export function data(stream: number, payload: Buffer | string, flags = 0): Buffer {
  return frame(FRAME.data, flags, stream, payload);
}

export function reset(stream: number, code: number): Buffer {
  return frame(FRAME.reset, 0, stream, uint32(code));
}

export function windowUpdate(stream: number, increment: number): Buffer {
  return frame(FRAME.windowUpdate, 0, stream, uint32(increment));
}

export function ping(payload = '12345678', flags = 0): Buffer {
  return frame(FRAME.ping, flags, 0, payload);
}

/** Takes bytes as they come and gives the frames that are whole. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): readonly Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Frame[] = [];
    while (this.#rest.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) break;
      frames.push({
        type: this.#rest[3] ?? 0,
        flags: this.#rest[4] ?? 0,
        stream: this.#rest.readUInt32BE(5),
        payload: this.#rest.subarray(HEAD_BYTES, end),
      });
      this.#rest = this.#rest.subarray(end);
    }
    return frames;
  }
}

/** Statuses of the static table (RFC 7541 appendix A). */
const INDEXED_STATUSES: Readonly<Record<number, number>> = {
  0x88: 200,
  0x89: 204,
  0x8a: 206,
  0x8b: 304,
  0x8c: 400,
  0x8d: 404,
  0x8e: 500,
};

/** Huffman codes of the digits, written out in bits (RFC 7541 appendix B). */
const DIGITS = [
  '00000',
  '00001',
  '00010',
  '011001',
  '011010',
  '011011',
  '011100',
  '011101',
  '011110',
  '011111',
];

/**
 * The status at the head of a block of an answer. Its peer must have been told to keep no dynamic table, else it could
 * say the status by a number that only a whole decoder knows.
 */
export function statusOf(payload: Buffer): number {
  let at = 0;
  while (((payload[at] ?? 0) & 0xe0) === 0x20) at++;
  const indexed = INDEXED_STATUSES[payload[at] ?? 0];
  if (indexed !== undefined) return indexed;
  const length = (payload[at + 1] ?? 0) & 0x7f;
  const value = payload.subarray(at + 2, at + 2 + length);
  if (((payload[at + 1] ?? 0) & 0x80) === 0) return Number(value.toString('latin1'));
  return Number(huffmanDigits(value));
}

function huffmanDigits(bytes: Buffer): string {
  let bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  let text = '';
  for (let digit = 0; digit !== -1; ) {
    digit = DIGITS.findIndex((code) => bits.startsWith(code));
    if (digit === -1) break;
    text += digit;
    bits = bits.slice(DIGITS[digit]?.length);
  }
  return text;
}
