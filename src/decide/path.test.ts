// Paths: conditions by segment (rows K4 and K5), broken escapes (K3), and what else a path could mean (K2).
import { describe, expect, test } from 'vitest';
import type { PathCondition } from '../model/configuration.ts';
import { hasBadEscape, interpretations, isBelow, isWebSocketPath, meetsPath } from './path.ts';

describe('a path lies below a prefix by whole segments (row K4)', () => {
  test.each([
    ['/', '/', true],
    ['/anything', '/', true],
    ['/api', '/api', true],
    ['/api/', '/api', true],
    ['/api/v4', '/api', true],
    ['/api//v4', '/api', true],
    ['/apiv2', '/api', false],
    ['/api-v2/x', '/api', false],
    ['/api.json', '/api', false],
    ['/ap', '/api', false],
    ['/', '/api', false],
    ['/x/api', '/api', false],
    ['/API', '/api', false],
    ['/api%2fv4', '/api', false],
    ['/chat/api/v4', '/chat/api', true],
    ['/chatapi', '/chat', false],
    ['/api', '/api/', true],
    ['/apiv2', '/api/', false],
  ])('%s below %s: %s', (path, prefix, expected) => {
    expect(isBelow(path, prefix)).toBe(expected);
  });
});

describe('conditions', () => {
  const exact: PathCondition = { type: 'Exact', value: '/api/v4/notifications/ack' };
  const prefix: PathCondition = { type: 'Prefix', value: '/static' };
  const everywhere: PathCondition = { type: 'Prefix', value: '/' };
  const pattern: PathCondition = { type: 'Pattern', segments: ['oauth', '*', 'complete'] };
  const single: PathCondition = { type: 'Pattern', segments: ['*'] };
  test.each([
    ['Exact, the same', exact, '/api/v4/notifications/ack', true],
    ['Exact, a slash behind', exact, '/api/v4/notifications/ack/', false],
    ['Exact, more behind', exact, '/api/v4/notifications/acknowledge', false],
    ['Exact, below', exact, '/api/v4/notifications/ack/x', false],
    ['Exact, other case', exact, '/api/v4/notifications/ACK', false],
    ['Exact, in the middle of another', exact, '/x/api/v4/notifications/ack', false],
    ['Prefix, itself', prefix, '/static', true],
    ['Prefix, below', prefix, '/static/main.css', true],
    ['Prefix, another segment', prefix, '/statics/main.css', false],
    ['Prefix /, everything', everywhere, '/x', true],
    ['Pattern', pattern, '/oauth/gitlab/complete', true],
    ['Pattern, all characters of a segment', pattern, '/oauth/aZ09_-/complete', true],
    ['Pattern, empty segment', pattern, '/oauth//complete', false],
    ['Pattern, dot', pattern, '/oauth/a.b/complete', false],
    ['Pattern, dots', pattern, '/oauth/../complete', false],
    ['Pattern, escape', pattern, '/oauth/a%2fb/complete', false],
    ['Pattern, parameter', pattern, '/oauth/a;b/complete', false],
    ['Pattern, two segments for one', pattern, '/oauth/a/b/complete', false],
    ['Pattern, no segment for one', pattern, '/oauth/complete', false],
    ['Pattern, more behind', pattern, '/oauth/a/complete/x', false],
    ['Pattern, a slash behind', pattern, '/oauth/a/complete/', false],
    ['Pattern, too short', pattern, '/oauth/a', false],
    ['Pattern, literal that begins alike', pattern, '/oauth/a/completed', false],
    ['Pattern, literal in other case', pattern, '/OAuth/a/complete', false],
    ['Pattern, a line feed at the end', pattern, '/oauth/a/complete\n', false],
    ['Pattern of one', single, '/x', true],
    ['Pattern of one, line feed', single, '/x\n', false],
    ['Pattern of one, the root', single, '/', false],
  ])('%s: %j', (_, condition, path, expected) => {
    expect(meetsPath(path, condition)).toBe(expected);
  });
});

describe("the place of Mattermost's WebSocket", () => {
  test.each([
    ['/api/v4/websocket', '/', true],
    ['/api/v4/websocket/', '/', true],
    ['/api/v3/users/websocket', '/', true],
    ['/api/v10/websocket', '/', true],
    ['/chat/api/v4/websocket', '/chat', true],
    ['/chat/api/v4/users/websocket/', '/chat', true],
    ['/api/v4/websocket', '/chat', false],
    ['/chat/api/v4/websocket', '/', false],
    ['/chatapi/v4/websocket', '/chat', false],
    ['/api/v4/websocket//', '/', false],
    ['/api/v4/websockets', '/', false],
    ['/api/v4/websocket/x', '/', false],
    ['/api/v4/teams/websocket', '/', false],
    ['/api/v/websocket', '/', false],
    ['/api/v4a/websocket', '/', false],
    ['/api/v４/websocket', '/', false],
    ['/api/v4/websocket\n', '/', false],
    ['/API/v4/websocket', '/', false],
    ['/api/v4/%77ebsocket', '/', false],
    ['/x/api/v4/websocket', '/', false],
    ['/plugins/focalboard/ws', '/', false],
  ])('%s in site %s: %s', (path, sitePath, expected) => {
    expect(isWebSocketPath(path, sitePath)).toBe(expected);
  });
});

describe('broken escapes (row K3)', () => {
  test.each([
    ['no digits', '/%zz', true],
    ['one digit', '/%4', true],
    ['one digit and another sign', '/%4g', true],
    ['nothing', '/%', true],
    ['nothing before a segment', '/%/x', true],
    ['two signs', '/%%41', true],
    ['UTF-16', '/%u0041', true],
    ['overlong slash', '/%c0%af', true],
    ['overlong dot', '/%c0%ae%c0%ae/', true],
    ['overlong slash of three bytes', '/%e0%80%af', true],
    ['half of a character', '/caf%c3', true],
    ['latin1', '/caf%e9', true],
    ['a surrogate', '/%ed%a0%80', true],
    ['beyond Unicode', '/%f4%90%80%80', true],
    ['NUL', '/a%00b', true],
    ['line feed', '/a%0Ab', true],
    ['carriage return', '/a%0d', true],
    ['tab', '/a%09', true],
    ['the last control character below blank', '/a%1f', true],
    ['delete', '/a%7f', true],
    ['delete, upper case', '/a%7F', true],
    ['blank', '/a%20b', false],
    ['percent', '/100%25', false],
    ['escaped NUL, which is text when decoded once', '/a%2500', false],
    ['UTF-8', '/caf%C3%A9', false],
    ['UTF-8 of four bytes', '/%f0%9f%98%80', false],
    ['slash', '/a%2Fb', false],
    ['none', '/a/b', false],
  ])('%s: %s', (_, path, expected) => {
    expect(hasBadEscape(path)).toBe(expected);
  });
});

describe('readings (row K2)', () => {
  test.each([
    ['a plain path', '/api/v4/users'],
    ['the root', '/'],
    ['a dot inside a segment', '/static/main.1234.css'],
    ['signs without a second meaning', "/a-b_c~d!e$f&g'h(i)*j+k,l=m:n@o"],
  ])('%s has no other', (_, path) => {
    expect(interpretations(path)).toEqual([]);
  });

  test.each([
    ['escaped slash', '/a%2fb', '/a/b'],
    ['escaped slash, upper case', '/a%2Fb', '/a/b'],
    ['escaped letter', '/%61pi', '/api'],
    ['escaped twice', '/a%252fb', '/a/b'],
    ['escaped twice, beside text that is no escape', '/%25zz/%252e%252e/b', '/b'],
    ['escaped twice, beside what is no UTF-8', '/%25ff%252e%252e%252fb', '/%ff../b'],
    ['dot segments', '/a/../b', '/b'],
    ['one dot', '/a/./b', '/a/b'],
    ['dots at the end', '/a/b/..', '/a/'],
    ['dots at the end, which leave no slash', '/a/b/..', '/a'],
    ['one dot at the end', '/a/b/.', '/a/b/'],
    ['one dot at the end, which leaves no slash', '/a/b/.', '/a/b'],
    ['dots at the end of everything', '/a/..', '/'],
    ['more dots than segments', '/../../b', '/b'],
    ['escaped dots', '/a/%2e%2e/b', '/b'],
    ['half-escaped dots', '/a/.%2e/b', '/b'],
    ['dots escaped twice', '/a/%252e%252e/b', '/b'],
    ['dots behind an escaped slash', '/a%2f..%2fb', '/b'],
    ['two slashes', '/a//b', '/a/b'],
    ['two slashes in front', '//evil/a', '/evil/a'],
    ['slashes, then dots', '/a//../b', '/b'],
    ['dots, then slashes', '/a//../b', '/a/b'],
    ['dots, then slashes that were left', '/a//..//b', '/a/b'],
    ['backslash', '/a\\b', '/a/b'],
    ['escaped backslash', '/a%5Cb', '/a/b'],
    ['backslash and dots', '/a\\..\\b', '/b'],
    ['escaped backslash and dots', '/a%5c..%5cb', '/b'],
    ['two backslashes', '/a\\\\b', '/a/b'],
    ['two backslashes beside a parameter that stays', '/a;x\\\\b', '/a;x/b'],
    ['parameter', '/a;x=1/b', '/a/b'],
    ['escaped parameter', '/a%3bx/b', '/a/b'],
    ['parameter at the end', '/a/b;jsessionid=1', '/a/b'],
    ['parameter behind dots', '/a/..;/b', '/b'],
    ['parameter behind dots, escaped', '/a/%2e%2e%3bx/b', '/b'],
    ['parameter that becomes nothing', '/a/;/b', '/a/b'],
    ['dots with parameters, backslashes', '/a\\..;x\\b', '/b'],
    ['capitals', '/API/v4', '/api/v4'],
    ['escaped capitals', '/%41PI', '/api'],
    ['all of it', '/X%5C..%3B%2F%2FAPI/.%2Fv4', '/api/v4'],
  ])('%s: %s could be %s', (_, path, reading) => {
    expect(interpretations(path)).toContain(reading);
  });

  test.each([
    ['NUL', '/a%00'],
    ['NUL, escaped twice', '/a%2500'],
    ['line feed, escaped twice', '/a%250ab'],
    ['delete, escaped twice', '/a%257f'],
  ])('a hidden control character is none that can be judged: %s', (_, path) => {
    expect(interpretations(path)).toBeUndefined();
  });

  test('the path itself is not among them', () => {
    expect(interpretations('/API/../x;y')).not.toContain('/API/../x;y');
  });
});
