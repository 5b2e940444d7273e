// Random streams of WebSocket frames as one side may send them: messages in fragments, control frames in between,
// reserved bits as extensions set them, and frames that no specification allows.
import fc from 'fast-check';
import { encodeFrame, type FrameFacts } from './frames.ts';

/** Who sends: clients mask, servers do not. */
export type Side = 'client' | 'server';

/** Around the places where the form of the length changes. */
const LENGTHS = [0, 1, 2, 124, 125, 126, 127, 1000, 65_535, 65_536, 70_001];

const payloads = (lengths: readonly number[]) =>
  fc
    .tuple(fc.constantFrom(...lengths), fc.nat(255), fc.nat(255))
    .map(([length, first, step]) => Buffer.from(Uint8Array.from({ length }, (_, at) => first + step * at)));

const controls = fc.record({
  opcode: fc.constantFrom(9, 10),
  payload: payloads(LENGTHS.filter((length) => length <= 125)),
});

type Part = { readonly payload: Buffer; readonly controls: readonly FrameFacts[] };

/** One message: its fragments, each with the control frames that come behind it. */
const messages = fc.record({
  opcode: fc.constantFrom(1, 2),
  isCompressed: fc.boolean(),
  parts: fc.array(fc.record({ payload: payloads(LENGTHS), controls: fc.array(controls, { maxLength: 2 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
});

function framesOf(opcode: number, isCompressed: boolean, parts: readonly Part[]): readonly FrameFacts[] {
  return parts.flatMap(({ payload, controls: between }, at) => [
    {
      opcode: at === 0 ? opcode : 0,
      rsv: at === 0 && isCompressed ? 4 : 0,
      fin: at === parts.length - 1,
      payload,
    },
    ...between,
  ]);
}

/** What RFC 6455 allows. @param compresses some messages bear the mark of permessage-deflate */
export function soundStreams(side: Side, compresses = true): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.array(messages, { minLength: 1, maxLength: 4 }), fc.nat(0xffffffff))
    .map(([all, mask]) => {
      const frames = all.flatMap(({ opcode, isCompressed, parts }) =>
        framesOf(opcode, compresses && isCompressed, parts),
      );
      return Buffer.concat(
        // A key of its own for each frame, so that no two look alike.
        frames.map((frame, at) =>
          encodeFrame({ ...frame, mask: side === 'client' ? (mask + at) >>> 0 : undefined }),
        ),
      );
    });
}

/** Any opcode, any reserved bits, fragments without a beginning, control frames too long, masks on the wrong side. */
export function wildStreams(): fc.Arbitrary<Buffer> {
  const frame = fc.record({
    // A Close would end the direction, as it should.
    opcode: fc.integer({ min: 0, max: 15 }).filter((opcode) => opcode !== 8),
    rsv: fc.nat(7),
    fin: fc.boolean(),
    payload: payloads(LENGTHS),
    mask: fc.option(fc.nat(0xffffffff), { nil: undefined }),
  });
  return (
    fc
      .tuple(fc.array(frame, { minLength: 1, maxLength: 6 }), fc.uint8Array({ minLength: 16, maxLength: 40 }))
      // The noise begins with an opcode that nobody has, since any other noise might be a Close.
      .map(([frames, noise]) => Buffer.concat([...frames.map(encodeFrame), Buffer.from([0x83]), noise]))
  );
}
