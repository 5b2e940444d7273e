// Rows U1 to U5 and U8: which requests are handshakes, and which answers are answers to them.
import { describe, expect, test } from 'vitest';
import type { BodyFraming, UpgradeRequest } from '../model/request.ts';
import { SINGLE } from './field-names.ts';
import type { RequestLine } from './request-parts.ts';
import { acceptValue, isValidSwitch, judgeUpgrade, type SwitchingFields } from './websocket-handshake.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const LINE: RequestLine = { method: 'GET', target: '/', authority: undefined, version: '1.1' };
const FIELDS = { upgrade: 'websocket', 'sec-websocket-key': KEY, 'sec-websocket-version': '13' };

type Change = {
  readonly fields?: Readonly<Record<string, string | undefined>>;
  readonly line?: Partial<RequestLine>;
  readonly nominated?: readonly string[];
  readonly framing?: BodyFraming;
};

function judge({ fields = {}, line = {}, nominated = ['upgrade'], framing = { kind: 'none' } }: Change) {
  const values: Readonly<Record<string, string | undefined>> = { ...FIELDS, ...fields };
  const singles = Object.keys(SINGLE).map((name) => values[name]);
  return judgeUpgrade({ line: { ...LINE, ...line }, singles, nominated, framing });
}

test('the value of Sec-WebSocket-Accept is that of RFC 6455 section 1.3', () => {
  expect(acceptValue(KEY)).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

test.each<{ row: string; change: Change; result: Partial<UpgradeRequest> }>([
  { row: 'U1', change: {}, result: { kind: 'websocket', key: KEY, protocols: [], extensions: undefined } },
  { row: 'U1 in any case', change: { fields: { upgrade: 'WebSocket' } }, result: { kind: 'websocket' } },
  {
    row: 'U1 among other options',
    change: { nominated: ['keep-alive', 'upgrade'] },
    result: { kind: 'websocket' },
  },
  {
    row: 'U1 with offers',
    change: {
      fields: { 'sec-websocket-protocol': 'Chat, v2', 'sec-websocket-extensions': 'permessage-deflate; x' },
    },
    result: { kind: 'websocket', protocols: ['chat', 'v2'], extensions: 'permessage-deflate; x' },
  },
  { row: 'U4 h2c', change: { fields: { upgrade: 'h2c' } }, result: { kind: 'none' } },
  { row: 'U4 TLS', change: { fields: { upgrade: 'TLS/1.0' } }, result: { kind: 'none' } },
  { row: 'U4 a list of others', change: { fields: { upgrade: 'h2c, foo' } }, result: { kind: 'none' } },
  { row: 'U5 no Connection token', change: { nominated: [] }, result: { kind: 'none' } },
  { row: 'U5 no Upgrade', change: { fields: { upgrade: undefined } }, result: { kind: 'none' } },
  { row: 'HTTP/1.0', change: { line: { version: '1.0' } }, result: { kind: 'none' } },
])('$row is $result.kind', ({ change, result }) => {
  expect(judge(change)).toMatchObject(result);
});

describe('rejected', () => {
  test.each<{ row: string; change: Change }>([
    { row: 'U2 POST', change: { line: { method: 'POST' } } },
    { row: 'U2 HEAD', change: { line: { method: 'HEAD' } } },
    { row: 'U2 a body', change: { framing: { kind: 'length', bytes: 1 } } },
    { row: 'U2 a chunked body', change: { framing: { kind: 'chunked' } } },
    { row: 'U2 no key', change: { fields: { 'sec-websocket-key': undefined } } },
    { row: 'U2 a short key', change: { fields: { 'sec-websocket-key': 'c2hvcnQ=' } } },
    { row: 'U2 a long key', change: { fields: { 'sec-websocket-key': `A${KEY}` } } },
    { row: 'U2 a key of other letters', change: { fields: { 'sec-websocket-key': KEY.replace('d', '-') } } },
    { row: 'U2 a list of keys', change: { fields: { 'sec-websocket-key': `${KEY}, ${KEY}` } } },
    { row: 'U2 protocols that are none', change: { fields: { 'sec-websocket-protocol': 'a b' } } },
    { row: 'U4 a list with websocket', change: { fields: { upgrade: 'websocket, h2c' } } },
    { row: 'U4 websocket twice', change: { fields: { upgrade: 'websocket,websocket' } } },
    { row: 'U4 websocket last', change: { fields: { upgrade: 'h2c, WebSocket' } } },
    { row: 'U2 websocket and a version', change: { fields: { upgrade: 'websocket/13' } } },
    { row: 'U2 websocket and obs-text', change: { fields: { upgrade: 'websocket\xff' } } },
  ])('$row', ({ change }) => {
    expect(judge(change)).toBe('request-malformed');
  });

  test.each([undefined, '', '8', '12', '14', '13, 8', '013', ' 13'])('U3 version %j', (version) => {
    expect(judge({ fields: { 'sec-websocket-version': version } })).toBe('websocket-version');
  });
});

describe('U8', () => {
  const request: UpgradeRequest = {
    kind: 'websocket',
    key: KEY,
    protocols: ['chat', 'v2'],
    extensions: 'permessage-deflate; client_max_window_bits, x-other',
  };
  const answer: SwitchingFields = {
    canSwitch: true,
    upgrade: 'websocket',
    connection: ['upgrade'],
    accept: acceptValue(KEY),
    protocol: undefined,
    extensions: undefined,
  };

  test.each<{ name: string; fields: Partial<SwitchingFields> }>([
    { name: 'the plain answer', fields: {} },
    { name: 'names in any case', fields: { upgrade: 'WebSocket' } },
    { name: 'an offered protocol', fields: { protocol: 'Chat' } },
    {
      name: 'an offered extension',
      fields: { extensions: 'Permessage-Deflate; server_no_context_takeover' },
    },
    { name: 'two offered extensions', fields: { extensions: 'x-other, permessage-deflate' } },
  ])('$name opens a tunnel', ({ fields }) => {
    expect(isValidSwitch(request, { ...answer, ...fields })).toBe(true);
  });

  test.each<{ name: string; fields: Partial<SwitchingFields> }>([
    { name: 'one that cannot switch', fields: { canSwitch: false } },
    { name: 'no Upgrade', fields: { upgrade: undefined } },
    { name: 'another Upgrade', fields: { upgrade: 'h2c' } },
    { name: 'a list', fields: { upgrade: 'websocket, h2c' } },
    { name: 'no Connection', fields: { connection: [] } },
    { name: 'another Connection', fields: { connection: ['close'] } },
    { name: 'no Accept', fields: { accept: undefined } },
    { name: 'an empty Accept', fields: { accept: '' } },
    { name: 'the Accept of another key', fields: { accept: acceptValue('AAAAAAAAAAAAAAAAAAAAAA==') } },
    { name: 'Accept in another case', fields: { accept: acceptValue(KEY).toLowerCase() } },
    { name: 'a protocol nobody offered', fields: { protocol: 'other' } },
    { name: 'two protocols', fields: { protocol: 'chat, v2' } },
    { name: 'an empty protocol', fields: { protocol: '' } },
    { name: 'an extension nobody offered', fields: { extensions: 'x-new' } },
    { name: 'one of two nobody offered', fields: { extensions: 'permessage-deflate, x-new' } },
    { name: 'an empty extension', fields: { extensions: '' } },
  ])('$name does not', ({ fields }) => {
    expect(isValidSwitch(request, { ...answer, ...fields })).toBe(false);
  });

  test('nothing answers a request that is no handshake', () => {
    expect(isValidSwitch({ kind: 'none' }, answer)).toBe(false);
  });

  test('nothing may be selected where nothing was offered', () => {
    const bare: UpgradeRequest = { ...request, protocols: [], extensions: undefined };
    expect(isValidSwitch(bare, answer)).toBe(true);
    expect(isValidSwitch(bare, { ...answer, protocol: 'chat' })).toBe(false);
    expect(isValidSwitch(bare, { ...answer, extensions: 'permessage-deflate' })).toBe(false);
    expect(isValidSwitch(bare, { ...answer, extensions: '' })).toBe(false);
  });
});
