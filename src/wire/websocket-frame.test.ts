// Following frames: boundaries, counts, Close, and when frames can no longer be followed; random frames in random cuts.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amongLeftovers, cutBy, pieceLengths } from '../../test/support/cuts.ts';
import { encodeFrame, type FrameFacts } from '../../test/support/frames.ts';
import { closeFrame, FrameFollower, type FrameSender } from './websocket-frame.ts';

type Following = {
  readonly opaque: boolean;
  readonly atBoundary: boolean;
  readonly sawClose: boolean;
  readonly closeComplete: boolean;
  readonly messages: number;
  /** Bytes up to the end of a complete Close. */
  readonly followed: number;
};

function follow(pieces: readonly Buffer[], sender: FrameSender = 'backend', extensions = false): Following {
  const follower = new FrameFollower(sender, extensions);
  let followed = 0;
  for (const [at, piece] of pieces.entries()) {
    if (follower.closeComplete) break;
    const start = at % 3;
    const chunk = amongLeftovers(piece, start, '\x88\x02\x03\xe8\xff');
    followed += follower.push(chunk, start, start + piece.length) - start;
  }
  const { opaque, atBoundary, sawClose, closeComplete, messages } = follower;
  return { opaque, atBoundary, sawClose, closeComplete, messages, followed };
}

const text = (payload: string, more: Partial<FrameFacts> = {}) =>
  encodeFrame({ opcode: 1, payload: Buffer.from(payload), ...more });

test.each<{ name: string; bytes: Buffer; following: Partial<Following> }>([
  { name: 'nothing', bytes: Buffer.alloc(0), following: { atBoundary: true, messages: 0 } },
  { name: 'a message', bytes: text('hello'), following: { atBoundary: true, messages: 1, followed: 7 } },
  { name: 'an empty message', bytes: text(''), following: { atBoundary: true, messages: 1 } },
  {
    name: 'the first byte of a header',
    bytes: text('hello').subarray(0, 1),
    following: { atBoundary: false, messages: 0 },
  },
  { name: 'a header', bytes: text('hello').subarray(0, 2), following: { atBoundary: false, messages: 1 } },
  { name: 'part of a payload', bytes: text('hello').subarray(0, 4), following: { atBoundary: false } },
  { name: 'a 16-bit length', bytes: text('x'.repeat(126)), following: { atBoundary: true, followed: 130 } },
  {
    name: 'a 64-bit length',
    bytes: text('x'.repeat(65_536)),
    following: { atBoundary: true, followed: 65_546 },
  },
  {
    name: 'fragments with a Ping between',
    bytes: Buffer.concat([
      text('a', { fin: false }),
      encodeFrame({ opcode: 9, payload: Buffer.from('p') }),
      text('b', { opcode: 0 }),
    ]),
    following: { atBoundary: true, messages: 1, opaque: false },
  },
  {
    name: 'a Close and bytes behind it',
    bytes: Buffer.concat([closeFrame(1000, 'bye'), Buffer.from('junk')]),
    following: { sawClose: true, closeComplete: true, followed: 7 },
  },
  {
    name: 'a Close without a code',
    bytes: Buffer.from([0x88, 0]),
    following: { closeComplete: true, followed: 2 },
  },
  {
    name: 'part of a Close',
    bytes: closeFrame(1000, 'bye').subarray(0, 4),
    following: { sawClose: true, closeComplete: false, atBoundary: false },
  },
])('$name', ({ bytes, following }) => {
  expect(follow([bytes])).toMatchObject({ opaque: false, ...following });
  expect(follow(cutBy(bytes, [1]))).toMatchObject({ opaque: false, ...following });
});

describe('frames can no longer be followed after', () => {
  test.each<{ name: string; bytes: Buffer; sender?: FrameSender }>([
    { name: 'an unknown data opcode', bytes: Buffer.from([0x83, 0]) },
    { name: 'an unknown control opcode', bytes: Buffer.from([0x8b, 0]) },
    { name: 'a reserved bit without an extension', bytes: Buffer.from([0xc1, 0]) },
    { name: 'a masked frame of a backend', bytes: text('a', { mask: 1 }) },
    { name: 'an unmasked frame of a client', bytes: text('a'), sender: 'client' },
    { name: 'a fragmented control frame', bytes: Buffer.from([0x09, 0]) },
    { name: 'a control frame over 125 bytes', bytes: Buffer.from([0x89, 126, 0, 126]) },
    { name: 'a length of 2^53', bytes: Buffer.from([0x82, 127, 0, 32, 0, 0, 0, 0, 0, 0]) },
    { name: 'a length with its highest bit', bytes: Buffer.from([0x82, 127, 128, 0, 0, 0, 0, 0, 0, 0]) },
  ])('$name', ({ bytes, sender }) => {
    const behind = Buffer.concat([bytes, closeFrame(1000, '')]);
    for (const pieces of [[behind], cutBy(behind, [1])]) {
      expect(follow(pieces, sender)).toMatchObject({
        opaque: true,
        atBoundary: false,
        sawClose: false,
        followed: behind.length,
      });
    }
  });

  test('but reserved bits belong to an extension that was agreed on', () => {
    expect(follow([Buffer.from([0xc1, 0])], 'backend', true)).toMatchObject({ opaque: false, messages: 1 });
  });

  test('but a length below 2^53 is one', () => {
    const header = Buffer.from([0x82, 127, 0, 31, 255, 255, 255, 255, 255, 255]);
    expect(follow([header])).toMatchObject({ opaque: false, atBoundary: false });
  });
});

const frame = (sender: FrameSender) =>
  fc
    .record({
      opcode: fc.constantFrom(0, 1, 2, 9, 10),
      fin: fc.boolean(),
      length: fc.oneof(fc.integer({ min: 0, max: 130 }), fc.constantFrom(125, 126, 127, 65_535, 65_536)),
      mask: sender === 'client' ? fc.nat(0xffffffff) : fc.constant(undefined),
    })
    .map(({ opcode, fin, length, mask }): FrameFacts => {
      const isControl = opcode >= 8;
      return {
        opcode,
        fin: fin || isControl,
        mask,
        payload: Buffer.alloc(isControl ? Math.min(length, 125) : length, 0x88),
      };
    });

test.each<FrameSender>(['client', 'backend'])('random frames of a %s in random cuts', (sender) => {
  fc.assert(
    fc.property(
      fc.array(frame(sender), { maxLength: 8 }),
      pieceLengths,
      fc.nat(3000),
      (frames, lengths, first) => {
        const encoded = frames.map(encodeFrame);
        const bytes = Buffer.concat(encoded);
        const cut = [
          bytes.subarray(0, first),
          ...cutBy(
            bytes.subarray(first),
            lengths.map((n) => n * 50),
          ),
        ];
        expect(follow(cut, sender)).toEqual({
          opaque: false,
          atBoundary: true,
          sawClose: false,
          closeComplete: false,
          messages: frames.filter(({ opcode }) => opcode === 1 || opcode === 2).length,
          followed: bytes.length,
        });
        // A boundary is where a frame ends, and nowhere else.
        const ends = new Set(encoded.map((_, at) => Buffer.concat(encoded.slice(0, at + 1)).length));
        const place = Math.min(first, bytes.length);
        expect(follow([bytes.subarray(0, place)], sender).atBoundary).toBe(place === 0 || ends.has(place));
      },
    ),
    { numRuns: 300 },
  );
});

test('random bytes never throw, and any cut gives the same result', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      pieceLengths,
      fc.boolean(),
      (array, lengths, extensions) => {
        const bytes = Buffer.from(array);
        const whole = follow([bytes], 'backend', extensions);
        expect(follow(cutBy(bytes, lengths), 'backend', extensions)).toEqual(whole);
        expect(whole.followed <= bytes.length && !(whole.opaque && whole.atBoundary)).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
});

describe('a Close frame', () => {
  test('is unmasked and whole', () => {
    expect(closeFrame(1012, 'restart')).toEqual(Buffer.from('\x88\x09\x03\xf4restart', 'latin1'));
  });

  test('is followed as one', () => {
    expect(follow([closeFrame(1001, '')])).toMatchObject({ opaque: false, closeComplete: true });
  });

  test('has at most 125 bytes of payload', () => {
    const long = closeFrame(1001, 'x'.repeat(200));
    expect([long[1], long.length]).toEqual([125, 127]);
  });

  test('never cuts a character in two', () => {
    const reason = closeFrame(1001, `${'x'.repeat(122)}\u00e9`).subarray(4);
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(reason)).not.toThrow();
  });
});
