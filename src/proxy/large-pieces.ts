// Buffers for large pieces of bodies on their way to a socket, used again when they have left: a fresh one for each costs
// more than its bytes, since the system clears its pages first.

const PIECE_BYTES = 65_536;
/** Smaller ones are kept as they are: a slow reader would hold a whole buffer for them. */
const MIN_BYTES = 16_384;
/** What waits to be used again: 4 MB. */
const MAX_FREE = 64;

/** Bytes on their way, and what is to be called when they have left, whether they arrived or not. */
export type LargePiece = { readonly bytes: Buffer; readonly release: () => void };

class PooledPiece implements LargePiece {
  bytes: Buffer;
  readonly release: () => void;
  readonly #whole = Buffer.allocUnsafeSlow(PIECE_BYTES);

  constructor(onReleased: (piece: PooledPiece) => void) {
    this.bytes = this.#whole;
    this.release = () => onReleased(this);
  }

  fill(chunk: Buffer, start: number, end: number): this {
    chunk.copy(this.#whole, 0, start, end);
    this.bytes = this.#whole.subarray(0, end - start);
    return this;
  }
}

export class LargePieces {
  readonly #free: PooledPiece[] = [];
  /** Each comes back once for each time it was taken: a buffer with two users would mix their bytes. */
  readonly #taken = new Set<PooledPiece>();

  /** A copy of bytes [start, end); undefined where one in a buffer of its own is better. */
  copy(chunk: Buffer, start: number, end: number): LargePiece | undefined {
    const length = end - start;
    if (length < MIN_BYTES || length > PIECE_BYTES) return undefined;
    const piece = this.#free.pop() ?? new PooledPiece((own) => this.#release(own));
    this.#taken.add(piece);
    return piece.fill(chunk, start, end);
  }

  #release(piece: PooledPiece): void {
    if (this.#taken.delete(piece) && this.#free.length < MAX_FREE) this.#free.push(piece);
  }
}
