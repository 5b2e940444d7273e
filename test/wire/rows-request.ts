// Rows L, H, F, X and Q1 of the security research as bytes of a client.
import { answered, forwarded, forwardedOnce, get, head, post, refused, type RequestRow } from './rows.ts';

const ROOT = { line: 'GET /', fields: ['Host: a'] };
const line = (text: string) => head(text, 'Host: a');
const field = (text: string) => get(text);

const requestLines: readonly RequestRow[] = [
  refused('L1 lone LF everywhere', 'GET / HTTP/1.1\nHost: a\n\n'),
  refused('L1 lone LF behind the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n'),
  refused('L1 lone LF behind a field', 'GET / HTTP/1.1\r\nHost: a\n\r\n'),
  refused('L1 lone LF as the empty line', 'GET / HTTP/1.1\r\nHost: a\r\n\n'),
  refused('L2 CR in the request line', line('GET /\r HTTP/1.1')),
  refused('L2 CR in a name', field('X\rY: z')),
  refused('L2 CR in a value', field('X: y\rz')),
  refused('L2 CR CRLF', 'GET / HTTP/1.1\r\nHost: a\r\r\n\r\n'),
  refused('L2 CR instead of the last LF', 'GET / HTTP/1.1\r\nHost: a\r\n\rX'),
  forwarded('L3 one empty line first', `\r\n${get()}`, ROOT),
  forwarded('L3 one empty line between requests', `${get()}\r\n${get()}`, ROOT, ROOT),
  refused('L3 two empty lines first', `\r\n\r\n${get()}`),
  refused('L3 LF first', `\n${get()}`),
  refused('L3 SP first', ` ${get()}`),
  refused('L3 NUL first', `\0${get()}`),
  refused('L4 two SP', line('GET  / HTTP/1.1')),
  refused('L4 two SP before the version', line('GET /  HTTP/1.1')),
  refused('L4 HTAB', line('GET\t/ HTTP/1.1')),
  refused('L4 VT', line('GET /\x0bHTTP/1.1')),
  refused('L4 FF', line('GET\x0c/ HTTP/1.1')),
  refused('L4 SP at the end', line('GET / HTTP/1.1 ')),
  refused('L4 SP in the target', line('GET /a b HTTP/1.1')),
  refused('L5 method of other signs', line('G=":<> / HTTP/1.1')),
  refused('L5 method with NUL', line('G\0T / HTTP/1.1')),
  refused('L5 method of 33 bytes', line(`${'A'.repeat(33)} / HTTP/1.1`)),
  refused('L5 unknown method', line('PROPFIND / HTTP/1.1'), 501),
  refused('L5 lower case', line('get / HTTP/1.1'), 501),
  refused('L6 HTTP/0.9', 'GET /\r\n\r\n'),
  refused('L6 HTTP/0.9 with SP', 'GET / \r\n\r\n'),
  refused('L7 HTTP/1.2', line('GET / HTTP/1.2'), 505),
  refused('L7 HTTP/2.0', line('GET / HTTP/2.0'), 505),
  refused('L7 HTTP/0.9', line('GET / HTTP/0.9'), 505),
  refused('L7 HTTP/3', line('GET / HTTP/3'), 505),
  refused('L7 http/1.1', line('GET / http/1.1')),
  refused('L7 HTTP/1.1x', line('GET / HTTP/1.1x')),
  refused('L7 HTTP/01.1', line('GET / HTTP/01.1')),
  refused('L7 HTTP/1.10', line('GET / HTTP/1.10')),
  refused('L7 HTTP/1,1', line('GET / HTTP/1,1')),
  refused('L7 HTTP/ 1.1', line('GET / HTTP/ 1.1')),
  refused('L7 HTTP/1.', line('GET / HTTP/1.')),
  refused('L8 HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  forwardedOnce('L9 HTTP/1.0', head('GET / HTTP/1.0', 'Host: a'), { ...ROOT, version: '1.0' }),
  forwardedOnce('L9 HTTP/1.0 with keep-alive', head('GET / HTTP/1.0', 'Host: a', 'Connection: keep-alive'), {
    ...ROOT,
    version: '1.0',
  }),
  refused('L9 HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n'),
  refused('L10 TRACE', line('TRACE / HTTP/1.1'), 405),
  refused('L10 CONNECT authority', line('CONNECT a:443 HTTP/1.1'), 405),
  refused('L10 CONNECT path', line('CONNECT / HTTP/1.1'), 405),
  refused('L11 SP before the first field', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n'),
  refused('L11 HTAB before the first field', 'GET / HTTP/1.1\r\n\tX: y\r\nHost: a\r\n\r\n'),
];

const badHosts = [
  [
    'u@a',
    'a/',
    'a?',
    'a#',
    'a\\',
    'a b',
    'a%62',
    'a,a',
    'a, b',
    'a\x01',
    'b\xfccher',
    'a:b',
    'a:99999',
    'a:',
  ],
  ['[::1', '[::1%25eth0]', 'a..b', '-a', 'a-', '.a', 'a..'],
].flat();

const targets: readonly RequestRow[] = [
  refused('H1 no Host', 'GET / HTTP/1.1\r\n\r\n'),
  refused('H1 two hosts', get('Host: b')),
  refused('H1 two equal hosts', get('host: a')),
  refused('H1 empty Host', head('GET / HTTP/1.1', 'Host:')),
  ...badHosts.map((host) =>
    refused(`H2 Host ${JSON.stringify(host)}`, head('GET / HTTP/1.1', `Host: ${host}`)),
  ),
  forwarded('H3 upper case, dot and port', head('GET / HTTP/1.1', 'Host: A.:80'), {
    line: 'GET /',
    fields: ['Host: A.:80'],
    host: 'A.:80',
  }),
  forwarded('H4 absolute form', line('GET http://a/x?y HTTP/1.1'), { line: 'GET /x?y', fields: ['Host: a'] }),
  forwarded('H4 absolute form without a path', line('GET HTTP://A HTTP/1.1'), ROOT),
  refused('H4 another scheme', line('GET ftp://a/ HTTP/1.1')),
  refused('H4 userinfo', line('GET http://u@a/ HTTP/1.1')),
  refused('H4 fragment', line('GET http://a/#x HTTP/1.1')),
  refused('H5 another authority', line('GET http://b/ HTTP/1.1')),
  refused('H5 another port', line('GET http://a:81/ HTTP/1.1')),
  refused('H6 no slash', line('GET admin HTTP/1.1')),
  refused('H6 authority form', line('GET a:80 HTTP/1.1')),
  refused('H6 query only', line('GET ?x HTTP/1.1')),
  refused('H6 backslash', line('GET \\x HTTP/1.1')),
  refused('H6 fragment', line('GET /a#b HTTP/1.1')),
  refused('H6 8-bit', line('GET /\xff HTTP/1.1')),
  refused('H6 HTAB in the target', line('GET /a\tb HTTP/1.1')),
  forwarded('H6 two slashes are a path', line('GET //evil/x HTTP/1.1'), {
    line: 'GET //evil/x',
    fields: ['Host: a'],
  }),
  answered('H7 OPTIONS *', line('OPTIONS * HTTP/1.1'), 204),
  refused('H7 GET *', line('GET * HTTP/1.1')),
  refused('H7 OPTIONS */x', line('OPTIONS */x HTTP/1.1')),
  forwarded(
    'K1 the target goes on as it came',
    line('GET /%7e/%41%zz?%2f#'.replace(/%zz|#/g, '') + ' HTTP/1.1'),
    {
      line: 'GET /%7e/%41?%2f',
      fields: ['Host: a'],
    },
  ),
];

const singletons = [
  ['Authorization', 'Content-Type', 'Expect', 'Upgrade', 'Cookie', 'Origin', 'Sec-WebSocket-Key'],
  ['Sec-WebSocket-Version', 'Sec-WebSocket-Protocol', 'Sec-WebSocket-Extensions'],
].flat();

const fields: readonly RequestRow[] = [
  refused('F1 SP before the colon', post('Content-Length : 5')),
  refused('F1 HTAB before the colon', post('Transfer-Encoding\t: chunked')),
  refused('F2 folded', field('X: a\r\n b')),
  refused('F2 folded with HTAB', field('X: a\r\n\tb')),
  refused('F2 folded Transfer-Encoding', post('Transfer-Encoding:\r\n chunked')),
  refused('F3 empty name', field(': x')),
  refused('F3 no colon', field('X')),
  ...['X(', 'X"', 'X/', 'X@', 'X\xe9', 'X\x01', 'X\x7f'].map((name) =>
    refused(`F3 name ${JSON.stringify(name)}`, field(`${name}: y`)),
  ),
  ...['\0', '\x01', '\x08', '\x0b', '\x1f', '\x7f'].map((char) =>
    refused(`F4 value with ${JSON.stringify(char)}`, field(`X: a${char}b`)),
  ),
  forwarded('F4 obs-text goes on byte by byte', field('X: \x80\xa0\xff'), {
    line: 'GET /',
    fields: ['Host: a', 'X: \x80\xa0\xff'],
  }),
  refused('F4 obs-text in Transfer-Encoding', post('Transfer-Encoding: \xa0chunked')),
  refused('F4 obs-text in Content-Length', post('Content-Length: 5\xa0')),
  refused('F4 obs-text in Connection', field('Connection: clos\xe9')),
  refused('F4 obs-text in Upgrade', get('Connection: Upgrade', 'Upgrade: websocket\xff')),
  forwarded('F5 white space around a value', field('X: \t v \t w \t'), {
    line: 'GET /',
    fields: ['Host: a', 'X: v \t w'],
  }),
  ...['X_Forwarded_For', 'X.Real.IP', 'Transfer_Encoding', 'Content_Length', 'x-forwarded_proto'].map(
    (name) => refused(`F6 ${name}`, field(`${name}: 1`)),
  ),
  forwarded('F6 other names with signs', field('X_Y.Z: 1'), {
    line: 'GET /',
    fields: ['Host: a', 'X_Y.Z: 1'],
  }),
  ...singletons.map((name) => refused(`F7 two ${name}`, get(`${name}: a`, `${name}: a`))),
  forwarded('F7 other names keep order and number', get('X: 1', 'Y: 2', 'x: 3', 'X: 1'), {
    line: 'GET /',
    fields: ['Host: a', 'X: 1', 'Y: 2', 'x: 3', 'X: 1'],
  }),
  forwarded('F8 names of objects', get('__proto__: x', 'constructor: y', 'Cookie: __proto__=z'), {
    line: 'GET /',
    fields: ['Host: a', '__proto__: x', 'constructor: y', 'Cookie: __proto__=z'],
  }),
];

const hopByHop = [
  ['Proxy-Connection: keep-alive', 'Keep-Alive: timeout=5', 'TE: trailers', 'Trailer: X', 'Upgrade: h2c'],
  [
    'HTTP2-Settings: AAMAAABk',
    'Proxy-Authorization: Basic x',
    'Connection: keep-alive, Upgrade, HTTP2-Settings',
  ],
].flat();

const spoofed = [
  ['X-Forwarded-For: 10.0.0.1', 'x-forwarded-proto: https', 'X-FORWARDED-HOST: evil', 'X-Forwarded-Port: 1'],
  ['X-Forwarded-Server: evil', 'X-Forwarded-Prefix: /evil', 'X-Real-IP: 10.0.0.1', 'Forwarded: for=10.0.0.1'],
  ['X-Original-URL: /evil', 'X-Rewrite-URL: /evil', 'X-Original-Host: evil', 'X-Request-ID: evil evil'],
].flat();

const nominated = [
  [
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Authorization',
    'Cookie',
    'Origin',
    'Content-Type',
    'Expect',
  ],
  [
    'X-Forwarded-For',
    'x-forwarded-proto',
    'X-Real-IP',
    'X-Request-ID',
    'X-Mattermost-Preauth-Secret',
    'X-CSRF-Token',
  ],
].flat();

const hops: readonly RequestRow[] = [
  forwarded('X1 fields of one hop', get('A: 1', ...hopByHop, 'B: 2'), {
    line: 'GET /',
    fields: ['Host: a', 'A: 1', 'B: 2'],
  }),
  forwarded('X2 a nominated field', get('X-Foo: 1', 'Connection: X-FOO', 'x-foo: 2', 'X-Bar: 3'), {
    line: 'GET /',
    fields: ['Host: a', 'X-Bar: 3'],
  }),
  ...nominated.map((name) => refused(`X2 nominated ${name}`, get(`Connection: close, ${name}`))),
  refused('X2 nominated in a second line', get('Connection: keep-alive', 'Connection: COOKIE')),
  forwarded('X3 what only a proxy may say', get(...spoofed), ROOT),
  refused('X5 a circle', get(`Via: ${Array(4).fill('1.1 mattermost-ingress').join(', ')}`), 508),
  refused('X5 a circle on several lines', get(...Array<string>(4).fill('Via: 1.1 mattermost-ingress')), 508),
  forwarded(
    'X4 the secret stays here',
    head('GET / HTTP/1.1', 'Host: s', 'X-Secret: correct horse battery', 'X: y'),
    {
      line: 'GET /',
      fields: ['Host: s', 'X: y'],
      host: 's',
    },
  ),
  forwardedOnce('B7 Connection: close', get('Connection: close'), ROOT),
];

const elsewhere: readonly RequestRow[] = [
  answered('another host', head('GET / HTTP/1.1', 'Host: b'), 404),
  answered('HEAD of another host', head('HEAD / HTTP/1.1', 'Host: b'), 404),
  refused('another host and a body', `${head('POST / HTTP/1.1', 'Host: b', 'Content-Length: 2')}hi`, 404),
];

const limits: readonly RequestRow[] = [
  refused('Q1 request line over 8 KiB', line(`GET /${'a'.repeat(8192)} HTTP/1.1`), 414),
  refused('Q1 request line without an end', 'GET /'.padEnd(8300, 'a'), 414),
  refused('Q1 101 fields', get(...Array<string>(100).fill('X: y')), 431),
  refused('Q1 a field over 8 KiB', get(`X: ${'y'.repeat(8192)}`), 431),
  refused('Q1 a head over 32 KiB', get(...Array<string>(5).fill(`X: ${'y'.repeat(8000)}`)), 431),
  refused('Q1 a head without an end', `GET / HTTP/1.1\r\n${'X: y\r\n'.repeat(102)}`, 431),
];

/** Rows L, H, F, X and Q1. */
export const headRows: readonly RequestRow[] = [
  ...requestLines,
  ...targets,
  ...fields,
  ...hops,
  ...elsewhere,
  ...limits,
];
