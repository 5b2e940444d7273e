// Rows B, C and R11 of the security research as bytes of a client.
import {
  broken,
  forwarded,
  forwardedOnce,
  get,
  head,
  post,
  refused,
  type RequestRow,
  served,
} from './rows.ts';

const HOST = ['Host: a'];
const CHUNKED = 'Transfer-Encoding: chunked';
const chunked = (body: string) => `${post(CHUNKED)}${body}`;
const posted = (body: string, framing = `Content-Length: ${body.length}`) => ({
  line: 'POST /',
  fields: HOST,
  framing,
  body,
});

const badLengths = [
  '',
  '5, 5',
  '5,6',
  '+5',
  '-1',
  '5 5',
  '0x5',
  '1_0',
  '5a',
  '1e1',
  '\xd9\xa5',
  '1'.repeat(20),
  '9007199254740992',
];
const badCodings = [
  [
    'chunked, identity',
    'identity',
    'xchunked',
    'chunked;a=b',
    '"chunked"',
    ',chunked',
    'chunked,',
    '',
    'chunk',
  ],
  ['\x0bchunked', 'chunked\0', '\xa0chunked', 'chunked, chunked', 'gzip'],
].flat();

const framing: readonly RequestRow[] = [
  refused('B1 length, then coding', `${post('Content-Length: 5', CHUNKED)}0\r\n\r\n`),
  refused('B1 coding, then length', `${post(CHUNKED, 'Content-Length: 5')}0\r\n\r\n`),
  refused('B2 two lengths', `${post('Content-Length: 5', 'Content-Length: 6')}hello!`),
  refused('B2 two equal lengths', `${post('Content-Length: 5', 'Content-Length: 5')}hello`),
  ...badLengths.map((length) =>
    refused(`B2 length ${JSON.stringify(length)}`, `${post(`Content-Length: ${length}`)}hello`),
  ),
  forwarded('B2 zeros in front', `${post('Content-Length: 005')}hello`, posted('hello')),
  forwarded(
    'B3 in any case and with white space',
    `${post('Transfer-Encoding: \tCHUNKED ')}2\r\nhi\r\n0\r\n\r\n`,
    posted('hi', CHUNKED),
  ),
  ...badCodings.map((coding) =>
    refused(`B4 coding ${JSON.stringify(coding)}`, `${post(`Transfer-Encoding: ${coding}`)}0\r\n\r\n`),
  ),
  refused('B4 two coding lines', `${post(CHUNKED, CHUNKED)}0\r\n\r\n`),
  refused('B5 an unknown coding', `${post('Transfer-Encoding: gzip, chunked')}0\r\n\r\n`, 501),
  refused('B6 chunked in HTTP/1.0', `${head('POST / HTTP/1.0', 'Host: a', CHUNKED)}0\r\n\r\n`),
  refused('B6 with a length', `${head('POST / HTTP/1.0', 'Host: a', CHUNKED, 'Content-Length: 5')}0\r\n\r\n`),
  forwarded(
    'B7 no length is no body',
    `${post()}${get()}`,
    { line: 'POST /', fields: HOST },
    { line: 'GET /', fields: HOST },
  ),
  ...['GET', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'PUT'].map((method) =>
    forwarded(
      `B8 ${method} with a body`,
      `${head(`${method} / HTTP/1.1`, 'Host: a', 'Content-Length: 2')}hi`,
      {
        ...posted('hi'),
        line: `${method} /`,
      },
    ),
  ),
  forwarded('B8 GET with a chunked body', `${get(CHUNKED)}2\r\nhi\r\n0\r\n\r\n`, {
    ...posted('hi', CHUNKED),
    line: 'GET /',
  }),
  refused('B8 GET with a body in HTTP/1.0', `${head('GET / HTTP/1.0', 'Host: a', 'Content-Length: 2')}hi`),
  forwardedOnce(
    'B8 POST with a body in HTTP/1.0',
    `${head('POST / HTTP/1.0', 'Host: a', 'Content-Length: 2')}hi`,
    { ...posted('hi'), version: '1.0' },
  ),
  ...[
    {
      name: 'with a length',
      bytes: `${post('Expect: 100-Continue', 'Content-Length: 2')}hi`,
      request: posted('hi'),
    },
    {
      name: 'with chunks',
      bytes: `${post('Expect: 100-continue', CHUNKED)}2\r\nhi\r\n0\r\n\r\n`,
      request: posted('hi', CHUNKED),
    },
  ].map(({ name, bytes, request }) =>
    served(`B10 is answered here ${name}`, bytes, { requests: [request], statuses: [100, 200] }),
  ),
  refused('B10 another expectation', `${post('Expect: 200-ok', 'Content-Length: 2')}hi`, 417),
  refused('B10 a list', `${post('Expect: 100-continue, x', 'Content-Length: 2')}hi`, 417),
  forwarded('B10 without a body', get('Expect: 100-continue'), { line: 'GET /', fields: HOST }),
  forwardedOnce(
    'B10 in HTTP/1.0',
    `${head('POST / HTTP/1.0', 'Host: a', 'Expect: 100-continue', 'Content-Length: 2')}hi`,
    { ...posted('hi'), version: '1.0' },
  ),
  refused('Q3 a length over the limit', post('Content-Length: 1001'), 413),
];

const hi = (size: string) => `${size}\r\nhi\r\n0\r\n\r\n`;
const badSizes = [
  '0x2',
  '+2',
  '-2',
  '2_0',
  ' 2',
  '2 ',
  '2\t',
  '',
  'g',
  '00000000000000002',
  '10000000000000',
];
const badExtensions = [
  ['2;a\rb', '2;a=\0', '2;\n', '2\r\r;x', '2;a="\r\n"', '2;a="', '2;a=b"', '2 ;a', '2; a', '2;', '2;;a'],
  [`2;${'a'.repeat(256)}`],
].flat();

const chunks: readonly RequestRow[] = [
  ...badSizes.map((size) => broken(`C1 size ${JSON.stringify(size)}`, chunked(hi(size)))),
  forwarded('C1 sixteen digits', chunked(hi('0000000000000002')), posted('hi', CHUNKED)),
  ...['2;a=b', '2;a="b"', '2;a', '2;a="b;\\" c";d'].map((size) =>
    forwarded(`C2 ${size}`, chunked(hi(size)), posted('hi', CHUNKED)),
  ),
  ...badExtensions.map((size) => broken(`C3 ${JSON.stringify(size.slice(0, 12))}`, chunked(hi(size)))),
  broken('C4 LF behind the size', chunked('2\nhi\r\n0\r\n\r\n')),
  broken('C4 CR behind the size', chunked('2\rhi\r\n0\r\n\r\n')),
  broken('C4 LF behind the data', chunked('2\r\nhi\n0\r\n\r\n')),
  broken('C4 two other bytes behind the data', chunked('2\r\nhiXX0\r\n\r\n')),
  broken('C4 another byte and LF behind the data', chunked('2\r\nhiX\n0\r\n\r\n')),
  broken('C4 a longer chunk than said', chunked('2\r\nhi!\r\n0\r\n\r\n')),
  forwarded('C5 several zeros', chunked('2\r\nhi\r\n000\r\n\r\n'), posted('hi', CHUNKED)),
  broken('C5 lone LF at the end', chunked('2\r\nhi\r\n0\r\n\n')),
  forwarded(
    'C6 trailers are dropped',
    chunked('2\r\nhi\r\n0\r\nX: y\r\nHost: evil\r\nContent-Length: 9\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n'),
    posted('hi', CHUNKED),
  ),
  ...[' X: y', 'X : y', 'X', ': y', 'X: \0', 'X: a\r\n b', 'X: a\nY: b'].map((trailer) =>
    broken(`C6 trailer ${JSON.stringify(trailer)}`, chunked(`0\r\n${trailer}\r\n\r\n`)),
  ),
  broken('C6 33 trailers', chunked(`0\r\n${'X: y\r\n'.repeat(33)}\r\n`)),
  broken('C6 trailers over 8 KiB', chunked(`0\r\nX: ${'y'.repeat(8192)}\r\n\r\n`)),
  broken('C7 an error behind good chunks', chunked('2\r\nhi\r\n2\r\nhi\r\nzz\r\n')),
  broken('Q3 a chunked body over the limit', chunked(`3e9\r\n${'x'.repeat(1001)}\r\n0\r\n\r\n`), 413),
];

const plain = (fields: readonly string[] = []) => ({ line: 'GET /', fields: [...HOST, ...fields] });

const pipelines: readonly RequestRow[] = [
  forwarded(
    'R11 in order',
    `${get('N: 1')}${post('N: 2', 'Content-Length: 5')}hello${chunked('2\r\nhi\r\n0\r\n\r\n')}${get('N: 4')}`,
    plain(['N: 1']),
    { ...posted('hello'), fields: [...HOST, 'N: 2'] },
    posted('hi', CHUNKED),
    plain(['N: 4']),
  ),
  forwardedOnce('R11 nothing behind close', `${get('Connection: close')}${get()}`, plain()),
  forwardedOnce('R11 nothing behind HTTP/1.0', `${head('GET / HTTP/1.0', 'Host: a')}${get()}`, {
    ...plain(),
    version: '1.0',
  }),
];

/** Rows B, C, Q3 and R11. */
export const bodyRows: readonly RequestRow[] = [...framing, ...chunks, ...pipelines];
