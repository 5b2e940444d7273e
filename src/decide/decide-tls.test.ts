// decide: plain HTTP and TLS. What is redirected or hidden, what counts as https, and which hosts a handshake is good for.
import { describe, expect, test } from 'vitest';
import type { OpenSite, PlainHttp, Site, SiteTls } from '../model/configuration.ts';
import { decide } from './decide.ts';
import {
  address,
  admission,
  client,
  HOST,
  openSite,
  outcomeOf,
  request,
  rule,
  secretHeader,
  serving,
  SETTINGS,
  site,
  tlsClient,
  webSocket,
} from './test-objects.ts';

const SECRET = 'c2VjcmV0IG9mIGFwcHM=';
const TLS: SiteTls = {
  certificate: 'chat/tls',
  minVersion: '1.2',
  hsts: undefined,
  clientCertificate: undefined,
};
const POLICY = 'chat/tls 1.2';
const APP = rule('app', { headers: [secretHeader('x-secret', { current: SECRET })] });

function open(more: Partial<OpenSite> = {}, place = HOST): Site {
  return site(place, openSite(more));
}

describe('no secret is ever judged on plain HTTP of a TLS site', () => {
  const lines = [`X-Secret: ${SECRET}`];
  const guarded = (tls: SiteTls, plainHttp: PlainHttp = 'redirect') =>
    serving([open({ tls, plainHttp, admission: admission([APP]) })]);
  test.each([
    ['right secret', lines],
    ['wrong secret', ['X-Secret: wrong']],
    ['no secret', []],
  ])('%s: the same answer', (_, sent) => {
    const redirect = decide(guarded(TLS), request('GET /', sent), client(), SETTINGS);
    expect(redirect).toMatchObject({ kind: 'redirect', context: { admission: undefined } });
    const hidden = decide(guarded(TLS, 'refuse'), request('GET /', sent), client(), SETTINGS);
    expect(hidden).toMatchObject({ kind: 'reject', reason: 'plain-http', admission: undefined });
    expect(hidden.context.admission).toBeUndefined();
  });

  test('over TLS it is', () => {
    expect(outcomeOf(guarded(TLS), request('GET /', lines), tlsClient(POLICY))).toBe(`forward ${HOST}`);
    expect(outcomeOf(guarded(TLS), request('GET /'), tlsClient(POLICY))).toBe('admission');
  });
});

describe('redirects', () => {
  const given = serving([open({ tls: TLS }), open({ tls: TLS }, '*.example.org')]);
  test.each([
    ['path and query', request('GET /a/b?c=d&e'), `https://${HOST}/a/b?c=d&e`],
    ['a port of the Host is not taken along', request('GET /', [`Host: ${HOST}:8080`]), `https://${HOST}/`],
    ['the Host in lower case', request('GET /', ['Host: Chat.EXAMPLE.com']), `https://${HOST}/`],
    ['a host below a wildcard', request('GET /x', ['Host: team.example.org']), 'https://team.example.org/x'],
    ['two slashes are a path', request('GET //evil.test/x'), `https://${HOST}//evil.test/x`],
    ['any method', request('POST /api/v4/users/login'), `https://${HOST}/api/v4/users/login`],
    ['a WebSocket', webSocket('/api/v4/websocket'), `https://${HOST}/api/v4/websocket`],
  ])('%s', (_, head, location) => {
    expect(outcomeOf(given, head)).toBe(`redirect ${location}`);
  });

  test('another port is named', () => {
    const settings = { ...SETTINGS, redirectHttpsPort: 8443 };
    expect(outcomeOf(given, request('GET /a'), client(), settings)).toBe(`redirect https://${HOST}:8443/a`);
  });

  test('never to a host that is not served', () => {
    expect(outcomeOf(given, request('GET /', ['Host: evil.test']))).toBe('unknown-host');
  });
});

describe('is it https?', () => {
  const given = serving([open({ tls: TLS })]);
  const forwarded = ['X-Forwarded-Proto: https'];
  const proxy = client({ peer: address('10.0.0.1'), trusted: true });
  test.each([
    ['our TLS', [], tlsClient(POLICY), 'forward'],
    ['a trusted proxy says so', forwarded, proxy, 'forward'],
    ['a trusted proxy says nothing', [], proxy, 'redirect'],
    ['a trusted proxy says http', ['X-Forwarded-Proto: http'], proxy, 'redirect'],
    ['a trusted proxy says two things', [...forwarded, 'X-Forwarded-Proto: http'], proxy, 'redirect'],
    ['a client says so', forwarded, client(), 'redirect'],
  ])('%s: %s', (_, lines, from, expected) => {
    expect(decide(given, request('GET /', lines), from, SETTINGS).kind).toBe(expected);
  });

  test('what was believed is what the backend is told', () => {
    const lines = [...forwarded, 'X-Forwarded-For: 198.51.100.1, 192.0.2.7', 'X-Forwarded-Port: 4443'];
    const { context } = decide(given, request('GET /', lines), proxy, SETTINGS);
    expect(context).toMatchObject({ scheme: 'https', port: 4443, address: address('192.0.2.7') });
  });
});

describe('SNI and Host agree, or 421 (row S1)', () => {
  const given = serving([
    open({ tls: TLS }),
    open({ tls: TLS }, 'same.test'),
    open({ tls: { ...TLS, certificate: 'chat/other' } }, 'other.test'),
    open({ tls: { ...TLS, minVersion: '1.3' } }, 'strict.test'),
    open({}, 'plain.test'),
  ]);
  const strict = 'chat/tls 1.3';
  const NAMELESS = { serverName: undefined };
  test.each([
    ['the same host', HOST, tlsClient(POLICY), 'forward'],
    ['another host of the same policy', 'same.test', tlsClient(POLICY), 'forward'],
    ['another certificate', 'other.test', tlsClient(POLICY), 'misdirected'],
    ['another floor', 'strict.test', tlsClient(POLICY), 'misdirected'],
    ['a host without TLS', 'plain.test', tlsClient(POLICY), 'misdirected'],
    ['a handshake for a name that is not served', HOST, tlsClient(), 'misdirected'],
    ['no SNI: the default policy', HOST, tlsClient(undefined, NAMELESS), 'misdirected'],
    ['no SNI, for a host without TLS', 'plain.test', tlsClient(undefined, NAMELESS), 'forward'],
    ['the default certificate, for a host without TLS', 'plain.test', tlsClient(), 'forward'],
    ['a version below the floor', 'strict.test', tlsClient(strict, { version: '1.2' }), 'tls-version'],
    ['the floor itself', 'strict.test', tlsClient(strict, { version: '1.3' }), 'forward'],
    ['TLS 1.1 on the legacy listener', HOST, tlsClient(POLICY, { version: '1.1' }), 'tls-version'],
  ])('%s', (_, host, from, expected) => {
    expect(outcomeOf(given, request('GET /', [`Host: ${host}`]), from).split(' ')[0]).toBe(expected);
  });

  test('a policy that allows TLS 1.1 gets it', () => {
    const old = serving([open({ tls: { ...TLS, minVersion: '1.1' } })]);
    expect(outcomeOf(old, request('GET /'), tlsClient('chat/tls 1.1', { version: '1.1' }))).toBe(
      `forward ${HOST}`,
    );
  });
});
