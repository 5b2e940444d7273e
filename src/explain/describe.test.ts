// From a draft to what a client sends: URL, Host, handshake, length, TLS.
import { describe, expect, test } from 'vitest';
import { describeRequest } from './describe.ts';
import type { RequestDraft } from './draft.ts';

const CIRCUMSTANCES = { from: '203.0.113.7', isWebSocket: false, session: 'valid' } as const;

function of(draft: Partial<RequestDraft>, more: Partial<Parameters<typeof describeRequest>[1]> = {}) {
  return describeRequest({ fields: [], notes: [], ...draft }, { ...CIRCUMSTANCES, ...more });
}

test.each([
  ['https://chat.example.com', '/', 'chat.example.com', 443, 'chat.example.com'],
  ['https://chat.example.com:443/a', '/a', 'chat.example.com', 443, 'chat.example.com'],
  ['https://chat.example.com:8443/a', '/a', 'chat.example.com:8443', 8443, 'chat.example.com'],
  ['https://chat.example.com?a=b', '/?a=b', 'chat.example.com', 443, 'chat.example.com'],
  ['https://u:p@chat.example.com/a#b', '/a', 'chat.example.com', 443, 'chat.example.com'],
  // Nothing of a password may stand where the host does, which is told.
  ['https://u:p@canary@chat.example.com/a', '/a', 'chat.example.com', 443, 'chat.example.com'],
  // Nothing is mended: that is what is asked about.
  ['https://Chat.example.com//a/../%2e b', '//a/../%2e b', 'Chat.example.com', 443, 'Chat.example.com'],
  ['https://192.0.2.1/', '/', '192.0.2.1', 443, undefined],
  ['https://[2001:db8::1]:8443/', '/', '[2001:db8::1]:8443', 8443, undefined],
])('%s', (...row) => {
  const [url, target, host, port, serverName] = row;
  const found = of({ url });
  expect([found.target, found.fields, found.port, found.tls?.serverName]).toEqual([
    target,
    [['Host', host]],
    port,
    serverName,
  ]);
});

describe('WebSockets', () => {
  test.each([
    ['wss://chat.example.com/api/v4/websocket', false],
    ['https://chat.example.com/api/v4/websocket', true],
  ])('%s', (url, isWebSocket) => {
    const found = of({ url, version: '2' }, { isWebSocket });
    expect(found.version).toBe('1.1');
    expect(found.fields.map(([name]) => name)).toEqual([
      'Host',
      'Connection',
      'Upgrade',
      'Sec-WebSocket-Version',
      'Sec-WebSocket-Key',
    ]);
  });

  test('what of the handshake is given stays as it is', () => {
    const found = of({ url: 'ws://chat.example.com/', fields: [['upgrade', 'h2c']] });
    expect(found.fields.filter(([name]) => /upgrade/i.test(name))).toEqual([['upgrade', 'h2c']]);
  });
});

test.each([
  [{ bodyBytes: 5 }, [['Content-Length', '5']]],
  [{ bodyBytes: 5, fields: [['content-length', '7'] as const] }, [['content-length', '7']]],
  [{ bodyBytes: 5, fields: [['Transfer-Encoding', 'chunked'] as const] }, [['Transfer-Encoding', 'chunked']]],
])('the length of a body: %j', (draft, fields) => {
  expect(of({ url: 'http://a.test/', ...draft }).fields.slice(1)).toEqual(fields);
});

test.each([
  [{}, {}, { serverName: 'a.test', version: '1.3', hasCertificate: false }],
  [
    { tlsVersion: '1.2', hasCertificate: true } as const,
    { serverName: 'b.test' },
    { serverName: 'b.test', version: '1.2', hasCertificate: true },
  ],
  [{}, { serverName: '' }, { version: '1.3', hasCertificate: false }],
])('TLS: %j %j', (draft, more, tls) => {
  expect(of({ url: 'https://a.test/', ...draft }, more).tls).toEqual(tls);
});

test.each([
  [{ url: 'a.test' }, {}, 'the URL must be'],
  [{ url: 'ftp://a.test/' }, {}, 'the URL must be'],
  [{ url: 'http://a.test/', version: '2' } as const, {}, 'HTTP/2 is served over https only'],
  [{ url: 'http://a.test/' }, { from: 'here' }, 'here is no IP address'],
  [
    { url: 'http://a.test/', fields: [['X-A', 'a\r\nb'] as const] },
    {},
    'the header "X-A" holds a line break',
  ],
])('refused: %j %j', (draft, more, problem) => {
  expect(() => of(draft, more)).toThrow(problem);
});
