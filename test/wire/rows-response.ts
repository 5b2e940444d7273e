// Rows R1 to R7 of the security research: what a backend may say, and what it may not.
import { bad, bare, CHUNKED, cutOff, hi, LENGTH, OK, relayed, type ResponseRow } from './response-rows.ts';

const badStatusLines = [
  [
    'HTTP/1.2 200 OK',
    'HTTP/2 200 OK',
    'HTTP/0.9 200 OK',
    'http/1.1 200 OK',
    'ICY 200 OK',
    '200 OK',
    'HTTP/1.1 ',
  ],
  [
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 099 OK',
    'HTTP/1.1 600 OK',
    'HTTP/1.1 2x0 OK',
    'HTTP/1.1  200 OK',
  ],
  ['HTTP/1.1\t200 OK', 'HTTP/1.1 200\tOK', 'HTTP/1.1 200 O\0K', ' HTTP/1.1 200 OK', '\r\nHTTP/1.1 200 OK'],
].flat();
const badFields = [
  [
    'X : y',
    ': y',
    'X',
    'X(: y',
    'X: a\r\n b',
    ' X: y',
    'X: a\0b',
    'X: a\rb',
    'X: a\nb',
    'X: a\x7fb',
    'X\xe9: y',
  ],
  ['Connection: a b'],
].flat();

const malformed: readonly ResponseRow[] = [
  ...badStatusLines.map((line) => bad(`R1 status line ${JSON.stringify(line)}`, bare(line, LENGTH) + 'hi')),
  ...badFields.map((field) => bad(`R1 field ${JSON.stringify(field)}`, hi(field, LENGTH))),
  bad('R1 length and coding', hi(LENGTH, CHUNKED)),
  bad('R1 coding and length', hi(CHUNKED, LENGTH)),
  bad('R1 two lengths', hi(LENGTH, 'Content-Length: 3')),
  bad('R1 two equal lengths', hi(LENGTH, LENGTH)),
  ...['-2', '2a', '0x2', '2, 2', '', '9007199254740992'].map((length) =>
    bad(`R1 length ${JSON.stringify(length)}`, hi(`Content-Length: ${length}`)),
  ),
  ...['gzip, chunked', 'identity', 'chunked, chunked', ',chunked', 'chunked;x', '\xa0chunked'].map((coding) =>
    bad(`R1 coding ${JSON.stringify(coding)}`, hi(`Transfer-Encoding: ${coding}`)),
  ),
  bad('R1 two codings', hi(CHUNKED, CHUNKED)),
  bad('R1 chunked in HTTP/1.0', bare('HTTP/1.0 200 OK', CHUNKED) + '2\r\nhi\r\n0\r\n\r\n'),
  bad('R1 lone LF', `${OK}\nContent-Length: 2\n\nhi`),
  bad('R1 201 fields', bare(OK, ...Array<string>(200).fill('X: y'), 'Content-Length: 0')),
  bad(
    'R1 a head over 32 KiB',
    bare(OK, ...Array<string>(5).fill(`X: ${'y'.repeat(8000)}`), 'Content-Length: 0'),
  ),
  bad('R1 no HTTP at all', 'SSH-2.0-x\r\n\r\n'),
  bad('R1 nothing', '', { afterwards: 'end' }),
  bad('R1 half a head', `${OK}\r\nContent-Le`, { afterwards: 'end' }),
  bad('R1 half a head and a reset', `${OK}\r\nContent-Le`, { afterwards: 'reset' }),
  bad('R3 more than eight interim answers', bare('HTTP/1.1 102 Processing').repeat(9) + hi(LENGTH)),
  bad(
    'U8 101 to a plain request',
    bare('HTTP/1.1 101 Switching Protocols', 'Connection: Upgrade', 'Upgrade: websocket'),
  ),
  bad('R5 the end behind an interim answer', bare('HTTP/1.1 100 Continue'), { afterwards: 'end' }),
];

const bodies: readonly ResponseRow[] = [
  relayed('a length', hi('X: y', LENGTH), [[[OK, 'X: y', LENGTH]], 'hi', true]),
  relayed('R1 no reason phrase', bare('HTTP/1.1 200', LENGTH) + 'hi', [[[OK, LENGTH]], 'hi', true]),
  relayed('a reason phrase of their own', bare('HTTP/1.1 404 Nope', LENGTH) + 'hi', [
    [['HTTP/1.1 404 Not Found', LENGTH]],
    'hi',
    true,
  ]),
  relayed('a length with zeros', hi('Content-Length: 002'), [[[OK, LENGTH]], 'hi', true]),
  relayed('no content', bare(OK, 'Content-Length: 0'), [[[OK, 'Content-Length: 0']], '', true]),
  relayed('chunked', bare(OK, CHUNKED) + '1;x=y\r\nh\r\n1\r\ni\r\n0\r\nT: x\r\n\r\n', [
    [[OK, CHUNKED]],
    'hi',
    true,
  ]),
  relayed('chunked without content', bare(OK, CHUNKED) + '0\r\n\r\n', [[[OK, CHUNKED]], '', true]),
  relayed(
    'chunked to HTTP/1.0',
    bare(OK, CHUNKED) + '2\r\nhi\r\n0\r\n\r\n',
    [[[OK, 'Connection: close']], 'hi', true],
    {
      line: 'GET / HTTP/1.0',
    },
  ),
  relayed('HTTP/1.0', bare('HTTP/1.0 200 OK', LENGTH) + 'hi', [[[OK, LENGTH]], 'hi', false]),
  relayed('R7 Connection: close', hi('Connection: Close', LENGTH), [[[OK, LENGTH]], 'hi', false]),
  relayed('R2 HEAD with a length', bare(OK, LENGTH), [[[OK, LENGTH]], '', true], { line: 'HEAD / HTTP/1.1' }),
  relayed('R2 HEAD chunked', bare(OK, CHUNKED), [[[OK]], '', true], { line: 'HEAD / HTTP/1.1' }),
  relayed('R2 HEAD without a length', bare(OK), [[[OK]], '', true], { line: 'HEAD / HTTP/1.1' }),
  relayed('R2 HEAD with a body is surplus', hi(LENGTH), [[[OK, LENGTH]], '', false], {
    line: 'HEAD / HTTP/1.1',
  }),
  relayed('R2 204', bare('HTTP/1.1 204 No Content', CHUNKED), [[['HTTP/1.1 204 No Content']], '', true]),
  relayed('R2 204 with a length', bare('HTTP/1.1 204 No Content', LENGTH), [
    [['HTTP/1.1 204 No Content']],
    '',
    true,
  ]),
  relayed('R2 304 with a length', bare('HTTP/1.1 304 Not Modified', LENGTH), [
    [['HTTP/1.1 304 Not Modified', LENGTH]],
    '',
    true,
  ]),
  relayed('R2 304 with a body is surplus', bare('HTTP/1.1 304 Not Modified', LENGTH) + 'hi', [
    [['HTTP/1.1 304 Not Modified', LENGTH]],
    '',
    false,
  ]),
  relayed('R3 100 is swallowed', bare('HTTP/1.1 100 Continue') + hi(LENGTH), [[[OK, LENGTH]], 'hi', true]),
  relayed(
    'R3 103 is passed on',
    bare('HTTP/1.1 103 Early Hints', 'Link: </x>', 'Connection: x') + hi(LENGTH),
    [
      [
        ['HTTP/1.1 103 Early Hints', 'Link: </x>'],
        [OK, LENGTH],
      ],
      'hi',
      true,
    ],
  ),
  relayed('R3 eight interim answers', bare('HTTP/1.1 102 Processing').repeat(8) + hi(LENGTH), [
    [...Array<readonly string[]>(8).fill(['HTTP/1.1 102 Processing']), [OK, LENGTH]],
    'hi',
    true,
  ]),
  relayed(
    'R3 103 is not for HTTP/1.0',
    bare('HTTP/1.1 103 Early Hints') + hi(LENGTH),
    [[[OK, LENGTH, 'Connection: close']], 'hi', true],
    { line: 'GET / HTTP/1.0' },
  ),
  relayed('R4 up to the end of the connection', bare(OK) + 'hi', [[[OK, CHUNKED]], 'hi', false], {
    afterwards: 'end',
  }),
  relayed('R4 to HTTP/1.0', bare(OK) + 'hi', [[[OK, 'Connection: close']], 'hi', false], {
    line: 'GET / HTTP/1.0',
    afterwards: 'end',
  }),
  relayed('R4 without content', bare(OK), [[[OK, CHUNKED]], '', false], { afterwards: 'end' }),
  relayed('R7 bytes behind a length', `${hi(LENGTH)}HTTP/1.1 200 OK\r\n\r\n`, [[[OK, LENGTH]], 'hi', false]),
  relayed('R7 one byte behind chunks', `${bare(OK, CHUNKED)}0\r\n\r\nX`, [[[OK, CHUNKED]], '', false]),
  relayed('R7 an answer nobody asked for', hi(LENGTH) + hi(LENGTH), [[[OK, LENGTH]], 'hi', false]),
];

const truncated: readonly ResponseRow[] = [
  cutOff('R4 a reset instead of the end', bare(OK) + 'hi', 'reset'),
  cutOff('R4 a reset instead of the end, HTTP/1.0', bare(OK) + 'hi', 'reset', { line: 'GET / HTTP/1.0' }),
  cutOff('R5 less than its length', hi('Content-Length: 3'), 'end'),
  cutOff('R5 less than its length and a reset', hi('Content-Length: 3'), 'reset'),
  cutOff('R5 nothing of its length', bare(OK, LENGTH), 'end'),
  cutOff('R5 no last chunk', `${bare(OK, CHUNKED)}2\r\nhi\r\n`, 'end'),
  cutOff('R5 half a chunk', `${bare(OK, CHUNKED)}3\r\nhi`, 'end'),
  cutOff('R5 no end behind the last chunk', `${bare(OK, CHUNKED)}2\r\nhi\r\n0\r\n`, 'end'),
  cutOff('R5 no last chunk, HTTP/1.0', `${bare(OK, CHUNKED)}2\r\nhi\r\n`, 'end', { line: 'GET / HTTP/1.0' }),
  cutOff('C1 a bad size', `${bare(OK, CHUNKED)}2\r\nhi\r\n0x2\r\nhi\r\n0\r\n\r\n`, 'stay'),
  cutOff('C4 a lone LF behind data', `${bare(OK, CHUNKED)}2\r\nhi\n0\r\n\r\n`, 'stay'),
  cutOff('C6 a bad trailer', `${bare(OK, CHUNKED)}0\r\nX : y\r\n\r\n`, 'stay'),
];

const hopByHop = [
  [
    'Proxy-Connection: close',
    'Keep-Alive: timeout=5',
    'TE: x',
    'Trailer: X',
    'Upgrade: h2c',
    'Proxy-Authenticate: x',
  ],
  ['Proxy-Authentication-Info: x', 'Connection: keep-alive, X-One', 'X-One: 1', 'X-Reject-Reason: pre-auth'],
].flat();

const fields: readonly ResponseRow[] = [
  relayed('X1 fields of the hop to the backend', hi('A: 1', ...hopByHop, 'B: 2', LENGTH), [
    [[OK, 'A: 1', 'B: 2', LENGTH]],
    'hi',
    true,
  ]),
  relayed('repeated fields keep order', hi('Set-Cookie: a=1', 'B: \xe9', 'Set-Cookie: b=2', LENGTH), [
    [[OK, 'Set-Cookie: a=1', 'B: \xe9', 'Set-Cookie: b=2', LENGTH]],
    'hi',
    true,
  ]),
];

export const responseRows: readonly ResponseRow[] = [...malformed, ...bodies, ...truncated, ...fields];
