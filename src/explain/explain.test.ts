// What becomes of described requests, up to admission; test/fuzz/explain.test.ts holds it all to a running data plane.
import { describe, expect, test } from 'vitest';
import { admission, CLOSED, ranges, rule, serving, site } from '../decide/test-objects.ts';
import { explain } from './explain.ts';
import { described, HANDSHAKE, knowledge, outcomeOf, outcomeText, siteOf } from './test-knowledge.ts';

const TLS = { serverName: 'chat.example.com', version: '1.3', hasCertificate: false } as const;
const SITE_TLS = {
  certificate: 'c',
  minVersion: '1.2',
  hsts: 'max-age=1',
  clientCertificate: undefined,
} as const;

describe('what the wire refuses is refused', () => {
  test.each([
    ['a blank in the path', described('GET /a', [], { target: '/a b' }), 'answer 400 request-malformed'],
    ['a method in small letters', described('get /'), 'answer 501 method-unknown'],
    ['TRACE', described('TRACE /'), 'answer 405 method-refused'],
    [
      'two Hosts',
      described('GET /', ['Host: chat.example.com', 'Host: chat.example.com']),
      'answer 400 request-malformed',
    ],
    ['a long line', described(`GET /${'a'.repeat(9000)}`), 'answer 414 request-line-too-long'],
    ['many fields', described('GET /', Array<string>(101).fill('A: b')), 'answer 431 request-head-too-large'],
    ['an unknown expectation', described('POST /', ['Expect: wonders']), 'answer 417 expectation-failed'],
    [
      'an old handshake',
      described('GET /api/v4/websocket', [
        ...HANDSHAKE.slice(0, 2),
        'Sec-WebSocket-Version: 8',
        HANDSHAKE[3] ?? '',
      ]),
      'answer 426 websocket-version',
    ],
    [
      'a smuggled line',
      described('GET /', [], { fields: [['Host', 'chat.example.com\r\nX: y']] }),
      'answer 400 request-malformed',
    ],
    [
      'Connection over HTTP/2',
      described('GET /', ['Upgrade: h2c'], { version: '2', tls: TLS }),
      'answer 400 request-malformed',
    ],
  ])('%s', (_, asked, outcome) => {
    expect(outcomeOf(asked, knowledge(siteOf()))).toBe(outcome);
  });

  test('the reason of the parser is told', () => {
    const asked = described('GET /', ['Transfer-Encoding: identity']);
    expect(explain(asked, knowledge(siteOf())).notes).toEqual(['Transfer-Encoding is not chunked']);
  });
});

test('a value without a name is not told, whatever it ends with', () => {
  const asked = described('GET /?Y2FuYXJ5==&a=b&c', ['Cookie: Y2FuYXJ5=; MMUSERID=u']);
  const found = explain(asked, knowledge(siteOf()));
  expect(found.request).toMatchObject({ query: ['a'], cookies: ['MMUSERID'] });
  expect(found.backend?.query).toEqual(['a']);
});

describe('the handshake', () => {
  const tlsSite = siteOf({ tls: SITE_TLS });

  test.each([
    [
      'a version below that of the site',
      { tls: { ...TLS, version: '1.1' as const } },
      {},
      'no-handshake handshake',
    ],
    [
      'a name nobody has',
      { tls: { ...TLS, serverName: 'other.example.com' } },
      { refusesUnknownNames: true },
      'no-handshake handshake',
    ],
    [
      'the same, where such names are served',
      { tls: { ...TLS, serverName: 'other.example.com' } },
      {},
      'answer 421 misdirected',
    ],
    [
      'no name',
      { tls: { version: '1.3' as const, hasCertificate: false } },
      { refusesUnknownNames: true },
      'answer 421 misdirected',
    ],
    ['a name with a dot at its end', { tls: { ...TLS, serverName: 'CHAT.example.com.' } }, {}, 'forward'],
  ])('%s', (_, more, known, outcome) => {
    expect(outcomeOf(described('GET /', [], more), knowledge(tlsSite, known))).toBe(outcome);
  });

  test.each([
    [false, 'answer 403 client-certificate'],
    [true, 'forward'],
  ])('a certificate is shown: %s', (hasCertificate, outcome) => {
    const clientCertificate = { mode: 'Require', source: 'devices', authorities: 'PEM' } as const;
    const asked = described('GET /', [], { tls: { ...TLS, hasCertificate } });
    expect(outcomeOf(asked, knowledge(siteOf({ tls: { ...SITE_TLS, clientCertificate } })))).toBe(outcome);
  });

  test('where none is asked for, none is shown', () => {
    const asked = described('GET /', [], { tls: { ...TLS, hasCertificate: true } });
    expect(explain(asked, knowledge(tlsSite)).client.tls?.hasCertificate).toBe(false);
  });

  test('plain HTTP of such a site is redirected, without the query, before anybody is judged', () => {
    const found = explain(described('GET /login?token=secret'), knowledge(tlsSite));
    expect(found).toMatchObject({ outcome: 'redirect', answer: { status: 308 } });
    expect(found.answer.fields).toContainEqual({ name: 'Location', value: 'https://chat.example.com/login' });
    expect(found.admission).toBeUndefined();
  });

  test('its own answers say Strict-Transport-Security as they do in reality', () => {
    const denied = siteOf({ tls: SITE_TLS, admission: admission([]) });
    const found = explain(described('GET /', [], { tls: TLS }), knowledge(denied));
    expect(found.answer.fields).toContainEqual({ name: 'Strict-Transport-Security', value: 'max-age=1' });
  });
});

describe('the site', () => {
  test('is told with host, path, and the paths beside it', () => {
    const sites = [site('chat.example.com/'), site('chat.example.com/chat'), site('*.example.com/')];
    const found = explain(described('GET /chat/x'), knowledge(serving(sites)));
    expect(found.site).toMatchObject({
      name: 'chat.example.com/chat',
      host: 'chat.example.com',
      hostMatch: 'exact',
      path: '/chat',
      otherPaths: [{ path: '/', fits: true }],
    });
  });

  test.each([
    ['unknown', ['Host: chatt.example.com'], 'answer 404 unknown-host', 'Did you mean chat.example.com?'],
    ['far from any', ['Host: a.test'], 'answer 404 unknown-host', '1 other host is served'],
  ])('a host that is %s', (_, lines, outcome, note) => {
    const found = explain(
      described('GET /', lines),
      knowledge(siteOf(), { hosts: () => ['chat.example.com'] }),
    );
    expect(outcomeText(found)).toBe(outcome);
    expect(found.notes).toContain(note);
  });

  test('a path nobody has names those that are served', () => {
    const found = explain(described('GET /'), knowledge(serving([site('chat.example.com/chat')])));
    expect(outcomeText(found)).toBe('answer 404 unknown-path');
    expect(found.notes).toEqual(['chat.example.com is served at /chat only']);
  });

  test('a path that could mean another one says which', () => {
    const paths = [{ type: 'Prefix', value: '/static' }] as const;
    const known = siteOf({ admission: admission([rule('static', { paths })]) });
    const found = explain(described('GET /static/../x'), knowledge(known));
    expect(outcomeText(found)).toBe('answer 400 path-ambiguous');
    expect(found.notes.join()).toContain('"/x"');
  });

  test('a closed one says why', () => {
    const found = explain(described('GET /'), knowledge(serving([site('chat.example.com', CLOSED)])));
    expect(outcomeText(found)).toBe('answer 503 policy-invalid');
    expect(found.site?.closed).toBe('policy-invalid');
  });
});

describe('limits', () => {
  const limits = {
    requestsPerSecond: 1,
    burst: 0,
    connections: 1,
    webSockets: 0,
    exempt: ranges('192.0.2.0-192.0.2.255'),
  };

  test('count as requests are counted', () => {
    const known = knowledge(siteOf({ limits }));
    expect(outcomeOf(described('GET /'), known)).toBe('forward');
    const found = explain(described('GET /'), known);
    expect(outcomeText(found)).toBe('answer 429 too-many-requests');
    expect(found.limits).toMatchObject({ requestsPerSecond: 1, connectionsPerSource: 1, result: 'requests' });
    expect(explain(described('GET /', [], { from: '192.0.2.7' }), known).limits?.result).toBe('exempt');
  });

  test('of the body', () => {
    expect(outcomeOf(described('POST /', ['Content-Length: 1001']), knowledge(siteOf()))).toBe(
      'answer 413 body-too-large',
    );
  });
});

test.each([
  ['1.1', true],
  ['2', false],
] as const)('over HTTP/%s a body that is too large ends the connection: %s', (version, ends) => {
  const asked = described('POST /', ['Content-Length: 1001'], { version, tls: TLS });
  const { answer } = explain(asked, knowledge(siteOf()));
  expect(answer).toMatchObject({ status: 413, closesConnection: ends });
});

test('OPTIONS * is answered by the proxy itself', () => {
  expect(outcomeOf(described('OPTIONS *'), knowledge(siteOf()))).toBe('answer 204');
});
