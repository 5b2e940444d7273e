// decide, once a request is admitted: limits of bodies, endpoints, and what is told about the request.
import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import {
  address,
  CLOSED,
  client,
  endpoint,
  HOST,
  openSite,
  request,
  serving,
  SETTINGS,
  site,
} from './test-objects.ts';

describe('bodies', () => {
  test.each([
    ['none', { kind: 'none' }, 'forward'],
    ['at the limit', { kind: 'length', bytes: 1000 }, 'forward'],
    ['over the limit', { kind: 'length', bytes: 1001 }, 'reject'],
    ['of unknown length, which is counted as it comes', { kind: 'chunked' }, 'forward'],
  ] as const)('%s', (_, framing, expected) => {
    const head = request('POST /', [], { framing });
    expect(decide(serving([site(HOST)]), head, client(), SETTINGS).kind).toBe(expected);
  });

  test('no limit', () => {
    const given = serving([site(HOST, openSite({ requestBodyMaxBytes: Number.MAX_SAFE_INTEGER }))]);
    const head = request('POST /', [], { framing: { kind: 'length', bytes: Number.MAX_SAFE_INTEGER } });
    expect(decide(given, head, client(), SETTINGS).kind).toBe('forward');
  });
});

describe('endpoints', () => {
  test.each([
    ['a backend that is not there', serving([site(HOST, openSite({ backend: 'gone' }))]), 'no-endpoints'],
    ['a backend without endpoints', serving([site(HOST)], []), 'no-endpoints'],
  ])('%s', (_, given, reason) => {
    const decision = decide(given, request('GET /'), client(), SETTINGS);
    expect(decision).toMatchObject({ kind: 'reject', reason, context: { admission: { action: 'Allow' } } });
  });

  test('a draining endpoint is better than none', () => {
    const given = serving([site(HOST)], [endpoint('a', { state: 'draining' })]);
    expect(decide(given, request('GET /'), client(), SETTINGS).kind).toBe('forward');
  });

  test('the keys of persistence are read', () => {
    const head = request('GET /', ['Cookie: MMSTICKY=node-1-old']);
    const decision = decide(serving([site(HOST)]), head, client(), SETTINGS);
    expect(decision).toMatchObject({ target: { keys: { sentToken: 'node-1-old' } } });
  });
});

describe('what is told about a request', () => {
  const owner = { kind: 'MattermostIngressPolicy', namespace: 'chat' };
  const quiet = openSite({ accessLog: false });
  const given = serving([site('*.example.com/chat', quiet), site('closed.test', CLOSED)]);
  const labels = { ...owner, name: '*.example.com/chat', host: '*.example.com' };
  test.each([
    ['an unknown host: no label that a client could choose', 'evil.test', '/', undefined, '/', true],
    ['a path that no site has', HOST, '/', undefined, '/', true],
    ['a site: its pattern, never what was sent', HOST, '/chat/x', labels, '/chat', false],
    ['a closed site', 'closed.test', '/', { ...owner, name: 'closed.test', host: 'closed.test' }, '/', true],
  ])('%s', (...[, host, path, siteLabels, sitePath, logsAccess]) => {
    const { context } = decide(given, request(`GET ${path}`, [`Host: ${host}`]), client(), SETTINGS);
    expect(context).toMatchObject({ sitePath, logsAccess, scheme: 'http', port: 8080 });
    expect(context.site).toEqual(siteLabels);
    expect(context.address).toEqual(address('203.0.113.9'));
  });
});

test('the same request, configuration and client give the same decision', () => {
  const given = serving([site(HOST)], [endpoint('a'), endpoint('b')]);
  const head = request('GET /x', ['Cookie: MMUSERID=abcdefghijklmnopqrstuvwx01']);
  const frozen = structuredClone(head);
  const first = decide(given, head, client(), SETTINGS);
  expect(decide(given, head, client(), SETTINGS)).toEqual(first);
  expect(head).toEqual(frozen);
});
