// Rows U7 to U10 of the security research: what a backend answers to a WebSocket handshake.
import { bad, bare, CHUNKED, forbidden, hi, LENGTH, OK, relayed, type ResponseRow } from './response-rows.ts';
import { ID } from './row-sites.ts';
import { HANDSHAKE } from './tunnels.ts';

const ACCEPT = 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=';
const STATUS = 'HTTP/1.1 101 Switching Protocols';
const UPGRADE = 'Upgrade: websocket';
const CONNECTION = 'Connection: Upgrade';
const OFFERS = ['Sec-WebSocket-Protocol: chat, V2', 'Sec-WebSocket-Extensions: permessage-deflate; x=1, y'];

const ONE_HOP = [
  'Keep-Alive: x',
  'Proxy-Authenticate: x',
  'Proxy-Connection: x',
  'Trailer: x',
  'TE: x',
  'X-Reject-Reason: pre-auth',
];

const asked = { fields: [...HANDSHAKE, ...OFFERS] };
const plainly = { fields: HANDSHAKE };

function switches(name: string, lines: readonly string[], kept: readonly string[], behind = ''): ResponseRow {
  const head = [STATUS, ...kept, CONNECTION, UPGRADE].join('\r\n');
  return {
    name,
    line: 'GET / HTTP/1.1',
    host: 'a',
    ...asked,
    afterwards: 'stay',
    answer: bare(...lines) + behind,
    outcome: { kind: 'switched', head, behind },
  };
}

/** Not a 101: the client's connection ends with it. */
function passes(
  name: string,
  lines: readonly string[],
  [body, kept]: [string, readonly string[]],
): ResponseRow {
  const framed = body.replace(/^4\r\n(.*)\r\n0\r\n\r\n$/s, '$1');
  return relayed(name, bare(...lines) + body, [[[...kept, 'Connection: close']], framed, false], asked);
}

const good: readonly ResponseRow[] = [
  switches('U8 a proper 101', [STATUS, UPGRADE, CONNECTION, ACCEPT], [ACCEPT]),
  switches(
    'U8 in any case, in any order',
    [STATUS, 'connection: keep-alive, UPGRADE', ACCEPT, 'UPGRADE: WebSocket'],
    [ACCEPT],
  ),
  switches('U8 without a reason phrase', ['HTTP/1.1 101', UPGRADE, CONNECTION, ACCEPT], [ACCEPT]),
  ...['chat', 'V2'].map((protocol) =>
    switches(
      `U8 the protocol ${protocol} that was offered`,
      [STATUS, UPGRADE, CONNECTION, ACCEPT, `Sec-WebSocket-Protocol: ${protocol}`],
      [ACCEPT, `Sec-WebSocket-Protocol: ${protocol}`],
    ),
  ),
  switches(
    'U8 an extension that was offered',
    [STATUS, UPGRADE, CONNECTION, ACCEPT, 'Sec-WebSocket-Extensions: permessage-deflate; z'],
    [ACCEPT, 'Sec-WebSocket-Extensions: permessage-deflate; z'],
  ),
  switches(
    'U9 fields of one hop stay here',
    [STATUS, ...ONE_HOP, UPGRADE, 'Connection: Upgrade, X-One', 'X-One: 1', ACCEPT, 'Set-Cookie: a=b'],
    [ACCEPT, 'Set-Cookie: a=b'],
  ),
  switches('U10 bytes behind it', [STATUS, UPGRADE, CONNECTION, ACCEPT], [ACCEPT], '\x81\x05hello'),
  switches(
    'U10 bytes behind it that look like an answer',
    [STATUS, UPGRADE, CONNECTION, ACCEPT],
    [ACCEPT],
    hi(LENGTH),
  ),
];

const bad101s: readonly (readonly [string, readonly string[]])[] = [
  ['no Accept', [STATUS, UPGRADE, CONNECTION]],
  ['an empty Accept', [STATUS, UPGRADE, CONNECTION, 'Sec-WebSocket-Accept:']],
  ['the Accept of another key', [STATUS, UPGRADE, CONNECTION, ACCEPT.replace(': s3', ': S3')]],
  ['an Accept with something behind it', [STATUS, UPGRADE, CONNECTION, `${ACCEPT}=`]],
  ['an Accept twice', [STATUS, UPGRADE, CONNECTION, ACCEPT, ACCEPT]],
  ['no Upgrade', [STATUS, CONNECTION, ACCEPT]],
  ['another Upgrade', [STATUS, 'Upgrade: h2c', CONNECTION, ACCEPT]],
  ['a list of Upgrades', [STATUS, 'Upgrade: websocket, h2c', CONNECTION, ACCEPT]],
  ['two Upgrades', [STATUS, UPGRADE, UPGRADE, CONNECTION, ACCEPT]],
  ['no Connection', [STATUS, UPGRADE, ACCEPT]],
  ['another Connection', [STATUS, UPGRADE, 'Connection: close', ACCEPT]],
  ['a Connection that only looks so', [STATUS, UPGRADE, 'Connection: upgrades', ACCEPT]],
  ['a protocol nobody offered', [STATUS, UPGRADE, CONNECTION, ACCEPT, 'Sec-WebSocket-Protocol: x']],
  ['two protocols', [STATUS, UPGRADE, CONNECTION, ACCEPT, 'Sec-WebSocket-Protocol: chat, V2']],
  [
    'two protocol lines',
    [STATUS, UPGRADE, CONNECTION, ACCEPT, 'Sec-WebSocket-Protocol: chat', 'Sec-WebSocket-Protocol: chat'],
  ],
  ['an empty protocol', [STATUS, UPGRADE, CONNECTION, ACCEPT, 'Sec-WebSocket-Protocol:']],
  ['an extension nobody offered', [STATUS, UPGRADE, CONNECTION, ACCEPT, 'Sec-WebSocket-Extensions: x']],
  ['one extension too many', [STATUS, UPGRADE, CONNECTION, ACCEPT, 'Sec-WebSocket-Extensions: y, x']],
  ['a length', [STATUS, UPGRADE, CONNECTION, ACCEPT, 'Content-Length: 0']],
  ['a coding', [STATUS, UPGRADE, CONNECTION, ACCEPT, CHUNKED]],
  ['a length and a coding', [STATUS, UPGRADE, CONNECTION, ACCEPT, CHUNKED, 'Content-Length: 0']],
  ['HTTP/1.0', ['HTTP/1.0 101 Switching Protocols', UPGRADE, CONNECTION, ACCEPT]],
  ['a fold', [STATUS, UPGRADE, CONNECTION, ACCEPT, ' x']],
];

const refusals: readonly ResponseRow[] = [
  ...bad101s.map(([name, lines]) => bad(`U8 ${name}`, bare(...lines), asked)),
  bad(
    'U8 a protocol where none was offered',
    bare(STATUS, UPGRADE, CONNECTION, ACCEPT, 'Sec-WebSocket-Protocol: chat'),
    plainly,
  ),
  bad(
    'U8 an extension where none was offered',
    bare(STATUS, UPGRADE, CONNECTION, ACCEPT, 'Sec-WebSocket-Extensions: y'),
    plainly,
  ),
  bad('U8 to a plain request', bare(STATUS, UPGRADE, CONNECTION, ACCEPT)),
  bad('U8 to a request for another protocol', bare(STATUS, UPGRADE, CONNECTION, ACCEPT), {
    fields: ['Connection: Upgrade', 'Upgrade: h2c', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
  }),
];

const others: readonly ResponseRow[] = [
  passes('U7 200', [OK, 'Content-Length: 4'], ['page', [OK, 'Content-Length: 4']]),
  passes('U7 200 in chunks', [OK, CHUNKED], ['4\r\npage\r\n0\r\n\r\n', [OK, CHUNKED]]),
  passes(
    'U7 200 that speaks like a 101',
    [OK, UPGRADE, CONNECTION, ACCEPT, 'Content-Length: 4'],
    ['page', [OK, ACCEPT, 'Content-Length: 4']],
  ),
  passes(
    'U7 403',
    ['HTTP/1.1 403 Forbidden', 'X: y', 'Content-Length: 4'],
    ['page', ['HTTP/1.1 403 Forbidden', 'X: y', 'Content-Length: 4']],
  ),
  passes(
    'U7 426',
    ['HTTP/1.1 426 Upgrade Required', UPGRADE, 'Sec-WebSocket-Version: 13', 'Content-Length: 4'],
    ['page', ['HTTP/1.1 426 Upgrade Required', 'Sec-WebSocket-Version: 13', 'Content-Length: 4']],
  ),
  passes(
    'U7 503',
    ['HTTP/1.1 503 x', 'Content-Length: 0'],
    ['', ['HTTP/1.1 503 Service Unavailable', 'Content-Length: 0']],
  ),
  passes('U7 204', ['HTTP/1.1 204 No Content'], ['', ['HTTP/1.1 204 No Content']]),
];

/** Let in by nothing but the shape of a cookie, which anybody can send: all but a 101 stays here. */
const unproven = {
  line: 'GET /api/v4/websocket HTTP/1.1',
  host: 'g',
  fields: [...HANDSHAKE, `Cookie: MMAUTHTOKEN=${ID}`],
};

const unprovenRows: readonly ResponseRow[] = [
  forbidden('U7 of a mere shape: 200', bare(OK, 'Content-Length: 6') + 'secret', unproven),
  forbidden('U7 of a mere shape: 200 in chunks', `${bare(OK, CHUNKED)}6\r\nsecret\r\n0\r\n\r\n`, unproven),
  forbidden(
    'U7 of a mere shape: 302',
    bare('HTTP/1.1 302 Found', 'Location: /secret', 'Content-Length: 0'),
    unproven,
  ),
  forbidden(
    'U7 of a mere shape: 401',
    bare('HTTP/1.1 401 Unauthorized', 'Set-Cookie: secret=1', 'Content-Length: 0'),
    unproven,
  ),
  forbidden(
    'U7 of a mere shape: hints and 200',
    bare('HTTP/1.1 103 Early Hints', 'Link: </secret>') + hi(LENGTH),
    unproven,
  ),
  {
    ...forbidden('U7 of a mere shape: a proper 101', bare(STATUS, UPGRADE, CONNECTION, ACCEPT), unproven),
    outcome: { kind: 'switched', head: [STATUS, ACCEPT, CONNECTION, UPGRADE].join('\r\n'), behind: '' },
  },
];

/** Rows U7 to U10. */
export const upgradeRows: readonly ResponseRow[] = [...good, ...refusals, ...others, ...unprovenRows];
