// Which site: hosts, paths, and paths that could mean two (rows K1, K2, K4, S1).
import { posix } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PathCondition } from '../model/configuration.ts';
import { compileHosts } from './compiled.ts';
import { findHost, findSite, isUnambiguous } from './match.ts';
import { isWebSocketPath, meetsPath } from './path.ts';
import { admission, CLOSED, openSite, rule, site } from './test-objects.ts';

describe('hosts', () => {
  const hosts = compileHosts(
    ['chat.example.com', '*.example.com', '*.eu.example.com', 'example.org', '*.org'].map((host) =>
      site(host),
    ),
  );

  test.each([
    ['chat.example.com', 'chat.example.com'],
    ['other.example.com', '*.example.com'],
    ['a.b.example.com', undefined],
    ['example.com', undefined],
    ['.example.com', undefined],
    ['eu.example.com', '*.example.com'],
    ['team.eu.example.com', '*.eu.example.com'],
    ['x.chat.example.com', undefined],
    ['example.org', 'example.org'],
    ['other.org', '*.org'],
    ['org', undefined],
    ['chat.example.com.evil.test', undefined],
    ['evilchat.example.com', '*.example.com'],
    ['', undefined],
    ['*.example.com', '*.example.com'],
    ['__proto__', undefined],
    ['[::1]', undefined],
  ])('%s is served by %s', (hostname, pattern) => {
    expect(findHost(hosts, hostname)?.pattern).toBe(pattern);
  });

  test('a site with several hosts answers at each, under its own name', () => {
    const both = compileHosts([{ ...site('a.test'), hosts: ['a.test', '*.b.test'] }]);
    const labels = ['a.test', 'x.b.test'].map((name) =>
      findHost(both, name)?.sites.map((each) => each.labels),
    );
    const owner = { kind: 'MattermostIngressPolicy', namespace: 'chat', name: 'a.test' };
    expect(labels).toEqual([[{ ...owner, host: 'a.test' }], [{ ...owner, host: '*.b.test' }]]);
  });

  test('a closed exact host shadows the wildcard, at all paths', () => {
    const table = compileHosts([site('chat.example.com/chat', CLOSED), site('*.example.com')]);
    const host = findHost(table, 'chat.example.com');
    expect(host?.sites.map((each) => each.open)).toEqual([undefined]);
    expect(host && findSite(host, '/elsewhere')).toBeUndefined();
  });
});

function hostOf(...places: readonly string[]) {
  const host = findHost(compileHosts(places.map((place) => site(place))), 'h.test');
  if (host === undefined) throw new Error('The host is missing');
  return host;
}

describe('the longest path wins, by segment', () => {
  const host = hostOf('h.test/', 'h.test/chat', 'h.test/chat/eu');
  test.each([
    ['/', '/'],
    ['/chat', '/chat'],
    ['/chat/', '/chat'],
    ['/chat/api', '/chat'],
    ['/chatter', '/'],
    ['/chat/eu', '/chat/eu'],
    ['/chat/europe', '/chat'],
    ['/chat/eu/api', '/chat/eu'],
    ['/CHAT', '/'],
  ])('%s belongs to %s', (path, sitePath) => {
    expect(findSite(host, path)?.site.path).toBe(sitePath);
  });

  test('whatever the order in which sites came', () => {
    const reversed = hostOf('h.test/chat/eu', 'h.test/', 'h.test/chat');
    expect(findSite(reversed, '/chat/eu/x')?.site.path).toBe('/chat/eu');
  });

  test('no site of the host has the path', () => {
    expect(findSite(hostOf('h.test/chat'), '/other')).toBeUndefined();
  });
});

/** A host whose one site has these conditions. */
function hostWith(paths: readonly PathCondition[], sitePath = '/') {
  const service = openSite({ admission: admission([rule('published', { paths })]) });
  const host = findHost(compileHosts([site(`h.test${sitePath}`, service)]), 'h.test');
  if (host === undefined) throw new Error('The host is missing');
  return host;
}

const ACK: PathCondition = { type: 'Exact', value: '/api/v4/notifications/ack' };
const STATIC: PathCondition = { type: 'Prefix', value: '/static' };
const OAUTH: PathCondition = { type: 'Pattern', segments: ['oauth', '*', 'complete'] };

describe('a host without path rules takes paths as they are (row K1)', () => {
  test.each(['/a/../b', '//a', '/a%2fb', '/a;b', '/A', '/a\\b', '/%2e%2e/', '/a%2500'])('%s', (path) => {
    expect(isUnambiguous(hostOf('h.test'), path)).toBe(true);
  });

  test.each(['/%zz', '/%', '/%c0%af', '/a%00'])('but no broken escapes (row K3): %s', (path) => {
    expect(isUnambiguous(hostOf('h.test'), path)).toBe(false);
  });
});

describe('a host with path rules refuses what could be another path (row K2)', () => {
  const host = hostWith([ACK, STATIC, OAUTH]);
  test.each([
    ['a plain path', '/api/v4/users', true],
    ['a published path', '/api/v4/notifications/ack', true],
    ['a path below a published one', '/static/a/b.js', true],
    ['%2f', '/static%2fa', false],
    ['%2F', '/api/v4/notifications%2Fack', false],
    ['%2f twice escaped', '/api/v4/notifications%252fack', false],
    ['%2e%2e out of a published path', '/static/%2e%2e/api/v4/users', false],
    ['/../ out of a published path', '/static/../api/v4/users', false],
    ['/../ into a published path', '/api/../static/x', false],
    ['/../ that stays outside', '/api/v4/../v4/users', true],
    ['/../ that stays inside', '/static/a/../b', true],
    ['/./ inside', '/static/./b', true],
    ['/./ in front', '/./static', false],
    ['/. behind an exact path', '/api/v4/notifications/ack/.', false],
    ['/x/.. behind an exact path', '/api/v4/notifications/ack/x/..', false],
    ['/. behind a prefix', '/static/.', true],
    ['/..;/ out of a published path', '/static/..;/api', false],
    ['\\..\\ out of a published path', '/static\\..\\api', false],
    ['\\ inside', '/static/a\\b', true],
    ['\\ out of a published path', '/static/a\\..\\..\\api', false],
    ['%5c out of a published path', '/static/%5c..%5c..%5capi', false],
    ['// in front', '//static/x', false],
    ['// inside an exact path', '/api/v4//notifications/ack', false],
    ['// elsewhere', '/api//v4/users', true],
    ['; behind an exact path', '/api/v4/notifications/ack;x', false],
    ['%3b behind an exact path', '/api/v4/notifications/ack%3bx', false],
    ['; behind a prefix', '/static;x/a', false],
    ['; inside', '/static/a;x', true],
    ['%00', '/static/%00', false],
    ['%2500', '/static/%2500', false],
    ['%25 alone', '/static/100%25', true],
    ['an escaped letter', '/st%61tic/x', false],
    ['an escaped letter elsewhere', '/static/st%61tic', true],
    ['capitals', '/Static/x', false],
    ['capitals elsewhere', '/static/Logo.PNG', true],
    ['capitals in a segment of a pattern', '/oauth/GitLab/complete', true],
    ['capitals in a literal of a pattern', '/oauth/gitlab/Complete', false],
    ['an escape in a segment of a pattern', '/oauth/git%6cab/complete', false],
    ['a slash hidden in a segment of a pattern', '/oauth/a%2fb/complete', true],
    ['a parameter in a segment of a pattern', '/oauth/a;b/complete', false],
  ])('%s: %s', (_, path, expected) => {
    expect(isUnambiguous(host, path)).toBe(expected);
  });
});

describe('a host with several places refuses what could be another one (row K2)', () => {
  test.each([
    ['into another site', hostOf('h.test/', 'h.test/chat'), '/x/../chat/api', false],
    ['escaped into another site', hostOf('h.test/', 'h.test/chat'), '/%63hat/api', false],
    ['out of a site', hostOf('h.test/', 'h.test/chat'), '/chat/../x', false],
    ['inside a site', hostOf('h.test/', 'h.test/chat'), '/chat/a/../b', true],
    ['the only site, from outside', hostOf('h.test/chat'), '/x/../chat', false],
    ['the only site, out of it', hostOf('h.test/chat'), '/chat/%2e%2e/', false],
    ['no site, whichever way', hostOf('h.test/chat'), '/x/../y', true],
    [
      'conditions of a site below a path',
      hostWith([{ type: 'Exact', value: '/chat/a' }], '/chat'),
      '/chat//a',
      false,
    ],
  ])('%s: %s', (_, host, path, expected) => {
    expect(isUnambiguous(host, path)).toBe(expected);
  });
});

describe('a rule that asks for WebSockets asks about the path', () => {
  const service = openSite({
    admission: admission([rule('ws', { request: 'WebSocket', bearerToken: true })]),
  });
  const host = findHost(compileHosts([site('h.test', service)]), 'h.test');
  test.each([
    ['/api/v4/websocket', true],
    ['/api/v4/%77ebsocket', false],
    ['//api/v4/websocket', false],
    ['/x/../api/v4/websocket', false],
    ['/api/v4/websocket;x', false],
    ['/api/v4/Websocket', false],
    ['/api/v4/%61/b', true],
  ])('%s: %s', (path, expected) => {
    expect(host && isUnambiguous(host, path)).toBe(expected);
  });
});

describe('what passes means the same to every server', () => {
  const decode = (text: string) => text.replace(/(?:%[0-9a-f]{2})+/gi, (run) => decodeURIComponent(run));
  const fold = (text: string) => text.replaceAll('\\', '/');
  const bare = (text: string) => text.replace(/;[^/]*/g, '');
  /** How servers read a path before they route it, told in other words than the product's. */
  const servers: Readonly<Record<string, (path: string) => string>> = {
    'decodes and cleans': (path) => posix.normalize(decode(path)),
    'cleans only': (path) => posix.normalize(path),
    'decodes only': decode,
    'behind another that decodes': (path) => posix.normalize(decode(decode(path))),
    'knows parameters': (path) => posix.normalize(decode(bare(path))),
    'knows parameters that were escaped': (path) => posix.normalize(bare(decode(path))),
    'knows backslashes': (path) => posix.normalize(fold(decode(path))),
    'knows backslashes and no case': (path) => posix.normalize(fold(decode(path))).toLowerCase(),
    'knows no case': (path) => path.toLowerCase(),
    'knows all of it': (path) => posix.normalize(bare(fold(decode(decode(path))))).toLowerCase(),
  };
  const pieces =
    '/ // /./ /../ .. . ; ;x \\ %2f %5C %2e %2E%2e %3b %25 %252f %252e x Y %73tatic ' +
    '/static static /Static /api/v4/websocket /oauth/ /complete';
  const piece = fc.constantFrom(...pieces.split(' '));
  const path = fc.array(piece, { maxLength: 7 }).map((pieces) => `/${pieces.join('')}`);
  const conditions = [STATIC, OAUTH, { type: 'Exact', value: '/static/x' } as const];
  const rules = [
    rule('published', { paths: conditions }),
    rule('ws', { request: 'WebSocket', bearerToken: true }),
  ];
  const table = compileHosts([
    site('h.test', openSite({ admission: admission(rules) })),
    site('h.test/oauth'),
  ]);
  const host = findHost(table, 'h.test');
  const meaning = (text: string) => [
    host && findSite(host, text)?.site.path,
    ...conditions.map((condition) => meetsPath(text, condition)),
    isWebSocketPath(text, '/'),
  ];

  test.each(Object.entries(servers))('a server that %s', (_, read) => {
    let passed = 0;
    fc.assert(
      fc.property(path, (text) => {
        if (host === undefined || !isUnambiguous(host, text)) return;
        passed++;
        expect(meaning(read(text))).toEqual(meaning(text));
      }),
      { numRuns: 400 },
    );
    expect(passed).toBeGreaterThan(20);
  });
});
