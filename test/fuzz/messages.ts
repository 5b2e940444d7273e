// Messages that are nearly right: whole ones, changed by bytes, lines and words that change what they mean.
import fc from 'fast-check';

const HANDSHAKE =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';

export const REQUESTS: readonly string[] = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'POST /x?y HTTP/1.1\r\nHost: a:80\r\nContent-Length: 5\r\nX: \t v \r\n\r\n',
  'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n',
  `GET /w HTTP/1.1\r\nHost: a.b\r\n${HANDSHAKE}\r\n`,
  'DELETE http://A.b./p HTTP/1.1\r\nhost: a.B\r\nConnection: keep-alive, X-Y\r\nX-Y: 1\r\n\r\n',
  'POST / HTTP/1.0\r\nHost: [::1]:8\r\nContent-Length: 0\r\nUpgrade: h2c\r\n\r\n',
  '\r\nOPTIONS * HTTP/1.1\r\nHost: a\r\nCookie: a=b; c\r\nVia: 1.1 x\r\n\r\n',
];

export const RESPONSES: readonly string[] = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
  'HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n',
  'HTTP/1.0 404 Not Found\r\nConnection: close\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'HTTP/1.1 204 No Content\r\nSet-Cookie: a=b\r\nset-cookie: c\r\n\r\n',
  'HTTP/1.1 304 \r\nContent-Length: 12\r\nConnection: x, Y\r\n\r\n',
];

export const CHUNKS: readonly string[] = [
  '5\r\nhello\r\n0\r\n\r\n',
  'a;b=c;d="e\\"f"\r\n0123456789\r\n00\r\n\r\nGET',
  '1\r\nx\r\n2\r\nyz\r\n0;q\r\nX: y\r\nContent-Length: 3\r\n\r\n',
  '0\r\n\r\n',
  '0000000000000002\r\n\r\n\r\n000\r\nT:\r\n\r\n',
];

/** Bytes at which parsers were found to differ, and words that decide something. */
export const ODD_BYTES: readonly string[] =
  '\0\x01\t\n\v\f\r\x1b\x1f !"#%&\'()*+,-./0159:;<=>?@AFGZ[\\]^_`abcfgxz{|}~\x7f\x80\x85\xa0\xad\xb2\xff'.split(
    '',
  );
const WORDS = [
  [
    '\r\n',
    '\r\n\r\n',
    '\r\n ',
    '\n\n',
    ' \t',
    ': ',
    ',',
    ', ',
    ';',
    '; a',
    '"',
    '0x',
    '%0a',
    '//',
    'http://a',
    '[::1]',
  ],
  ['Host: a\r\n', 'Content-Length: 5\r\n', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n'],
  [
    'Connection: Content-Length\r\n',
    'X_Forwarded_For: 1\r\n',
    'Upgrade: h2c\r\n',
    'Connection: close\r\n',
    '1.0',
  ],
  [' chunked', 'chunked, ', 'HEAD', 'websocket', 'X : y\r\n', ': y\r\n', 'Expect: x\r\n', 'te.x: y\r\n'],
  ['ffffffffffffffff', '10000000000000', ';a=b', '='],
].flat();

/** One change of a text, by places in it. */
type Edit = (text: string) => string;

const places = fc.nat({ max: 400 });
const pieces = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...ODD_BYTES) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) },
  { weight: 2, arbitrary: fc.constantFrom(...WORDS) },
);

/** Lines that decide something, and those of all messages here. */
const LINES = [
  'Host: a',
  'Content-Length: 5',
  'Content-Length: 0',
  'Transfer-Encoding: chunked',
  'transfer-encoding: gzip, chunked',
  'Connection: close',
  'Connection: Content-Length',
  'X_Forwarded_For: 1',
  'Upgrade: h2c',
  'Expect: x',
  ' folded',
  ...[...REQUESTS, ...RESPONSES].flatMap((text) => text.split('\r\n').filter((line) => line.includes(': '))),
];

const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(places, fc.constantFrom(...LINES)).map(
    ([at, line]): Edit =>
      (text) =>
        insertLine(text, at, line),
  ),
  fc.tuple(places, pieces).map(
    ([at, piece]): Edit =>
      (text) =>
        splice(text, at, 0, piece),
  ),
  fc.tuple(places, pieces).map(
    ([at, piece]): Edit =>
      (text) =>
        splice(text, at, piece.length, piece),
  ),
  fc.tuple(places, fc.integer({ min: 1, max: 4 })).map(
    ([at, length]): Edit =>
      (text) =>
        splice(text, at, length, ''),
  ),
  fc.tuple(places, places).map(
    ([from, to]): Edit =>
      (text) =>
        moveLine(text, from, to),
  ),
  places.map(
    (at): Edit =>
      (text) =>
        turnCase(text, at),
  ),
);

function splice(text: string, place: number, length: number, piece: string): string {
  const at = place % (text.length + 1);
  return text.slice(0, at) + piece + text.slice(at + length);
}

/** Behind one of the lines, the first one included. */
function insertLine(text: string, place: number, line: string): string {
  const lines = text.split('\r\n');
  return lines.toSpliced(1 + (place % lines.length), 0, line).join('\r\n');
}

/** A line once more, somewhere else. */
function moveLine(text: string, from: number, to: number): string {
  const lines = text.split('\r\n');
  const line = lines[from % lines.length] ?? '';
  return lines.toSpliced(to % lines.length, 0, line).join('\r\n');
}

function turnCase(text: string, place: number): string {
  const at = place % Math.max(1, text.length);
  const letter = text[at] ?? '';
  return (
    text.slice(0, at) +
    (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()) +
    text.slice(at + 1)
  );
}

/** One of these texts with up to three changes. */
export function nearly(texts: readonly string[]): fc.Arbitrary<string> {
  return (
    fc
      .tuple(fc.constantFrom(...texts), fc.array(edits, { maxLength: 3 }))
      .map(([text, changes]) => changes.reduce((changed, change) => change(changed), text))
      // Folding of letters beyond ASCII gives what no byte is.
      .filter((text) => !/[^\0-\xff]/.test(text))
  );
}

/** Every text that differs in one byte, put in or put instead, from a list of bytes. */
export function* neighbours(text: string, bytes: readonly string[]): Generator<string> {
  for (let at = 0; at <= text.length; at++) {
    for (const byte of bytes) {
      yield text.slice(0, at) + byte + text.slice(at);
      if (at < text.length) yield text.slice(0, at) + byte + text.slice(at + 1);
    }
    yield text.slice(0, at) + text.slice(at + 1);
  }
}
