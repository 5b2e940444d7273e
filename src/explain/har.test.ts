// HAR files, parts of them, and what cannot be read of them.
import { describe, expect, test } from 'vitest';
import { readHar } from './har.ts';

const REQUEST = {
  method: 'POST',
  url: 'https://chat.example.com/hooks/canary?code=canary',
  httpVersion: 'h2',
  headers: [
    { name: ':authority', value: 'chat.example.com' },
    { name: 'cookie', value: 'MMAUTHTOKEN=canary' },
  ],
  bodySize: 12,
};
const other = {
  ...REQUEST,
  method: 'GET',
  url: 'https://chat.example.com/other',
  headers: [],
  cookies: [],
  bodySize: 0,
  httpVersion: 'HTTP/1.1',
};
const entries = [{ request: REQUEST }, { request: other }];

test.each([
  ['a file', { log: { entries: [{ request: REQUEST }] } }, undefined],
  ['one entry', { request: REQUEST }, undefined],
  ['a request', REQUEST, undefined],
  ['the list of entries', [{ request: REQUEST }], undefined],
  ['one of two', { log: { entries } }, 1],
])('%s', (_, har, entry) => {
  expect(readHar(JSON.stringify(har), entry)).toEqual({
    method: 'POST',
    url: REQUEST.url,
    fields: [['cookie', 'MMAUTHTOKEN=canary']],
    bodyBytes: 12,
    version: '2',
    notes: [],
  });
});

test('one without cookies says so, since browsers leave them out', () => {
  expect(readHar(JSON.stringify({ log: { entries } }), 2)).toMatchObject({
    method: 'GET',
    version: '1.1',
    notes: [expect.stringContaining('no cookies')],
  });
});

test.each([
  ['stand beside the headers', [], [['Cookie', 'MMAUTHTOKEN=canary; MMUSERID=canary']]],
  ['stand in both places', REQUEST.headers, [['cookie', 'MMAUTHTOKEN=canary']]],
])('cookies that %s are sent once, and nothing is missed', (_, headers, fields) => {
  const cookies = [
    { name: 'MMAUTHTOKEN', value: 'canary', httpOnly: true },
    { name: 'MMUSERID', value: 'canary' },
  ];
  const request = { ...REQUEST, headers, cookies };
  expect(readHar(JSON.stringify({ request }), undefined)).toMatchObject({ fields, notes: [] });
});

describe('what cannot be read', () => {
  test.each([
    [
      'an odd cookie',
      '{"request": {"url": "https://canary.test", "method": "GET", "headers": [], "cookies": [{"name": "canary"}]}}',
      'no name or value of a cookie',
    ],
    ['half of it', JSON.stringify({ log: { entries } }).slice(0, 60), 'the JSON ends too early'],
    ['a comma too many', `{\n  "log": "canary",\n}`, 'line 3, column 1: this is not JSON'],
    ['other JSON', '{"canary": 1}', 'the JSON is no HAR'],
    ['nothing', '{}', 'the JSON is no HAR'],
    ['no method', '{"request": {"url": "https://canary.test"}}', 'request 1 of the HAR has no method'],
    [
      'no headers',
      '{"request": {"url": "https://canary.test", "method": "GET"}}',
      'request 1 of the HAR has no headers',
    ],
    [
      'an odd header',
      '{"request": {"url": "https://canary.test", "method": "GET", "headers": [{"name": "canary", "value": 1}]}}',
      'no name or value of a header',
    ],
    [
      'several',
      JSON.stringify({ log: { entries } }),
      'the HAR has 2 requests: choose one by --entry N\n  1  POST https://chat.example.com/hooks/***\n  2  GET https://chat.example.com/other',
    ],
  ])('%s', (_, text, problem) => {
    const read = () => readHar(text, undefined);
    expect(read).toThrow(problem);
    expect(read).not.toThrow('canary');
  });

  test('what would steer a terminal, or let somebody in, is not in the list', () => {
    const request = { ...other, method: '\u001b[2J\nGET', url: 'https://u:p@canary@a.test/\u202eb' };
    const read = () => readHar(JSON.stringify([{ request }, { request: other }]), undefined);
    expect(read).toThrow('\n  1  \\x1b[2J\\x0aGET https://a.test/\\x202eb\n  2  GET');
    expect(read).not.toThrow('canary');
  });

  test('an entry that is not there', () => {
    expect(() => readHar(JSON.stringify({ log: { entries } }), 3)).toThrow('the HAR has 2 requests');
  });
});
