// What fields mean: rows H1, H3, H5, F6, F7, B, X2 and U over names and values.
import { describe, expect, test } from 'vitest';
import type { Fault } from '../model/fault.ts';
import type { BodyFraming, RequestHead } from '../model/request.ts';
import { buildRequestHead, parseContentLength } from './request-fields.ts';
import type { RequestLine } from './request-parts.ts';
import { foldAscii } from './tokens.ts';

const GET: RequestLine = { method: 'GET', target: '/x?y', authority: undefined, version: '1.1' };

/** Fields as `Name: value`; Host stands first unless the test brings its own. */
function build(fields: readonly string[], line: Partial<RequestLine> = {}): RequestHead | Fault {
  const own = fields.some((field) => /^host:/i.test(field));
  const pairs = [...(own ? [] : ['Host: a']), ...fields].map((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon), field.slice(colon + 1).trim()] as const;
  });
  const names = pairs.map(([name]) => foldAscii(name));
  return buildRequestHead({ ...GET, ...line }, { fields: pairs.flat(), names, headBytes: 100 });
}

function codeOf(result: RequestHead | Fault): string | undefined {
  return 'code' in result ? result.code : undefined;
}

describe('rejected as malformed', () => {
  test.each<{ row: string; fields: readonly string[]; line?: Partial<RequestLine> }>([
    { row: 'H1 two equal hosts', fields: ['Host: a', 'Host: a'] },
    { row: 'H1 two hosts', fields: ['Host: a', 'host: b'] },
    { row: 'H1 a list of hosts', fields: ['Host: a, b'] },
    { row: 'H1 an empty host', fields: ['Host:'] },
    { row: 'H2 userinfo', fields: ['Host: u@a'] },
    { row: 'H5 another authority', fields: [], line: { authority: 'b' } },
    { row: 'H5 another port', fields: ['Host: a:80'], line: { authority: 'a:81' } },
    { row: 'H5 no authority', fields: [], line: { authority: '' } },
    { row: 'F6 X_Forwarded_For', fields: ['X_Forwarded_For: 1.2.3.4'] },
    { row: 'F6 X.Real.IP', fields: ['X.Real.IP: 1.2.3.4'] },
    { row: 'F6 Transfer_Encoding', fields: ['Transfer_Encoding: chunked'] },
    { row: 'F6 Content_Length', fields: ['Content_Length: 5'] },
    { row: 'F6 mixed signs', fields: ['x-forwarded_proto: https'] },
    { row: 'F6 a lookalike of the secret', fields: ['X_Mattermost_Preauth_Secret: s'] },
    { row: 'B1 CL, then TE', fields: ['Content-Length: 5', 'Transfer-Encoding: chunked'] },
    { row: 'B1 TE, then CL', fields: ['Transfer-Encoding: chunked', 'Content-Length: 5'] },
    { row: 'B1 with a length of 0', fields: ['Transfer-Encoding: chunked', 'Content-Length: 0'] },
    { row: 'B2 two lengths', fields: ['Content-Length: 5', 'Content-Length: 6'] },
    { row: 'B2 two equal lengths', fields: ['Content-Length: 5', 'content-length: 5'] },
    { row: 'B4 two codings lines', fields: ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'] },
    {
      row: 'B4 two codings lines, one known',
      fields: ['Transfer-Encoding: identity', 'Transfer-Encoding: chunked'],
    },
    { row: 'B6 chunked in HTTP/1.0', fields: ['Transfer-Encoding: chunked'], line: { version: '1.0' } },
    { row: 'B8 GET with a body in HTTP/1.0', fields: ['Content-Length: 1'], line: { version: '1.0' } },
    { row: 'X2 no list of tokens', fields: ['Connection: close; a'] },
    { row: 'X2 obs-text', fields: ['Connection: clos\xe9'] },
    { row: 'X2 in a second line', fields: ['Connection: close', 'connection: HOST'] },
  ])('$row', ({ fields, line }) => {
    expect(codeOf(build(fields, line))).toBe('request-malformed');
  });

  const protectedNames = [
    [
      'Host',
      'Content-Length',
      'content-type',
      'TRANSFER-ENCODING',
      'Authorization',
      'Cookie',
      'Origin',
      'Expect',
    ],
    ['Forwarded', 'X-Forwarded-For', 'x-forwarded-proto', 'X-Forwarded-Host', 'X-Real-IP', 'X-Request-ID'],
    ['X-CSRF-Token', 'X-Requested-With', 'X-Mattermost-Preauth-Secret'],
  ].flat();
  test.each(protectedNames)('X2 Connection nominates %s', (name) => {
    expect(codeOf(build([`Connection: close, ${name}`]))).toBe('request-malformed');
    expect(codeOf(build(['Connection: Upgrade', `Connection: ${name}`, 'Upgrade: websocket']))).toBe(
      'request-malformed',
    );
  });

  const singletons = [
    ['Authorization', 'Content-Type', 'Expect', 'Upgrade', 'Cookie', 'Origin'],
    ['Sec-WebSocket-Key', 'Sec-WebSocket-Version', 'Sec-WebSocket-Protocol', 'Sec-WebSocket-Extensions'],
  ].flat();
  test.each(singletons)('F7 %s stands twice', (name) => {
    expect(codeOf(build([`${name}: a`, `${name.toLowerCase()}: a`]))).toBe('request-malformed');
  });

  test.each([
    '',
    '+5',
    '-1',
    '5 5',
    '5, 5',
    '5,6',
    '0x5',
    '1_0',
    '5a',
    '1e1',
    '\xd9\xa5',
    '5.0',
    '1'.repeat(20),
  ])('B2 Content-Length %j', (value) =>
    expect(codeOf(build([`Content-Length: ${value}`]))).toBe('request-malformed'),
  );

  test.each(
    [
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
      [
        'chunked\xa0',
        '\xa0chunked',
        'chunked, chunked',
        'gzip',
        'gzip, chunked, gzip',
        'gzip chunked',
        'gzip,,chunked',
      ],
    ].flat(),
  )('B4 Transfer-Encoding %j', (value) => {
    const head = { fields: ['Host', 'a', 'Transfer-Encoding', value], names: ['host', 'transfer-encoding'] };
    expect(codeOf(buildRequestHead(GET, { ...head, headBytes: 9 }))).toBe('request-malformed');
  });
});

test.each<{ row: string; fields: readonly string[]; line?: Partial<RequestLine>; framing: BodyFraming }>([
  { row: 'B7 no length', fields: [], line: { method: 'POST' }, framing: { kind: 'none' } },
  { row: 'B2 zeros in front', fields: ['Content-Length: 007'], framing: { kind: 'length', bytes: 7 } },
  { row: 'a length of 0', fields: ['Content-Length: 0'], framing: { kind: 'none' } },
  {
    row: 'the longest',
    fields: ['Content-Length: 9007199254740991'],
    framing: { kind: 'length', bytes: 2 ** 53 - 1 },
  },
  { row: 'B3 chunked', fields: ['Transfer-Encoding: chunked'], framing: { kind: 'chunked' } },
  { row: 'B3 folded', fields: ['Transfer-Encoding: CHUNKED'], framing: { kind: 'chunked' } },
  { row: 'B8 a GET with a body', fields: ['Content-Length: 3'], framing: { kind: 'length', bytes: 3 } },
  {
    row: 'HTTP/1.0 with a body',
    fields: ['Content-Length: 3'],
    line: { version: '1.0', method: 'POST' },
    framing: { kind: 'length', bytes: 3 },
  },
])('$row is framed', ({ fields, line, framing }) => {
  expect(build(fields, line)).toMatchObject({ framing });
});

test.each([
  ['gzip, chunked', 'transfer-coding-unknown'],
  ['Deflate , Chunked', 'transfer-coding-unknown'],
])('B5 Transfer-Encoding %j is %s', (value, code) => {
  expect(codeOf(build([`Transfer-Encoding: ${value}`]))).toBe(code);
});

test.each([
  ['9007199254740992', undefined],
  ['99999999999999999', undefined],
  ['0000000000000000000007', 7],
  ['0', 0],
  ['00', 0],
])('a length of %j is %s', (value, bytes) => {
  expect(parseContentLength(value)).toBe(bytes);
});

describe('B10 Expect', () => {
  const body = 'Content-Length: 3';
  test.each<{ fields: readonly string[]; line?: Partial<RequestLine>; result: object }>([
    { fields: ['Expect: 100-continue', body], result: { expectContinue: true } },
    { fields: ['Expect: 100-Continue', body], result: { expectContinue: true } },
    { fields: ['Expect: 100-continue'], result: { expectContinue: false } },
    {
      fields: ['Expect: x', body],
      line: { version: '1.0', method: 'POST' },
      result: { expectContinue: false },
    },
    { fields: ['Expect: 100-continue, x', body], result: { code: 'expectation-failed' } },
    { fields: ['Expect: x'], result: { code: 'expectation-failed' } },
    { fields: ['Expect:', body], result: { code: 'expectation-failed' } },
  ])('$fields $line', ({ fields, line, result }) => {
    expect(build(fields, line)).toMatchObject(result);
  });
});

test.each<{ fields: readonly string[]; result: object }>([
  { fields: ['Connection: Close, X-One'], result: { close: true, nominated: ['close', 'x-one'] } },
  {
    fields: ['Connection: keep-alive', 'Connection: X-Two'],
    result: { close: false, nominated: ['keep-alive', 'x-two'] },
  },
  { fields: ['Connection:'], result: { nominated: [] } },
  {
    fields: ['X_Other: a', 'x.y: b', 'X_Other: c'],
    result: { names: ['host', 'x_other', 'x.y', 'x_other'] },
  },
  {
    fields: ['X-A: 1', 'X-B: 2', 'X-A: 3'],
    result: { fields: ['Host', 'a', 'X-A', '1', 'X-B', '2', 'X-A', '3'] },
  },
  { fields: ['__proto__: x', 'constructor: y', 'hasOwnProperty: z'], result: { hostname: 'a' } },
  { fields: ['Host: A.Test.:443'], result: { host: 'A.Test.:443', hostname: 'a.test' } },
])('$fields is read', ({ fields, result }) => {
  expect(build(fields)).toMatchObject(result);
});

test('H4 authority and Host may differ in case and in a last dot only', () => {
  expect(build(['Host: A'], { authority: 'a.' })).toMatchObject({ hostname: 'a', host: 'A' });
});
