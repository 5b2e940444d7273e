// Large and compressed talks, families 9 and 12 of the Autobahn test suite, re-typed. The numbers are those of the suite.
import { deflateRawSync } from 'node:zlib';
import { BINARY, type Frame, frame, ping, row, start, type TalkRow, TEXT } from './talks.ts';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const BIG: readonly TalkRow[] = [
  ...[64 * KIBIBYTE, 256 * KIBIBYTE, MEBIBYTE, 4 * MEBIBYTE, 16 * MEBIBYTE].map((size, at) =>
    row(`9.1.${at + 1}`, `text of ${size / KIBIBYTE} KiB`, [frame({ text: '*'.repeat(size) })]),
  ),
  row('9.2.6', 'binary of 16 MiB', [frame({ opcode: BINARY, payload: Buffer.alloc(16 * MEBIBYTE, 0xfe) })]),
  ...[64, 256, 1024, 65_536].map((size, at) =>
    row(`9.3.${at + 1}`, `256 KiB in fragments of ${size}`, fragmentsOf(256 * KIBIBYTE, size)),
  ),
  ...[64, 128, 512, 2048].map((size, at) =>
    row(`9.5.${at + 1}`, `128 KiB in pieces of ${size}`, [frame({ text: '*'.repeat(128 * KIBIBYTE) })], {
      pieceBytes: size,
    }),
  ),
  ...[0, 16, 64, 256, 1024].map((size, at) =>
    row(
      `9.7.${at + 1}`,
      `1000 texts of ${size}`,
      Array.from({ length: 1000 }, () => frame({ text: 'x'.repeat(size) })),
    ),
  ),
];

function fragmentsOf(total: number, size: number): readonly Buffer[] {
  const count = total / size;
  return Array.from({ length: count }, (_, at) =>
    frame({ opcode: at === 0 ? TEXT : 0, text: '*'.repeat(size), fin: at === count - 1 }),
  );
}

/** As permessage-deflate wants it: without the four bytes at the end (RFC 7692 section 7.2.1). */
function compressed(text: string, facts: Frame = {}): Buffer {
  const bytes = deflateRawSync(Buffer.from(text), { finishFlush: 2 });
  return frame({ payload: bytes.subarray(0, -4), rsv: 4, ...facts });
}

const DEFLATE: readonly TalkRow[] = [
  ...[16, 64, 1024, 16_384, 131_072].map((size, at) =>
    row(`12.1.${at + 1}`, `10 compressed texts of ${size}`, tenCompressed(size), { offersDeflate: true }),
  ),
  row('12.2.1', 'compressed, byte by byte', [compressed('text '.repeat(50))], {
    offersDeflate: true,
    pieceBytes: 1,
  }),
  row(
    '12.3.1',
    'compressed and not, in turn',
    [compressed('a'.repeat(99)), frame({ text: 'b' }), ping('p')],
    {
      offersDeflate: true,
    },
  ),
  row('12.4.1', 'the mark on a continuation', [start('a'), frame({ opcode: 0, text: 'b', rsv: 4 })], {
    offersDeflate: true,
  }),
  row('12.5.1', 'what is not compressed, with the mark', [frame({ text: 'not deflated', rsv: 4 })], {
    offersDeflate: true,
  }),
];

function tenCompressed(size: number): readonly Buffer[] {
  return Array.from({ length: 10 }, (_, at) =>
    compressed(`${at} text of some length `.repeat(size).slice(0, size)),
  );
}

export const LARGE_TALKS: readonly { readonly family: string; readonly rows: readonly TalkRow[] }[] = [
  { family: '9 large messages', rows: BIG },
  { family: '12 compression', rows: DEFLATE },
];
