// Heads of HTTP/2 requests without a connection: also what node:http2 never lets through, since nobody promises it.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CLIENT_LIMITS } from '../model/limits.ts';
import { parseHttp2Request } from './http2-request.ts';

type Pairs = readonly (readonly [string, string])[];

const PSEUDO: Pairs = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'a'],
  [':path', '/x?y=1'],
];

function parse(pairs: Pairs, hasBody = false) {
  return parseHttp2Request(pairs.flat(), hasBody, DEFAULT_CLIENT_LIMITS);
}

function pseudo(name: string, value: string): Pairs {
  return PSEUDO.map(([each, old]) => [each, each === name ? value : old]);
}

function without(name: string): Pairs {
  return PSEUDO.filter(([each]) => each !== name);
}

/** The fault, or `accepted`. */
function outcomeOf(pairs: Pairs, hasBody = false): string {
  const parsed = parse(pairs, hasBody);
  return 'code' in parsed ? parsed.code : 'accepted';
}

describe('a head', () => {
  test('is the same value as that of HTTP/1', () => {
    expect(parse([...PSEUDO, ['accept', '*/*'], ['cookie', 'a=1']])).toEqual({
      method: 'GET',
      target: '/x?y=1',
      path: '/x',
      host: 'a',
      hostname: 'a',
      version: '2',
      fields: ['Host', 'a', 'accept', '*/*', 'cookie', 'a=1'],
      names: ['host', 'accept', 'cookie'],
      nominated: [],
      framing: { kind: 'none' },
      upgrade: { kind: 'none' },
      expectContinue: false,
      close: false,
      headBytes: 86,
    });
  });

  test('keeps a Host that agrees with :authority where it stands', () => {
    expect(parse([...PSEUDO, ['accept', '*/*'], ['host', 'A']])).toMatchObject({
      host: 'A',
      hostname: 'a',
      fields: ['accept', '*/*', 'host', 'A'],
    });
  });

  test('A5: crumbs of a cookie are one line in the place of the first', () => {
    const crumbs: Pairs = [
      ['cookie', 'a=1'],
      ['x', 'y'],
      ['cookie', 'b=2; c=3'],
      ['cookie', 'd=4'],
    ];
    expect(parse([...PSEUDO, ...crumbs])).toMatchObject({
      fields: ['Host', 'a', 'cookie', 'a=1; b=2; c=3; d=4', 'x', 'y'],
      names: ['host', 'cookie', 'x'],
    });
  });

  test.each<[string, Pairs, boolean, object]>([
    ['an end with the head', [], false, { kind: 'none' }],
    ['a body of unknown length', [], true, { kind: 'chunked' }],
    ['a body of a stated length', [['content-length', '7']], true, { kind: 'length', bytes: 7 }],
    ['a length of nothing', [['content-length', '0']], true, { kind: 'none' }],
    ['a length of nothing, and the end', [['content-length', '0']], false, { kind: 'none' }],
  ])('framing of %s', (_, fields, hasBody, framing) => {
    expect(parse([...pseudo(':method', 'POST'), ...fields], hasBody)).toMatchObject({ framing });
  });
});

describe('pseudo fields', () => {
  test.each<[string, Pairs, string]>([
    ['N1 twice', [...PSEUDO, [':path', '/']], 'request-malformed'],
    ['N1 unknown', [...PSEUDO, [':foo', 'x']], 'request-malformed'],
    ['N1 of an answer', [...PSEUDO, [':status', '200']], 'request-malformed'],
    ['N1 behind a field', [...without(':path'), ['x', 'y'], [':path', '/']], 'request-malformed'],
    ['N1 no method', without(':method'), 'request-malformed'],
    ['N1 no scheme', without(':scheme'), 'request-malformed'],
    ['N1 no path', without(':path'), 'request-malformed'],
    ['N1 no authority and no Host', without(':authority'), 'request-malformed'],
    ['N1 an empty authority', pseudo(':authority', ''), 'request-malformed'],
    [
      'N1 an empty authority beside a Host',
      [...pseudo(':authority', ''), ['host', 'a']],
      'request-malformed',
    ],
    ['N2 another Host', [...PSEUDO, ['host', 'b']], 'request-malformed'],
    ['N2 another port', [...PSEUDO, ['host', 'a:443']], 'request-malformed'],
    ['N2 a list of authorities', pseudo(':authority', 'a,b'), 'request-malformed'],
    ['N2 userinfo', pseudo(':authority', 'u@a'), 'request-malformed'],
    ['a Host instead of the authority', [...without(':authority'), ['host', 'a']], 'accepted'],
    ['N1 an empty path', pseudo(':path', ''), 'request-malformed'],
    ['N1 no slash', pseudo(':path', 'x'), 'request-malformed'],
    ['N1 absolute form', pseudo(':path', 'https://a/'), 'request-malformed'],
    ['N2 a fragment', pseudo(':path', '/#x'), 'request-malformed'],
    ['N2 8-bit', pseudo(':path', '/\xff'), 'request-malformed'],
    ['N1 SP in the path', pseudo(':path', '/ x'), 'request-malformed'],
    ['N1 HTAB in the path', pseudo(':path', '/\tx'), 'request-malformed'],
    ['H7 GET *', pseudo(':path', '*'), 'request-malformed'],
    [
      'H7 OPTIONS *',
      [
        [':method', 'OPTIONS'],
        [':scheme', 'https'],
        [':authority', 'a'],
        [':path', '*'],
      ],
      'accepted',
    ],
    ['another scheme', pseudo(':scheme', 'ftp'), 'request-malformed'],
    ['another spelling of the scheme', pseudo(':scheme', 'HTTPS'), 'request-malformed'],
    ['plain http before TLS was taken off', pseudo(':scheme', 'http'), 'accepted'],
    ['N2 a method in lower case', pseudo(':method', 'get'), 'method-unknown'],
    ['L5 no token', pseudo(':method', 'G T'), 'request-malformed'],
    ['L5 a long one', pseudo(':method', 'G'.repeat(33)), 'request-malformed'],
    ['L5 unknown', pseudo(':method', 'PROPFIND'), 'method-unknown'],
    ['L10 TRACE', pseudo(':method', 'TRACE'), 'method-refused'],
    [
      'U12 CONNECT',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
      ],
      'method-refused',
    ],
    ['U12 a WebSocket', [...pseudo(':method', 'CONNECT'), [':protocol', 'websocket']], 'method-unknown'],
    ['U12 another protocol', [...pseudo(':method', 'CONNECT'), [':protocol', 'foo']], 'method-unknown'],
    ['U12 a protocol of GET', [...PSEUDO, [':protocol', 'websocket']], 'method-unknown'],
  ])('%s', (_, pairs, outcome) => {
    expect(outcomeOf(pairs)).toBe(outcome);
  });
});

describe('fields', () => {
  test.each<[string, string, string, string]>([
    ['N1 an upper-case name', 'X', 'y', 'request-malformed'],
    ['F3 an empty name', '', 'y', 'request-malformed'],
    ['F3 a name with SP', 'x y', 'y', 'request-malformed'],
    ['F3 a name with a colon', 'x:y', 'y', 'request-malformed'],
    ['F3 an 8-bit name', 'x\xe9', 'y', 'request-malformed'],
    ['F4 NUL', 'x', 'a\0b', 'request-malformed'],
    ['F4 CR', 'x', 'a\rb', 'request-malformed'],
    ['F4 LF', 'x', 'a\nb', 'request-malformed'],
    ['F4 DEL', 'x', 'a\x7f', 'request-malformed'],
    ['N4 SP in front', 'x', ' a', 'request-malformed'],
    ['N4 HTAB behind', 'x', 'a\t', 'request-malformed'],
    ['F4 obs-text', 'x', '\x80\xff', 'accepted'],
    ['F5 white space within', 'x', 'a \t b', 'accepted'],
    ['N1 connection', 'connection', 'close', 'request-malformed'],
    ['N1 keep-alive', 'keep-alive', 'timeout=5', 'request-malformed'],
    ['N1 proxy-connection', 'proxy-connection', 'close', 'request-malformed'],
    ['N1 transfer-encoding', 'transfer-encoding', 'chunked', 'request-malformed'],
    ['N1 upgrade', 'upgrade', 'websocket', 'request-malformed'],
    ['N1 http2-settings', 'http2-settings', 'AAMAAABk', 'request-malformed'],
    ['N1 te trailers', 'te', 'trailers', 'accepted'],
    ['N1 te gzip', 'te', 'gzip', 'request-malformed'],
    ['N1 te trailers and more', 'te', 'trailers, gzip', 'request-malformed'],
    ['F6 a disguise', 'x_forwarded_for', '1', 'request-malformed'],
    ['F8 a name of objects', '__proto__', 'x', 'accepted'],
    ['B2 a signed length', 'content-length', '+3', 'request-malformed'],
    ['B1 a length without a body', 'content-length', '3', 'request-malformed'],
  ])('%s', (_, name, value, outcome) => {
    expect(outcomeOf([...PSEUDO, [name, value]])).toBe(outcome);
  });

  test.each(['authorization', 'content-type', 'content-length', 'origin', 'host', 'expect'])(
    'F7 two %s',
    (name) => {
      const value = name === 'host' ? 'a' : '0';
      expect(outcomeOf([...PSEUDO, [name, value], [name, value]], true)).toBe('request-malformed');
    },
  );
});

describe('Q1 limits', () => {
  const many = (count: number, value: string): Pairs => Array.from({ length: count }, () => ['x', value]);
  test.each<[string, Pairs, string]>([
    ['100 fields', [...PSEUDO, ...many(100, 'y')], 'accepted'],
    ['101 fields', [...PSEUDO, ...many(101, 'y')], 'request-head-too-large'],
    [
      'A5 101 crumbs',
      [...PSEUDO, ...Array.from({ length: 101 }, () => ['cookie', 'a=1'] as const)],
      'request-head-too-large',
    ],
    ['32 KiB in all', [...PSEUDO, ...many(5, 'y'.repeat(6500))], 'accepted'],
    ['more than 32 KiB in all', [...PSEUDO, ...many(5, 'y'.repeat(6600))], 'request-head-too-large'],
    ['a field over 8 KiB', [...PSEUDO, ...many(1, 'y'.repeat(8192))], 'request-head-too-large'],
    ['a path over 8 KiB', pseudo(':path', `/${'y'.repeat(8192)}`), 'request-line-too-long'],
    [
      'pseudo fields beyond number',
      Array.from({ length: 300 }, () => [':path', '/'] as const),
      'request-malformed',
    ],
  ])('%s', (_, pairs, outcome) => {
    expect(outcomeOf(pairs)).toBe(outcome);
  });
});

test('whatever comes, it is a head or a fault', () => {
  const names = fc.oneof(
    fc.constantFrom(...PSEUDO.map(([name]) => name), 'host', 'cookie', 'te', 'x'),
    fc.string(),
  );
  const values = fc.oneof(
    fc.constantFrom('GET', 'https', 'a', '/', 'trailers', '7'),
    fc.string({ unit: 'binary-ascii' }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(names, values)), fc.boolean(), (pairs, hasBody) => {
      const parsed = parse([...PSEUDO, ...pairs], hasBody);
      if ('code' in parsed) return;
      // What is accepted can be written as a head of HTTP/1 without a doubt.
      expect(parsed.fields.join('')).not.toMatch(/[\r\n\0]/);
      expect(parsed.target).toMatch(/^(\/|\*$)[\x21-\x7e]*$/);
      expect(parsed.names.filter((name) => name === 'host')).toEqual(['host']);
    }),
  );
});
