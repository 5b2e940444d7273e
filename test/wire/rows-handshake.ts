// Rows U1 to U6 of the security research: what a client may ask to become a WebSocket, and what it may not.
import { SECRET } from './row-sites.ts';
import { forwarded, get, head, post, refused, type RequestRow, switched } from './rows.ts';

const HOST = ['Host: a'];
const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket'];
const VERSION = 'Sec-WebSocket-Version: 13';
const CHUNKED = 'Transfer-Encoding: chunked';
const plain = (fields: readonly string[] = []) => ({ line: 'GET /', fields: [...HOST, ...fields] });

/** Every one with a request behind it in its fourth delivery, which nobody may take for anything (row U6). */
const whole: readonly RequestRow[] = [
  switched('U1 U6 a handshake', get(...UPGRADE, KEY, VERSION), plain([KEY, VERSION])),
  switched(
    'U1 U6 in any case, among other words',
    get('connection: keep-alive, uPGRADE,', 'UPGRADE:\tWebSocket ', KEY, VERSION),
    plain([KEY, VERSION]),
  ),
  switched(
    'U1 U6 with Connection on two lines',
    get('Connection: keep-alive', ...UPGRADE, KEY, VERSION),
    plain([KEY, VERSION]),
  ),
  switched(
    'U1 U6 with a length of nothing',
    get(...UPGRADE, KEY, VERSION, 'Content-Length: 0'),
    plain([KEY, VERSION]),
  ),
  switched(
    'U1 U6 with protocols, extensions, and fields of one hop',
    get(
      ...UPGRADE,
      KEY,
      VERSION,
      'TE: x',
      'Sec-WebSocket-Protocol: a, b',
      'Sec-WebSocket-Extensions: c; d="e"',
    ),
    plain([KEY, VERSION, 'Sec-WebSocket-Protocol: a, b', 'Sec-WebSocket-Extensions: c; d="e"']),
  ),
  switched(
    'U1 U6 with an expectation that has nothing to wait for',
    get(...UPGRADE, KEY, VERSION, 'Expect: 100-continue'),
    plain([KEY, VERSION]),
  ),
  switched(
    'U1 U6 with a nominated field',
    get('Connection: X-Foo, Upgrade', 'X-Foo: 1', 'Upgrade: websocket', KEY, VERSION),
    plain([KEY, VERSION]),
  ),
  switched(
    'U1 U6 of an admitted app',
    head('GET /x HTTP/1.1', 'Host: g', `X-Secret: ${SECRET}`, ...UPGRADE, KEY, VERSION),
    { line: 'GET /x', fields: ['Host: g', KEY, VERSION], host: 'g' },
  ),
];

const malformed: readonly RequestRow[] = [
  ...['POST', 'PUT', 'OPTIONS', 'DELETE', 'PATCH'].map((method) =>
    refused(`U2 ${method}`, head(`${method} / HTTP/1.1`, ...HOST, ...UPGRADE, KEY, VERSION)),
  ),
  refused('U2 with a body', `${get(...UPGRADE, KEY, VERSION, 'Content-Length: 2')}hi`),
  refused('U2 with a chunked body', `${get(...UPGRADE, KEY, VERSION, CHUNKED)}0\r\n\r\n`),
  refused('U2 POST with a body', `${post(...UPGRADE, KEY, VERSION, 'Content-Length: 2')}hi`),
  refused('U2 no key', get(...UPGRADE, VERSION)),
  refused('U2 two keys', get(...UPGRADE, KEY, KEY, VERSION)),
  ...[
    '',
    'AAAAAAAAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAAAAAAAAAAA===',
    'AAAAAAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAAAAAAAAAAAAA=',
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAA==',
    '!!!!!!!!!!!!!!!!!!!!!!==',
    'AAAAAAAAAAAAAAAAAAAAA-==',
    'AAAAAAAAAAA AAAAAAAAAA==',
    'AAAAAAAAAAAAAAAAAAAAAA==, BBBB',
    '\xc4AAAAAAAAAAAAAAAAAAAAA==',
  ].map((key) =>
    refused(`U2 the key ${JSON.stringify(key)}`, get(...UPGRADE, VERSION, `Sec-WebSocket-Key: ${key}`)),
  ),
  refused('U2 a protocol that is no token', get(...UPGRADE, KEY, VERSION, 'Sec-WebSocket-Protocol: a b')),
  refused(
    'U2 two protocol lines',
    get(...UPGRADE, KEY, VERSION, ...Array<string>(2).fill('Sec-WebSocket-Protocol: a')),
  ),
  ...['8', '0', '', '12', '14', '013', '13, 8', '8, 13', '13 13', '+13', '13.0', '13\xa0'].map((version) =>
    refused(
      `U3 version ${JSON.stringify(version)}`,
      get(...UPGRADE, KEY, `Sec-WebSocket-Version: ${version}`),
      426,
    ),
  ),
  refused('U3 no version', get(...UPGRADE, KEY), 426),
  refused('U3 two versions', get(...UPGRADE, KEY, VERSION, VERSION)),
  refused(
    'U3 version 8 with a second request behind it',
    `${get(...UPGRADE, KEY, 'Sec-WebSocket-Version: 8')}${get()}`,
    426,
  ),
];

const others: readonly RequestRow[] = [
  ...['h2c', 'TLS/1.0', 'foo', 'h2c, foo', 'HTTP/2.0', 'xwebsocket', ''].map((protocol) =>
    forwarded(
      `U4 ${JSON.stringify(protocol)}`,
      get('Connection: Upgrade, HTTP2-Settings', `Upgrade: ${protocol}`, 'HTTP2-Settings: AAMA'),
      plain(),
    ),
  ),
  forwarded(
    'U4 h2c with a body',
    `${post('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMA', 'Content-Length: 2')}hi`,
    { ...plain(), line: 'POST /', framing: 'Content-Length: 2', body: 'hi' },
  ),
  ...[
    'websocket, h2c',
    'h2c, websocket',
    'h2c,WEBSOCKET',
    'websocket,websocket',
    'websocket,',
    ',websocket',
    'websocket/13',
    'websocket x',
    'websockets',
    'websocket;x',
    'websocket\xff',
  ].map((protocol) =>
    refused(
      `U4 ${JSON.stringify(protocol)}`,
      get('Connection: Upgrade', `Upgrade: ${protocol}`, KEY, VERSION),
    ),
  ),
  ...['h2c\xff', 'foo bar', '"foo"', 'foo/', '/1', 'foo/1/2', 'foo;x', 'foo=1', 'h2c, @'].map((protocol) =>
    refused(`U4 F4 ${JSON.stringify(protocol)} is no protocol`, get(`Upgrade: ${protocol}`)),
  ),
  refused('U4 two Upgrade lines', get(...UPGRADE, 'Upgrade: h2c', KEY, VERSION)),
  refused('U4 two Upgrade lines without the word', get('Upgrade: h2c', 'Upgrade: foo')),
  forwarded('U5 no Connection token', get('Upgrade: websocket', KEY, VERSION), plain([KEY, VERSION])),
  forwarded(
    'U5 another Connection token',
    get('Connection: upgrades', 'Upgrade: websocket', KEY, VERSION),
    plain([KEY, VERSION]),
  ),
  forwarded('U5 no Upgrade', get('Connection: Upgrade', KEY, VERSION), plain([KEY, VERSION])),
  ...['Sec-WebSocket-Key', 'sec-websocket-version', 'Sec-WebSocket-Protocol', 'SEC-WEBSOCKET-EXTENSIONS'].map(
    (name) =>
      refused(
        `X2 ${name} nominated`,
        get(`Connection: Upgrade, ${name}`, 'Upgrade: websocket', KEY, VERSION),
      ),
  ),
  refused('F6 Sec_WebSocket_Key', get(...UPGRADE, KEY, VERSION, 'Sec_WebSocket_Key: x')),
  refused(
    'X2 nominated on the way to a WebSocket',
    get('Connection: Upgrade, X-Forwarded-For', 'Upgrade: websocket', KEY, VERSION),
  ),
  refused(
    'X2 a cookie nominated on the way to a WebSocket',
    get('Connection: Upgrade', 'connection: COOKIE', 'Upgrade: websocket', KEY, VERSION),
  ),
];

/** Rows U1 to U6. */
export const handshakeRows: readonly RequestRow[] = [...whole, ...malformed, ...others];
