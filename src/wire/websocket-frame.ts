// Follows the frame headers of one direction of a WebSocket (RFC 6455 section 5.2), never the payloads,
// so that messages can be counted and a Close frame put between frames.

/** Who sends in this direction: clients mask, servers do not. */
export type FrameSender = 'client' | 'backend';

const CLOSE = 8;
const CONTROL_BIT = 8;
const MAX_CONTROL_BYTES = 125;
const VALID_OPCODES: ReadonlySet<number> = new Set([0, 1, 2, 8, 9, 10]);

export class FrameFollower {
  /** Bytes no longer make sense as frames: they pass, and nothing may be put between them any more. */
  opaque = false;
  /** A Close frame began in this direction. */
  sawClose = false;
  /** The Close frame's last byte has passed. */
  closeComplete = false;
  /** Data messages that began in this direction. */
  messages = 0;
  readonly sender: FrameSender;
  readonly #extensions: boolean;
  /** Bytes of a frame header so far. */
  #have = 0;
  #first = 0;
  #second = 0;
  #length = 0;
  #payload = 0;

  /** @param extensions an extension was negotiated, so RSV bits have a meaning of their own */
  constructor(sender: FrameSender, extensions: boolean) {
    this.sender = sender;
    this.#extensions = extensions;
  }

  /** Between two frames: here a frame of ours may stand (also between fragments, RFC 6455 section 5.4). */
  get atBoundary(): boolean {
    return !this.opaque && this.#have === 0 && this.#payload === 0;
  }

  /**
   * Follows bytes [start, end) of a chunk; returns where the frame after a complete Close would start, else `end`.
   * @param stopsAtBoundary the end of any frame is far enough
   */
  push(chunk: Uint8Array, start: number, end: number, stopsAtBoundary = false): number {
    let at = start;
    while (at < end && !this.opaque) {
      if (this.#payload > 0) {
        const step = Math.min(this.#payload, end - at);
        this.#payload -= step;
        at += step;
      } else {
        this.#headerByte(chunk[at++] ?? 0);
        if (this.#have >= 2 && this.#have === this.#headerBytes()) this.#endOfHeader();
      }
      if ((this.sawClose || stopsAtBoundary) && this.atBoundary) {
        this.closeComplete = this.sawClose;
        return at;
      }
    }
    return end;
  }

  #headerByte(byte: number): void {
    if (this.#have === 0) this.#first = byte;
    else if (this.#have === 1) {
      this.#second = byte;
      this.#length = this.#extendedBytes() === 0 ? byte & 0x7f : 0;
    } else if (this.#have < 2 + this.#extendedBytes()) this.#length = this.#length * 256 + byte;
    this.#have++;
  }

  /** Bytes of the length behind the first seven bits of it. */
  #extendedBytes(): number {
    const length = this.#second & 0x7f;
    return length === 126 ? 2 : length === 127 ? 8 : 0;
  }

  #headerBytes(): number {
    return 2 + this.#extendedBytes() + (this.#second >= 0x80 ? 4 : 0);
  }

  #endOfHeader(): void {
    const opcode = this.#first & 0x0f;
    this.#have = 0;
    if (!this.#isSound(this.#first, this.#length)) {
      this.opaque = true;
      return;
    }
    this.#payload = this.#length;
    if (opcode === CLOSE) this.sawClose = true;
    else if (opcode === 1 || opcode === 2) this.messages++;
  }

  #isSound(first: number, length: number): boolean {
    const opcode = first & 0x0f;
    const isMasked = this.#second >= 0x80;
    const isControl = (opcode & CONTROL_BIT) !== 0;
    if (!VALID_OPCODES.has(opcode) || length >= 2 ** 53) return false;
    if (isControl && (length > MAX_CONTROL_BYTES || first < 0x80)) return false;
    if ((first & 0x70) !== 0 && !this.#extensions) return false;
    return isMasked === (this.sender === 'client');
  }
}

/** A Close frame as a server sends it: unmasked, whole, at most 125 bytes of payload (RFC 6455 section 5.5.1). */
export function closeFrame(code: number, reason: string): Buffer {
  const frame = Buffer.alloc(2 + MAX_CONTROL_BYTES);
  // `write` leaves out a character that does not fit whole.
  const length = 2 + frame.write(reason, 4, 'utf8');
  frame[0] = 0x80 | CLOSE;
  frame[1] = length;
  frame.writeUInt16BE(code, 2);
  return frame.subarray(0, 2 + length);
}
