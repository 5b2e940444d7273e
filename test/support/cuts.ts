// Ways to cut bytes into pieces: whoever reads a stream must come to the same result by every one of them.
import fc from 'fast-check';

/** Two pieces, for every place between them. */
export function allCuts(bytes: Buffer): readonly (readonly Buffer[])[] {
  return Array.from({ length: Math.max(0, bytes.length - 1) }, (_, at) => [
    bytes.subarray(0, at + 1),
    bytes.subarray(at + 1),
  ]);
}

export function singleBytes(bytes: Buffer): readonly Buffer[] {
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}

/** The bytes in pieces of the given lengths over and over; 1 where there are none. */
export function cutBy(bytes: Buffer, lengths: readonly number[]): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const length = Math.max(1, lengths[turn % lengths.length] ?? 1);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

/** Lengths for `cutBy`. */
export const pieceLengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

/** Text that is likely to come near what a protocol means: words of it, in any order and number. */
export function textOf(words: readonly string[], maxWords: number): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...words), { maxLength: maxWords }).map((chosen) => chosen.join(''));
}

/** A buffer that holds `bytes` from `start` on, between leftovers of other messages. */
export function amongLeftovers(bytes: Buffer, start: number, leftover: string): Buffer {
  const behind = Buffer.from(leftover, 'latin1');
  return Buffer.concat([Buffer.alloc(start, leftover, 'latin1'), bytes, behind]);
}
