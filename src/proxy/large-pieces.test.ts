// Buffers that are used again: never while somebody still has them.
import { describe, expect, it } from 'vitest';
import { LargePieces } from './large-pieces.ts';

const KB = 1024;

function filled(byte: number): Buffer {
  return Buffer.alloc(64 * KB, byte);
}

describe('large pieces', () => {
  it.each([
    ['less than a quarter of a buffer', 16 * KB - 1],
    ['more than a buffer', 64 * KB + 1],
  ])('leaves %s to a buffer of its own', (_, length) => {
    expect(new LargePieces().copy(Buffer.alloc(length), 0, length)).toBeUndefined();
  });

  it('copies what was asked for, whatever becomes of where it came from', () => {
    const chunk = filled(1);
    const piece = new LargePieces().copy(chunk, 5, 5 + 20 * KB);
    chunk.fill(2);
    expect(piece?.bytes.equals(Buffer.alloc(20 * KB, 1))).toBe(true);
  });

  it('gives nobody a buffer that somebody still has', () => {
    const pieces = new LargePieces();
    const first = pieces.copy(filled(1), 0, 64 * KB);
    const second = pieces.copy(filled(2), 0, 64 * KB);
    expect(first?.bytes.equals(filled(1))).toBe(true);
    expect(second?.bytes.equals(filled(2))).toBe(true);
  });

  it('uses one again when it has left', () => {
    const pieces = new LargePieces();
    const first = pieces.copy(filled(1), 0, 64 * KB);
    first?.release();
    const second = pieces.copy(filled(2), 0, 64 * KB);
    expect(second?.bytes.buffer).toBe(first?.bytes.buffer);
  });

  it('takes one back once, however often it is told', () => {
    const pieces = new LargePieces();
    const first = pieces.copy(filled(1), 0, 64 * KB);
    first?.release();
    first?.release();
    const [second, third] = [2, 3].map((byte) => pieces.copy(filled(byte), 0, 64 * KB));
    expect(second?.bytes.buffer).not.toBe(third?.bytes.buffer);
    expect(second?.bytes.equals(filled(2))).toBe(true);
  });

  it('keeps 64 of them at most', () => {
    const pieces = new LargePieces();
    const many = Array.from({ length: 65 }, () => pieces.copy(filled(1), 0, 64 * KB));
    for (const piece of many) piece?.release();
    const again = Array.from({ length: 65 }, () => pieces.copy(filled(2), 0, 64 * KB));
    const known = new Set(many.map((piece) => piece?.bytes.buffer));
    expect(again.filter((piece) => known.has(piece?.bytes.buffer))).toHaveLength(64);
  });
});
