// Rows of HTTP/2 requests: lists of fields, and what must become of them.
import { CODE, type HeaderList } from '../support/http2-frames.ts';
import { requestList } from '../support/http2-client.ts';
import type { ForwardedRequest } from './rows.ts';

export type Http2Outcome =
  /** Answered here; nothing reaches a backend. */
  | { readonly kind: 'answered'; readonly status: number }
  /** The stream alone ends, without an answer. */
  | { readonly kind: 'reset'; readonly code: number }
  | { readonly kind: 'forwarded'; readonly request: ForwardedRequest; readonly statuses: readonly number[] };

export type Http2Row = {
  readonly name: string;
  readonly list: HeaderList;
  /** Absent: the stream ends with its head. */
  readonly body: string | undefined;
  readonly outcome: Http2Outcome;
};

type Pairs = HeaderList;

/** A plain request with one of its pseudo fields changed. */
function pseudo(name: string, value: string, more: Pairs = []): Pairs {
  return [...requestList().map(([each, old]) => [each, each === name ? value : old] as const), ...more];
}

function without(name: string, more: Pairs = []): Pairs {
  return [...requestList().filter(([each]) => each !== name), ...more];
}

function field(name: string, value: string): Pairs {
  return requestList([[name, value]]);
}

function many(count: number, name: string, value: string): Pairs {
  return requestList(Array.from({ length: count }, () => [name, value] as const));
}

function answered(name: string, list: Pairs, status = 400, body?: string): Http2Row {
  return { name, list, body, outcome: { kind: 'answered', status } };
}

function reset(name: string, list: Pairs, code: number = CODE.protocol, body?: string): Http2Row {
  return { name, list, body, outcome: { kind: 'reset', code } };
}

function forwarded(
  name: string,
  list: Pairs,
  request: Partial<ForwardedRequest> = {},
  body?: string,
): Http2Row {
  const { line = 'GET /', fields = ['Host: a'] } = request;
  const { host = 'a' } = request;
  const whole = { version: '2', scheme: 'https', host, ...request, line, fields } as const;
  return { name, list, body, outcome: { kind: 'forwarded', request: whole, statuses: [200] } };
}

const heads: readonly Http2Row[] = [
  forwarded('N3 a plain request', requestList()),
  forwarded('N2 a Host that agrees', field('host', 'a'), { fields: ['host: a'] }),
  forwarded('N2 a Host in other letters', field('host', 'A'), { fields: ['host: A'], host: 'A' }),
  forwarded('a Host instead of the authority', without(':authority', [['host', 'a']]), {
    fields: ['host: a'],
  }),
  forwarded('H3 the authority with a port', pseudo(':authority', 'a:443'), {
    fields: ['Host: a:443'],
    host: 'a:443',
  }),
  forwarded('K1 the path goes on as it came', pseudo(':path', '/%7e/%41?%2f'), { line: 'GET /%7e/%41?%2f' }),
  forwarded('H6 two slashes are a path', pseudo(':path', '//evil/x'), { line: 'GET //evil/x' }),
  forwarded('another scheme of HTTP', pseudo(':scheme', 'http')),
  answered('N2 another Host', field('host', 'b')),
  answered('N2 another port', field('host', 'a:443')),
  answered('N2 a list of authorities', pseudo(':authority', 'a,b')),
  answered('N2 a fragment in the path', pseudo(':path', '/a#b')),
  answered('N2 8-bit in the path', pseudo(':path', '/\xff')),
  answered('N2 a method in lower case', pseudo(':method', 'get'), 501),
  answered('L5 an unknown method', pseudo(':method', 'PROPFIND'), 501),
  answered('L10 TRACE', pseudo(':method', 'TRACE'), 405),
  answered(
    'U12 CONNECT',
    [
      [':method', 'CONNECT'],
      [':authority', 'a:443'],
    ],
    405,
  ),
  answered('another scheme', pseudo(':scheme', 'ftp')),
  answered(
    'H7 OPTIONS *',
    [
      [':method', 'OPTIONS'],
      ...without(':method').map(([name, value]) => [name, name === ':path' ? '*' : value] as const),
    ],
    204,
  ),
  answered('another site', pseudo(':authority', 'nowhere'), 404),
  reset('N1 two Hosts', [...requestList(), ['host', 'a'], ['host', 'a']]),
  reset('N1 no authority and no Host', without(':authority')),
  reset('N1 an empty authority', pseudo(':authority', '')),
  reset('N1 userinfo', pseudo(':authority', 'u@a')),
  reset('N1 a slash in the authority', pseudo(':authority', 'a/')),
  reset('N1 a pseudo field twice', [...requestList(), [':path', '/']]),
  reset('N1 an unknown pseudo field', [...requestList(), [':foo', 'x']]),
  reset('N1 a pseudo field of answers', [...requestList(), [':status', '200']]),
  reset('N1 a late pseudo field', [...without(':path'), ['x', 'y'], [':path', '/']]),
  reset('N1 no path', without(':path')),
  reset('N1 an empty path', pseudo(':path', '')),
  reset('N1 a path without a slash', pseudo(':path', 'x')),
  reset('N1 SP in the path', pseudo(':path', '/a b')),
  reset('N1 CRLF in the path', pseudo(':path', '/ HTTP/1.1\r\nHost: evil\r\n\r\nGET /')),
  reset('N1 absolute form', pseudo(':path', 'https://a/')),
  reset('H7 GET *', pseudo(':path', '*')),
  reset('N1 SP in the method', pseudo(':method', 'GET /evil HTTP/1.1\r\n')),
  reset('N1 an empty method', pseudo(':method', '')),
  reset('N1 SP in the scheme', pseudo(':scheme', 'ht tp')),
  reset('U12 a WebSocket', pseudo(':method', 'CONNECT', [[':protocol', 'websocket']])),
  reset('U12 another protocol', pseudo(':method', 'CONNECT', [[':protocol', 'foo']])),
  reset('U12 a protocol of GET', field(':protocol', 'websocket')),
];

/** Node drops these before anybody sees them (row N4): the rest of the request is served. */
const dropped = [
  ['a name with SP', 'x y', 'z'],
  ['a name with a colon', 'x:y', 'z'],
  ['an empty name', '', 'z'],
  ['a name with HTAB', 'x\ty', 'z'],
  ['an 8-bit name', 'x\xe9', 'z'],
  ['a value with NUL', 'x', 'a\0b'],
  ['a value with CR', 'x', 'a\rb'],
  ['a value with LF', 'x', 'a\nEvil: 1'],
  ['a value with SP in front', 'x', ' a'],
  ['a value with SP behind', 'x', 'a '],
  ['a value with DEL', 'x', 'a\x7f'],
] as const;

const connectionFields = [
  ['connection', 'close'],
  ['keep-alive', 'timeout=5'],
  ['proxy-connection', 'close'],
  ['transfer-encoding', 'chunked'],
  ['upgrade', 'h2c'],
] as const;

const fields: readonly Http2Row[] = [
  ...dropped.map(([what, name, value]) => forwarded(`N4 ${what}`, field(name, value))),
  ...connectionFields.map(([name, value]) => reset(`N1 ${name}`, field(name, value))),
  reset('N1 an upper-case name', field('X-Y', 'z')),
  reset('N1 te gzip', field('te', 'gzip')),
  reset('N1 te trailers and more', field('te', 'trailers, gzip')),
  answered('N1 http2-settings', field('http2-settings', 'AAMAAABk')),
  forwarded('X1 te trailers stays here', field('te', 'trailers')),
  forwarded('F4 obs-text goes on byte by byte', field('x', '\x80\xff'), {
    fields: ['Host: a', 'x: \x80\xff'],
  }),
  forwarded('F8 names of objects', field('__proto__', 'x'), { fields: ['Host: a', '__proto__: x'] }),
  forwarded(
    'F7 other names keep order and number',
    requestList([
      ['x', '1'],
      ['y', '2'],
      ['x', '3'],
    ]),
    {
      fields: ['Host: a', 'x: 1', 'y: 2', 'x: 3'],
    },
  ),
  forwarded(
    'A5 crumbs of a cookie',
    requestList([
      ['cookie', 'a=1'],
      ['x', 'y'],
      ['cookie', 'b=2; c=3'],
      ['cookie', 'd=4'],
    ]),
    {
      fields: ['Host: a', 'cookie: a=1; b=2; c=3; d=4', 'x: y'],
    },
  ),
  ...['authorization', 'content-type', 'origin', 'sec-websocket-key', 'expect'].map((name) =>
    answered(
      `F7 two ${name}`,
      requestList([
        [name, 'a'],
        [name, 'a'],
      ]),
    ),
  ),
  ...['x_forwarded_for', 'x.real.ip', 'content_length', 'transfer_encoding'].map((name) =>
    answered(`F6 ${name}`, field(name, '1')),
  ),
  forwarded(
    'X3 what only a proxy may say',
    requestList([
      ['x-forwarded-for', '10.0.0.1'],
      ['forwarded', 'for=10.0.0.1'],
      ['x-real-ip', '10.0.0.1'],
      ['x-request-id', 'evil evil'],
    ]),
  ),
  answered('X5 a circle', field('via', Array(4).fill('2 mattermost-ingress').join(', ')), 508),
];

const CHUNKED = 'Transfer-Encoding: chunked';
const POST = (more: Pairs = []): Pairs => pseudo(':method', 'POST', more);

const bodies: readonly Http2Row[] = [
  forwarded(
    'N3 a body without a length is framed anew',
    POST(),
    { line: 'POST /', framing: CHUNKED, body: 'abc' },
    'abc',
  ),
  forwarded(
    'N3 a body with a length',
    POST([['content-length', '3']]),
    { line: 'POST /', framing: 'Content-Length: 3', body: 'abc' },
    'abc',
  ),
  forwarded(
    'B2 leading zeros',
    POST([['content-length', '003']]),
    { line: 'POST /', framing: 'Content-Length: 3', body: 'abc' },
    'abc',
  ),
  forwarded('N3 a body that is empty', POST(), { line: 'POST /', framing: CHUNKED }, ''),
  forwarded('N3 an empty body with its length', POST([['content-length', '0']]), { line: 'POST /' }, ''),
  forwarded(
    'B8 a body of DELETE',
    pseudo(':method', 'DELETE'),
    { line: 'DELETE /', framing: CHUNKED, body: 'abc' },
    'abc',
  ),
  forwarded(
    'N3 a body that looks like chunks',
    POST(),
    { line: 'POST /', framing: CHUNKED, body: '0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n' },
    '0\r\n\r\nGET /evil HTTP/1.1\r\n\r\n',
  ),
  forwarded('HEAD', pseudo(':method', 'HEAD'), { line: 'HEAD /' }),
  reset('N1 a length without a body', POST([['content-length', '3']])),
  reset(
    'N1 two lengths',
    POST([
      ['content-length', '3'],
      ['content-length', '3'],
    ]),
    CODE.protocol,
    'abc',
  ),
  reset('N1 a signed length', POST([['content-length', '+3']]), CODE.protocol, 'abc'),
  reset('B2 a length of 20 digits', POST([['content-length', '99999999999999999999']]), CODE.protocol, 'abc'),
  answered('body over the limit, told before', POST([['content-length', '1001']]), 413, 'x'.repeat(1001)),
  answered('B10 another expectation', POST([['expect', 'x']]), 417, 'abc'),
  {
    name: 'B10 100-continue',
    list: POST([
      ['expect', '100-continue'],
      ['content-length', '3'],
    ]),
    body: 'abc',
    outcome: {
      kind: 'forwarded',
      request: {
        version: '2',
        scheme: 'https',
        line: 'POST /',
        fields: ['Host: a'],
        framing: 'Content-Length: 3',
        body: 'abc',
      },
      statuses: [100, 200],
    },
  },
];

const limits: readonly Http2Row[] = [
  answered('Q1 a request line over 8 KiB', pseudo(':path', `/${'a'.repeat(8192)}`), 414),
  answered('Q1 101 fields', many(101, 'x', 'y'), 431),
  answered('A5 101 crumbs', many(101, 'cookie', 'a=1'), 431),
  answered('N5 a field over 8 KiB', field('x', 'y'.repeat(8192)), 431),
  answered('N5 more than 32 KiB in all', many(5, 'x', 'y'.repeat(6700)), 431),
  reset('N5 far more than 32 KiB', many(12, 'x', 'y'.repeat(6700)), CODE.enhanceYourCalm),
  reset('N5 far more than 100 fields', many(150, 'x', 'y'), CODE.enhanceYourCalm),
];

export const http2Rows: readonly Http2Row[] = [...heads, ...fields, ...bodies, ...limits];
