// Frames that follow RFC 9113, or do not, and what must come of them; by section. Where a connection or a stream is to
// end, the codes that are right for that are given.
import { requestList } from '../support/http2-client.ts';
import {
  block,
  CODE,
  data,
  FLAG,
  FRAME,
  frame,
  headers,
  hpackInteger,
  ping,
  reset,
  SETTING,
  settings,
  uint32,
  windowUpdate,
} from '../support/http2-frames.ts';

export type FrameOutcome =
  /** GOAWAY with one of these codes, or nothing but the end. */
  | { readonly kind: 'connection'; readonly codes: readonly number[] }
  /** RST_STREAM of stream 1 with one of these; the end of the connection is right, too (RFC 9113 section 5.4.2). */
  | { readonly kind: 'stream'; readonly codes: readonly number[] }
  /** Stream 1 is answered. */
  | { readonly kind: 'answered' }
  /** Nothing is wrong: the connection goes on. */
  | { readonly kind: 'alive' };

export type FrameRow = { readonly name: string; readonly bytes: Buffer; readonly outcome: FrameOutcome };

function connection(name: string, codes: readonly number[], ...frames: readonly Buffer[]): FrameRow {
  return { name, bytes: Buffer.concat(frames), outcome: { kind: 'connection', codes } };
}

function stream(name: string, codes: readonly number[], ...frames: readonly Buffer[]): FrameRow {
  return { name, bytes: Buffer.concat(frames), outcome: { kind: 'stream', codes } };
}

function answered(name: string, ...frames: readonly Buffer[]): FrameRow {
  return { name, bytes: Buffer.concat(frames), outcome: { kind: 'answered' } };
}

function alive(name: string, ...frames: readonly Buffer[]): FrameRow {
  return { name, bytes: Buffer.concat(frames), outcome: { kind: 'alive' } };
}

const { protocol, frameSize, flowControl, streamClosed, compression } = CODE;
const GET = block(requestList());
const POST = block(requestList([], 'POST'));
const END = FLAG.endStream;
const WHOLE = FLAG.endHeaders | FLAG.endStream;

/** A whole request on stream 1. */
const request = frame(FRAME.headers, WHOLE, 1, GET);
/** A request on stream 1 whose body is still to come. */
const open = frame(FRAME.headers, FLAG.endHeaders, 1, POST);
/** The beginning of a head on stream 1. */
const begun = frame(FRAME.headers, END, 1, GET.subarray(0, 10));

const framing: readonly FrameRow[] = [
  alive('4.1 a frame of an unknown type', frame(0x42, 0, 0, 'xyz')),
  answered('4.1 flags that mean nothing', frame(FRAME.headers, WHOLE | 0x42, 1, GET)),
  alive('4.1 flags of PING that mean nothing', ping('12345678', 0x16)),
  answered('4.1 the reserved bit of a stream', frame(FRAME.headers, WHOLE, 0x80000001, GET)),
  answered('4.2 DATA of 16 KiB', open, data(1, 'x'.repeat(1000)), data(1, '', END)),
  stream('4.2 DATA over 16 KiB', [frameSize], open, data(1, 'x'.repeat(16_385))),
  connection('4.2 HEADERS over 16 KiB', [frameSize], frame(FRAME.headers, WHOLE, 1, 'x'.repeat(16_385))),
  connection('4.2 SETTINGS over 16 KiB', [frameSize], frame(FRAME.settings, 0, 0, 'x'.repeat(16_386))),
  connection(
    '4.3 a head that ends in mid-field',
    [compression],
    frame(FRAME.headers, WHOLE, 1, GET.subarray(0, 9)),
  ),
  connection('4.3 PRIORITY within a head', [protocol], begun, frame(FRAME.priority, 0, 1, '\0\0\0\0\xff')),
  connection(
    '4.3 HEADERS of another stream within a head',
    [protocol],
    begun,
    frame(FRAME.headers, WHOLE, 3, GET),
  ),
  connection('5.5 an unknown frame within a head', [protocol], begun, frame(0x42, 0, 1, '')),
];

const states: readonly FrameRow[] = [
  connection('5.1 DATA on an idle stream', [protocol, streamClosed], data(1, 'x', END)),
  connection('5.1 RST_STREAM on an idle stream', [protocol], reset(1, CODE.cancel)),
  connection('5.1 WINDOW_UPDATE on an idle stream', [protocol], windowUpdate(1, 100)),
  connection(
    '5.1 CONTINUATION on an idle stream',
    [protocol],
    frame(FRAME.continuation, FLAG.endHeaders, 1, GET),
  ),
  stream('5.1 DATA behind the end', [streamClosed], request, data(1, 'x', END)),
  stream('5.1 HEADERS behind the end', [streamClosed], request, frame(FRAME.headers, WHOLE, 1, GET)),
  connection(
    '5.1 CONTINUATION behind the end',
    [protocol, streamClosed],
    request,
    frame(FRAME.continuation, FLAG.endHeaders, 1, GET),
  ),
  connection('5.1.1 an even stream', [protocol], frame(FRAME.headers, WHOLE, 2, GET)),
  answered(
    '5.3 a priority in HEADERS',
    frame(FRAME.headers, WHOLE | FLAG.priority, 1, Buffer.concat([Buffer.from([0, 0, 0, 0, 15]), GET])),
  ),
  alive('5.3 PRIORITY of an idle stream', frame(FRAME.priority, 0, 1, '\0\0\0\0\x0f')),
  stream('6.3 PRIORITY of a wrong length', [frameSize], open, frame(FRAME.priority, 0, 1, '\0\0\0\0')),
  stream('8.1 a second head that does not end the stream', [protocol], open, headers(1, [['x', 'y']])),
  answered('8.1 trailers', open, data(1, 'x'), headers(1, [['x', 'y']], END)),
];

const kinds: readonly FrameRow[] = [
  connection('6.1 DATA of no stream', [protocol], data(0, 'x', END)),
  connection(
    '6.1 padding longer than DATA',
    [protocol],
    open,
    frame(FRAME.data, END | FLAG.padded, 1, '\x06Test'),
  ),
  answered('6.1 padding', open, frame(FRAME.data, END | FLAG.padded, 1, '\x06Test\0\0\0\0\0\0')),
  connection('6.2 HEADERS of no stream', [protocol], frame(FRAME.headers, WHOLE, 0, GET)),
  connection(
    '6.2 padding longer than HEADERS',
    [protocol],
    frame(FRAME.headers, WHOLE | FLAG.padded, 1, Buffer.concat([Buffer.from([GET.length + 1]), GET])),
  ),
  answered(
    '6.2 padding',
    frame(FRAME.headers, WHOLE | FLAG.padded, 1, Buffer.concat([Buffer.from([4]), GET, Buffer.alloc(4)])),
  ),
  connection('6.4 RST_STREAM of no stream', [protocol], reset(0, CODE.cancel)),
  connection('6.4 RST_STREAM of a wrong length', [frameSize], open, frame(FRAME.reset, 0, 1, 'xyz')),
  alive('6.4 RST_STREAM with a code of nobody', open, reset(1, 0xff)),
  connection(
    '6.5 SETTINGS that acknowledge and say something',
    [frameSize],
    frame(FRAME.settings, FLAG.ack, 0, '\0'),
  ),
  connection('6.5 SETTINGS of a stream', [protocol], frame(FRAME.settings, 0, 1, '\0\x03\0\0\0\x64')),
  connection('6.5 SETTINGS of a wrong length', [frameSize], frame(FRAME.settings, 0, 0, '\0\x03\0')),
  connection('6.5.2 ENABLE_PUSH beyond a bit', [protocol], settings([SETTING.enablePush, 2])),
  connection(
    '6.5.2 INITIAL_WINDOW_SIZE beyond all bounds',
    [flowControl],
    settings([SETTING.initialWindowSize, 0x80000000]),
  ),
  connection('6.5.2 MAX_FRAME_SIZE below its least', [protocol], settings([SETTING.maxFrameSize, 16_383])),
  connection(
    '6.5.2 MAX_FRAME_SIZE beyond all bounds',
    [protocol],
    settings([SETTING.maxFrameSize, 0x1000000]),
  ),
  alive('6.5.2 a setting of nobody', settings([0xff, 1])),
  connection(
    '6.6 PUSH_PROMISE of a client',
    [protocol],
    open,
    frame(FRAME.push, FLAG.endHeaders, 1, Buffer.concat([uint32(2), GET])),
  ),
  connection('6.7 PING of a stream', [protocol], frame(FRAME.ping, 0, 1, '12345678')),
  connection('6.7 PING of a wrong length', [frameSize], frame(FRAME.ping, 0, 0, '123456')),
  connection('6.8 GOAWAY of a stream', [protocol], frame(FRAME.goaway, 0, 1, Buffer.alloc(8))),
  connection('6.9 a window of nothing', [protocol], windowUpdate(0, 0)),
  stream('6.9 a window of nothing for a stream', [protocol], open, windowUpdate(1, 0)),
  connection('6.9 WINDOW_UPDATE of a wrong length', [frameSize], frame(FRAME.windowUpdate, 0, 0, '\0\0\x01')),
  connection('6.9.1 a window beyond all bounds', [flowControl], windowUpdate(0, 0x7fffffff)),
  stream('6.9.1 a window of a stream beyond all bounds', [flowControl], open, windowUpdate(1, 0x7fffffff)),
  stream(
    '6.9.1 more DATA than the window',
    [flowControl],
    open,
    ...Array.from({ length: 5 }, () => data(1, 'x'.repeat(16_384))),
  ),
];

const continuations: readonly FrameRow[] = [
  answered(
    '6.10 CONTINUATION frames',
    begun,
    frame(FRAME.continuation, 0, 1, GET.subarray(10, 20)),
    frame(FRAME.continuation, FLAG.endHeaders, 1, GET.subarray(20)),
  ),
  connection('6.10 DATA within a head', [protocol], begun, data(1, 'x', END)),
  connection('6.10 RST_STREAM within a head', [protocol], begun, reset(1, CODE.cancel)),
  connection(
    '6.10 CONTINUATION of no stream',
    [protocol],
    begun,
    frame(FRAME.continuation, FLAG.endHeaders, 0, GET.subarray(10)),
  ),
  connection(
    '6.10 CONTINUATION of another stream',
    [protocol],
    begun,
    frame(FRAME.continuation, FLAG.endHeaders, 3, GET.subarray(10)),
  ),
  connection(
    '6.10 CONTINUATION behind a whole head',
    [protocol, streamClosed],
    open,
    frame(FRAME.continuation, FLAG.endHeaders, 1, GET),
  ),
  connection(
    '6.10 CONTINUATION behind DATA',
    [protocol],
    open,
    data(1, 'x'),
    frame(FRAME.continuation, FLAG.endHeaders, 1, GET),
  ),
];

function whole(payload: Buffer): Buffer {
  return frame(FRAME.headers, WHOLE, 1, payload);
}

/** A field `x` whose value is these bytes as they are, said to be Huffman-coded. */
function coded(...value: readonly number[]): Buffer {
  return Buffer.concat([
    GET,
    Buffer.from([0x00, 1]),
    Buffer.from('x'),
    Buffer.from([0x80 | value.length, ...value]),
  ]);
}

/** RFC 7541, by its sections. */
const hpack: readonly FrameRow[] = [
  connection(
    'HPACK 2.3.3 an entry beyond the table',
    [compression],
    whole(Buffer.concat([GET, Buffer.from([0xc6])])),
  ),
  connection(
    'HPACK 2.3.3 a name beyond the table',
    [compression],
    whole(Buffer.concat([GET, Buffer.from([0x7f, 0x07, 1, 0x79])])),
  ),
  connection(
    'HPACK 4.2 a table that changes its size at the end',
    [compression],
    whole(Buffer.concat([GET, hpackInteger(1, 5, 0x20)])),
  ),
  connection(
    'HPACK 6.3 a table beyond its limit',
    [compression],
    whole(Buffer.concat([hpackInteger(4097, 5, 0x20), GET])),
  ),
  answered('HPACK 6.3 a table of nothing', whole(Buffer.concat([hpackInteger(0, 5, 0x20), GET]))),
  connection('HPACK 6.1 the entry 0', [compression], whole(Buffer.concat([GET, Buffer.from([0x80])]))),
  connection(
    'HPACK 5.1 an integer without an end',
    [compression],
    whole(Buffer.concat([GET, Buffer.alloc(12, 0xff)])),
  ),
  connection(
    'HPACK 5.2 a string longer than its head',
    [compression],
    whole(Buffer.concat([GET, Buffer.from([0x00, 1, 0x78, 0x7e, 0x79])])),
  ),
  answered('HPACK 5.2 a coded string', whole(coded(0x07))),
  connection('HPACK 5.2 a padding of more than 7 bits', [compression], whole(coded(0x07, 0xff))),
  connection('HPACK 5.2 a padding of zeros', [compression], whole(coded(0x00))),
  connection('HPACK 5.2 the end as a symbol', [compression], whole(coded(0xff, 0xff, 0xff, 0xff))),
];

export const frameRows: readonly FrameRow[] = [...framing, ...states, ...kinds, ...continuations, ...hpack];
