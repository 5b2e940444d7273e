// What clients say in the families 1 to 7 of the Autobahn test suite, re-typed: framing, control frames, reserved bits,
// opcodes, fragments, UTF-8 and Close. The numbers are those of the suite.
import { BINARY, CLOSE, closing, frame, more, ping, pong, row, start, type TalkRow, TEXT } from './talks.ts';

const SIZES = [0, 125, 126, 127, 128, 65_535, 65_536];
const FRAMING: readonly TalkRow[] = [
  ...SIZES.map((size, at) =>
    row(`1.1.${at + 1}`, `text of ${size} bytes`, [frame({ text: '*'.repeat(size) })]),
  ),
  row('1.1.8', 'text in pieces of 997 bytes', [frame({ text: '*'.repeat(65_536) })], { pieceBytes: 997 }),
  ...SIZES.map((size, at) =>
    row(`1.2.${at + 1}`, `binary of ${size} bytes`, [
      frame({ opcode: BINARY, payload: Buffer.alloc(size, 0xfe) }),
    ]),
  ),
  row(
    '1.2.8',
    'binary in pieces of 997 bytes',
    [frame({ opcode: BINARY, payload: Buffer.alloc(65_536, 0xfe) })],
    {
      pieceBytes: 997,
    },
  ),
];

const bytes0 = Buffer.from([0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff]);
const PINGS: readonly TalkRow[] = [
  row('2.1', 'a ping', [ping()]),
  row('2.2', 'a ping with text', [ping('Hello')]),
  row('2.3', 'a ping with binary', [ping('', { payload: bytes0 })]),
  row('2.4', 'a ping with 125 bytes', [ping('x'.repeat(125))]),
  row('2.5', 'a ping with 126 bytes, which is too much', [ping('x'.repeat(126))]),
  row('2.6', 'a ping byte by byte', [ping('x'.repeat(125))], { pieceBytes: 1 }),
  row('2.7', 'a pong that nobody asked for', [pong()]),
  row('2.8', 'one with text', [pong('unsolicited')]),
  row('2.9', 'one and then a ping', [pong('unsolicited'), ping('ping')]),
  row(
    '2.10',
    'ten pings',
    Array.from({ length: 10 }, (_, at) => ping(`ping ${at}`)),
  ),
  row(
    '2.11',
    'ten pings byte by byte',
    Array.from({ length: 10 }, (_, at) => ping(`ping ${at}`)),
    { pieceBytes: 1 },
  ),
];

const RESERVED: readonly TalkRow[] = [
  row('3.1', 'RSV 1', [frame({ text: 'x', rsv: 1 })]),
  row('3.2', 'RSV 2 behind a text', [frame({ text: 'a' }), frame({ text: 'x', rsv: 2 }), ping()]),
  row('3.3', 'RSV 3 in pieces', [frame({ text: 'a' }), frame({ text: 'x', rsv: 3 }), ping()], {
    pieceBytes: 3,
  }),
  row('3.4', 'RSV 4 byte by byte', [frame({ text: 'a' }), frame({ text: 'x', rsv: 4 }), ping()], {
    pieceBytes: 1,
  }),
  row('3.5', 'RSV 5, binary', [frame({ opcode: BINARY, payload: bytes0, rsv: 5 })]),
  row('3.6', 'RSV 6 on a ping', [ping('x', { rsv: 6 })]),
  row('3.7', 'RSV 7 on a Close', [frame({ opcode: CLOSE, rsv: 7 })]),
];

const OPCODES: readonly TalkRow[] = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].flatMap((opcode, at) => {
  const id = at < 5 ? `4.1.${at + 1}` : `4.2.${at - 4}`;
  return [
    row(id, `opcode ${opcode} alone`, [frame({ opcode })]),
    row(`${id}b`, `opcode ${opcode} behind a text`, [
      frame({ text: 'a' }),
      frame({ opcode, text: 'x' }),
      ping(),
    ]),
    row(`${id}c`, `opcode ${opcode} byte by byte`, [frame({ text: 'a' }), frame({ opcode, text: 'x' })], {
      pieceBytes: 1,
    }),
  ];
});

const FRAGMENTS: readonly TalkRow[] = [
  row('5.1', 'a ping in two fragments', [ping('frag', { fin: false }), more('ment')]),
  row('5.2', 'a pong in two fragments', [pong('frag', { fin: false }), more('ment')]),
  row('5.3', 'a text in two fragments', [start('frag'), more('ment')]),
  row('5.4', 'in pieces of 2', [start('frag'), more('ment')], { pieceBytes: 2 }),
  row('5.5', 'byte by byte', [start('frag'), more('ment')], { pieceBytes: 1 }),
  row('5.6', 'with a ping between', [start('frag'), ping('ping'), more('ment')]),
  row('5.7', 'with a ping between, in pieces', [start('frag'), ping('ping'), more('ment')], {
    pieceBytes: 5,
  }),
  row('5.8', 'with a ping between, byte by byte', [start('frag'), ping('ping'), more('ment')], {
    pieceBytes: 1,
  }),
  row('5.9', 'a continuation of nothing', [more('x'), frame({ text: 'a' })]),
  row('5.11', 'a continuation of nothing, byte by byte', [more('x'), frame({ text: 'a' })], {
    pieceBytes: 1,
  }),
  row('5.12', 'one that is not the last', [more('x', false), frame({ text: 'a' })]),
  row('5.15', 'a text in two, then a continuation', [
    start('a'),
    more('b'),
    more('c', false),
    frame({ text: 'd' }),
  ]),
  row('5.16', 'continuations before texts', [more('x', false), frame({ text: 'a' }), more('y')]),
  row('5.18', 'a text in a text', [start('frag'), frame({ text: 'ment' })]),
  row('5.19', 'five fragments with pings', fiveFragments()),
  row('5.20', 'five fragments with pings, byte by byte', fiveFragments(), { pieceBytes: 1 }),
];

function fiveFragments(): readonly Buffer[] {
  return [start('1'), more('2', false), ping('a'), more('3', false), more('4', false), ping('b'), more('5')];
}

const VALID_TEXT = [
  'κόσμε',
  '\u0000',
  '\u0080',
  'ࠀ',
  '\u{10000}',
  '߿',
  '￿',
  '\u{10ffff}',
  'Hello-µ@ßöäüàá-UTF-8!!',
  '퟿',
];
const INVALID_TEXT = [
  'cebae1bdb9cf83cebcceb5eda080656469746564',
  '80',
  'bf',
  '80bf80',
  'c0',
  'e0',
  'f0',
  'f8',
  'fc',
  'c3',
  'e180',
  'f08080',
  'c0af',
  'e080af',
  'f08080af',
  'c1bf',
  'e09fbf',
  'f08fbfbf',
  'fe',
  'ff',
  'eda080',
  'edbfbf',
  'f4908080',
  'cebaf4908080656469746564',
];
const UTF8: readonly TalkRow[] = [
  row('6.1.2', 'three empty fragments', [start(''), more('', false), more('')]),
  row('6.1.3', 'an empty one in front and behind', [start(''), more('middle', false), more('')]),
  ...VALID_TEXT.flatMap((text, at) => {
    const bytes = Buffer.from(text);
    return [
      row(`6.2.${at + 1}`, `valid ${JSON.stringify(text)}`, [frame({ text })]),
      row(`6.2.${at + 1}b`, 'in fragments of one byte', [
        ...Array.from(bytes, (byte, index) =>
          frame({ opcode: index === 0 ? TEXT : 0, payload: Buffer.from([byte]), fin: false }),
        ),
        more(''),
      ]),
    ];
  }),
  ...INVALID_TEXT.map((hex, at) =>
    row(`6.3.${at + 1}`, `invalid ${hex}`, [frame({ payload: Buffer.from(hex, 'hex') }), ping()]),
  ),
];

const FULL = '*'.repeat(123);
const CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999];
const BAD_CODES = [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65_535];
const ENDS: readonly TalkRow[] = [
  row('7.1.1', 'a text, then Close', [frame({ text: 'Hello' })]),
  row('7.1.2', 'two Closes', [closing(1000), closing(1000)]),
  row('7.1.3', 'a ping behind Close', [closing(1000), ping()]),
  row('7.1.4', 'a text behind Close', [closing(1000), frame({ text: 'late' })]),
  row('7.1.5', 'Close in a fragmented text', [start('frag'), closing(1000), more('ment')]),
  row('7.1.6', '256 KiB, then Close and a ping', [
    frame({ text: '*'.repeat(262_144) }),
    closing(1000),
    ping(),
  ]),
  row('7.3.1', 'Close without a payload', [frame({ opcode: CLOSE })]),
  row('7.3.2', 'Close with one byte', [frame({ opcode: CLOSE, text: 'a' })]),
  row('7.3.4', 'Close with a reason', [closing(1000, 'Hello World!')]),
  row('7.3.5', 'Close with the longest reason', [closing(1000, FULL)]),
  row('7.3.6', 'Close with a longer one', [closing(1000, `${FULL}*`)]),
  row('7.5.1', 'Close with an invalid reason', [closing(1000, Buffer.from('cebaeda080656469', 'hex'))]),
  ...CODES.map((code, at) => row(`7.7.${at + 1}`, `Close with ${code}`, [closing(code, 'why')])),
  ...BAD_CODES.map((code, at) =>
    row(`7.9.${at + 1}`, `Close with ${code}, which is not allowed`, [closing(code)]),
  ),
];

export const TALKS: readonly { readonly family: string; readonly rows: readonly TalkRow[] }[] = [
  { family: '1 framing', rows: FRAMING },
  { family: '2 pings and pongs', rows: PINGS },
  { family: '3 reserved bits', rows: RESERVED },
  { family: '4 opcodes', rows: OPCODES },
  { family: '5 fragmentation', rows: FRAGMENTS },
  { family: '6 UTF-8', rows: UTF8 },
  { family: '7 Close', rows: ENDS },
];
