// Requests that are right, in all their variety, and what every server must understand of them.
import { get, head } from '../wire/rows.ts';
import type { Seen } from './origin.ts';

export type Sample = {
  readonly name: string;
  /** One request, or some behind each other on one connection. */
  readonly input: string;
  readonly seen: readonly Seen[];
};

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const HOST = 'Host: a';
const CHUNKED = 'Transfer-Encoding: chunked';

type Body = {
  readonly name: string;
  readonly field: string | undefined;
  readonly bytes: string;
  readonly body: string;
};

const LARGE = Array.from({ length: 20_000 }, (_, at) => String.fromCharCode((at * 31) % 256)).join('');
const BODIES: readonly Body[] = [
  { name: 'nothing', field: undefined, bytes: '', body: '' },
  { name: 'a length of nothing', field: 'Content-Length: 0', bytes: '', body: '' },
  { name: 'a length', field: 'Content-Length: 5', bytes: 'hello', body: 'hello' },
  { name: 'a length of a request', field: `Content-Length: ${get().length}`, bytes: get(), body: get() },
  { name: 'a large length', field: `Content-Length: ${LARGE.length}`, bytes: LARGE, body: LARGE },
  { name: 'one chunk', field: CHUNKED, bytes: '5\r\nhello\r\n0\r\n\r\n', body: 'hello' },
  { name: 'no chunk', field: CHUNKED, bytes: '0\r\n\r\n', body: '' },
  { name: 'chunks', field: CHUNKED, bytes: `${'3\r\nabc\r\n'.repeat(40)}00\r\n\r\n`, body: 'abc'.repeat(40) },
  {
    name: 'chunks with all that belongs to them',
    field: CHUNKED,
    bytes: 'A;x=y\r\n0\r\n\r\n01234\r\n1;z="q;\\""\r\n\0\r\n0;e\r\nTrailer-One: x\r\n\r\n',
    body: '0\r\n\r\n01234\0',
  },
];

/** Every method with every framing. */
export const framings: readonly Sample[] = METHODS.flatMap((method) =>
  BODIES.map(({ name, field, bytes, body }) => ({
    name: `${method} with ${name}`,
    input: head(`${method} /x HTTP/1.1`, HOST, ...(field === undefined ? [] : [field])) + bytes,
    seen: [{ method, target: '/x', body }],
  })),
);

const TARGETS = [
  [
    '/',
    '/x',
    '/x/',
    '/api/v4/users/me',
    '/a.b-c_d~e',
    '/%20',
    '/%41',
    '/%7e',
    '/caf%C3%A9',
    '/%2f',
    '/a%2Fb',
    '/%25',
    '/a%2525',
  ],
  [
    "/!$&'()*+,;=:@",
    '/;p=1',
    '/a;b/c;d',
    '/x,y',
    '/%3F',
    '/%23',
    '/@x',
    '/:80',
    '/~x',
    '/A/b',
    '/*',
    '/-',
    '/_',
  ],
  [
    '/?',
    '/?x',
    '/?x=y&z',
    '/x?a=%00',
    '/x?/../',
    '/x??y',
    '/x?a=b?c',
    '/x?a=http://b/',
    '/x?a=%',
    '/x?[]',
    '/?a;b',
    '/x?#'.slice(0, 3),
  ],
  [
    '//',
    '//x',
    '/x//y',
    '/./x',
    '/x/.',
    '/x/./y',
    '/../x',
    '/x/../y',
    '/x/..',
    '/...',
    '/.x',
    '/..x',
    '/x/...',
  ],
  ['/a"b', '/<x>', '/{x}', '/a|b', '/^', '/`', '/a\\b', '/[x]', `/${'long/'.repeat(300)}`],
].flat();

/** Each of them goes on byte by byte. */
export const targets: readonly Sample[] = [
  ...[...new Set(TARGETS)].map((target) => ({
    name: `target ${target.length > 40 ? `${target.slice(0, 40)}...` : target}`,
    input: head(`GET ${target} HTTP/1.1`, HOST),
    seen: [{ method: 'GET', target, body: '' }],
  })),
  ...[
    ['http://a/y', '/y'],
    ['http://a', '/'],
    ['HTTP://A/y?z', '/y?z'],
    ['https://a/', '/'],
    ['http://a?z', '/?z'],
  ].map(([received = '', target = '']) => ({
    name: `target ${received}`,
    input: head(`GET ${received} HTTP/1.1`, HOST),
    seen: [{ method: 'GET', target, body: '' }],
  })),
];

const FIELDS: readonly (readonly [name: string, ...lines: readonly string[]])[] = [
  ['no white space', 'X:y'],
  ['much white space', 'X:\t  y z \t'],
  ['an empty value', 'X:'],
  ['obs-text', 'X: D\xc3\xbcsseldorf \xff\x80'],
  ['signs in a name', "X!#$%&'*+-.^`|~: y"],
  ['an underscore in a name', 'X_y: z'],
  ['digits as a name', '0: y'],
  ['quotes and commas', 'X: "a, b", (c) <d>; e="f\\""'],
  ['a value like a line', 'X: Content-Length: 5'],
  ['many of one name', ...Array<string>(20).fill('X: y')],
  ['two of one name in two cases', 'X: 1', 'x: 2'],
  ['90 fields', ...Array.from({ length: 90 }, (_, at) => `X-${at}: y`)],
  ['a long value', `X: ${'y'.repeat(6000)}`],
  ['a long Cookie', `Cookie: ${'a=b; '.repeat(500)}c=d`],
  ['strange cookies', 'Cookie: a="b"; c; =d; ; e=f=g; $Version=1'],
  ['names of objects', '__proto__: x', 'constructor: y', 'toString: z'],
  ['Connection: keep-alive', 'Connection: keep-alive'],
  ['Connection with a nominated field', 'Connection: X-One, keep-alive', 'X-One: 1'],
  ['Connection of two lines', 'Connection: x', 'connection: Y'],
  ['Keep-Alive', 'Connection: keep-alive', 'Keep-Alive: timeout=5'],
  ['TE', 'TE: trailers, gzip;q=0.5'],
  ['TE nominated', 'TE: trailers', 'Connection: TE'],
  ['Trailer', 'Trailer: X'],
  ['Upgrade to h2c', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk'],
  ['Upgrade nobody asked for', 'Upgrade: websocket'],
  ['an idle Connection: upgrade', 'Connection: Upgrade'],
  ['Proxy fields', 'Proxy-Connection: keep-alive', 'Proxy-Authorization: Basic eDp5'],
  ['Expect without a body', 'Expect: 100-continue'],
  ['Via', 'Via: 1.0 x, 1.1 y (z)'],
  ['forged fields', 'X-Forwarded-For: 10.0.0.1', 'X-Forwarded-Proto: https', 'Forwarded: for=10.0.0.1'],
  [
    'fields that name another target',
    'X-Original-URL: /evil',
    'X-Rewrite-URL: /evil',
    'X-HTTP-Method-Override: DELETE',
  ],
  ['Range and conditions', 'Range: bytes=0-1', 'If-None-Match: *', 'If-Modified-Since: x'],
  ['Authorization', `Authorization: Bearer ${'a'.repeat(26)}`],
];

/** Fields that are legal, and odd, or of one hop only. */
export const fields: readonly Sample[] = FIELDS.map(([name, ...lines]) => ({
  name: `with ${name}`,
  input: `${head('POST /x HTTP/1.1', HOST, ...lines, 'Content-Length: 5')}hello`,
  seen: [{ method: 'POST', target: '/x', body: 'hello' }],
}));

const heads: readonly Sample[] = [
  ['A', 'a.', 'a:80', 'A.:80', 'a:65535'].map((host) => ({
    name: `Host ${host}`,
    input: head('GET /x HTTP/1.1', `Host: ${host}`),
    seen: [{ method: 'GET', target: '/x', body: '' }],
  })),
  ['GET', 'HEAD', 'POST'].map((method) => ({
    name: `${method} of HTTP/1.0`,
    input: head(`${method} /x HTTP/1.0`, HOST),
    seen: [{ method, target: '/x', body: '' }],
  })),
  ['POST', 'PUT'].map((method) => ({
    name: `${method} of HTTP/1.0 with a body`,
    input: `${head(`${method} /x HTTP/1.0`, HOST, 'Content-Length: 5')}hello`,
    seen: [{ method, target: '/x', body: 'hello' }],
  })),
  [
    {
      name: 'an expectation with a length',
      input: `${head('POST /x HTTP/1.1', HOST, 'Expect: 100-continue', 'Content-Length: 5')}hello`,
      seen: [{ method: 'POST', target: '/x', body: 'hello' }],
    },
    {
      name: 'an expectation with chunks',
      input: `${head('PUT /x HTTP/1.1', HOST, 'Expect: 100-continue', CHUNKED)}5\r\nhello\r\n0\r\n\r\n`,
      seen: [{ method: 'PUT', target: '/x', body: 'hello' }],
    },
    { name: 'an empty line first', input: `\r\n${get()}`, seen: [{ method: 'GET', target: '/', body: '' }] },
  ],
].flat();

/** Every framing before every other, so that one that was misread would be seen in the next. */
const pairs: readonly Sample[] = BODIES.flatMap((first) =>
  BODIES.filter(({ name }) => !name.includes('large')).map((second) => {
    const [a, b] = (
      [
        ['POST', '/1', first],
        ['PUT', '/2', second],
      ] as const
    ).map(([method, target, { field, bytes, body }]) => ({
      bytes: head(`${method} ${target} HTTP/1.1`, HOST, ...(field === undefined ? [] : [field])) + bytes,
      seen: { method, target, body },
    }));
    if (a === undefined || b === undefined) throw new Error('A pair of less than two');
    return {
      name: `${first.name} and ${second.name}`,
      input: a.bytes + b.bytes + head('GET /last HTTP/1.1', HOST),
      seen: [a.seen, b.seen, { method: 'GET', target: '/last', body: '' }],
    };
  }),
);

/** Heads of other kinds, and requests behind each other. */
export const sequences: readonly Sample[] = [...heads, ...pairs];
