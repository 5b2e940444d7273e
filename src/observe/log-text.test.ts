// What becomes of hostile and of secret text on its way into a log line.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loggablePath, quoted } from './log-text.ts';

const anyText = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));

describe('paths for the log', () => {
  test.each([
    ['/', '/'],
    ['', ''],
    ['/api/v4/users/me', '/api/v4/users/me'],
    ['/api/v4/files/abc/info', '/api/v4/files/abc/info'],
    ['/team/channels/webhooks', '/team/channels/webhooks'],
    ['/plugins/hooks', '/plugins/hooks'],
    ['/hooks/', '/hooks/'],
    ['/static/100%', '/static/100%'],
    ['/emoji/%F0%9F%98%80', '/emoji/%F0%9F%98%80'],
    ['*', '*'],
  ])('%s is shown as it is', (target, shown) => {
    expect(loggablePath(target)).toBe(shown);
  });

  test.each([
    ['/api/v4/websocket?token=SECRET', '/api/v4/websocket'],
    ['/login?a=1?SECRET', '/login'],
    ['/login#SECRET', '/login'],
    ['/signup_user_complete?id=SECRET', '/signup_user_complete'],
    ['/signup_user_complete/?id=SECRET', '/signup_user_complete/'],
    ['/files/abc/public?h=SECRET', '/files/abc/public'],
    ['/?SECRET', '/'],
    ['?SECRET', ''],
  ])('%s loses its query', (target, shown) => {
    expect(loggablePath(target)).toBe(shown);
  });

  test.each([
    ['/hooks/SECRET', '/hooks/***'],
    ['/chat/hooks/SECRET', '/chat/hooks/***'],
    ['/hooks/commands/SECRET', '/hooks/***'],
    ['/hooks/SECRET/slack', '/hooks/***'],
    ['/api/v4/hooks/incoming/SECRET', '/api/v4/hooks/***'],
    ['/api/v4/teams/invite/SECRET', '/api/v4/teams/invite/***'],
    ['/invite/SECRET', '/invite/***'],
    ['/api/v4/teams/invites/SECRET', '/api/v4/teams/invites/***'],
    ['/signup_user_complete/SECRET', '/signup_user_complete/***'],
    ['/files/abc/public/SECRET', '/files/abc/public/***'],
    ['/api/v4/files/abc/public/SECRET', '/api/v4/files/abc/public/***'],
  ])('%s loses its secret', (target, shown) => {
    expect(loggablePath(target)).toBe(shown);
  });

  test.each([
    ['/HOOKS/SECRET', '/HOOKS/***'],
    ['//hooks//SECRET', '//hooks//***'],
    ['\\hooks\\SECRET', '\\hooks\\***'],
    ['hooks/SECRET', 'hooks/***'],
    ['/hooks;v=1/SECRET', '/hooks;v=1/***'],
    ['/hooks/./SECRET', '/hooks/***'],
    ['/a/../hooks/SECRET', '/a/../hooks/***'],
    ['/%68ooks/SECRET', '/hooks/***'],
    ['/%2568ooks/SECRET', '/hooks/***'],
    ['/hooks%2FSECRET', '/hooks/***'],
    ['/hooks%2fSECRET', '/hooks/***'],
    ['/hooks%5cSECRET', '/hooks\\***'],
    ['/hooks/%53ECRET', '/hooks/***'],
    ['/signup_user_complete%3Fid=SECRET', '/signup_user_complete'],
    ['/signup_user_complete%253Fid=SECRET', '/signup_user_complete'],
    ['/x%23SECRET', '/x'],
    ['/%zz/hooks/SECRET', '/%zz/hooks/***'],
  ])('%s is understood however it is written', (target, shown) => {
    expect(loggablePath(target)).toBe(shown);
  });

  test('nothing makes it throw, and nothing of a query is left', () => {
    fc.assert(
      fc.property(anyText, (path) => {
        expect(loggablePath(`/a/${path}?zzSECRETzz`)).not.toContain('zzSECRETzz');
        expect(loggablePath(`/hooks/a${path}zzSECRETzz`)).not.toContain('zzSECRETzz');
      }),
    );
  });

  test('a long hostile path takes no time worth the name', () => {
    // Backtracking without bound would outlast the time limit of a test by far.
    for (const unit of ['/files/', '/files//', '/hooks;', 'files/a/', '%25']) {
      expect(loggablePath(unit.repeat(20_000))).toBeTypeOf('string');
    }
  });
});

describe('JSON strings', () => {
  test.each([
    ['plain text', '"plain text"'],
    ['', '""'],
    ['say "hi"\\', String.raw`"say \"hi\"\\"`],
    ['a\r\nb\tc\u0000', String.raw`"a\u000d\u000ab\u0009c\u0000"`],
    ['\u001b[31mred\u007f', String.raw`"\u001b[31mred\u007f"`],
    ['caf\u00e9 \u0080\u00ff', String.raw`"caf\u00e9 \u0080\u00ff"`],
    ['\ud800 alone', String.raw`"\ud800 alone"`],
    ['\u2028\u2029', String.raw`"\u2028\u2029"`],
  ])('%j', (text, json) => {
    expect(quoted(text, 100)).toBe(json);
    expect(JSON.parse(json)).toBe(text);
  });

  test('are cut before they are escaped', () => {
    expect(quoted('abcdef', 6)).toBe('"abcdef"');
    expect(quoted('abcdefg', 6)).toBe('"abcdef..."');
    expect(quoted('\u0000'.repeat(10_000), 2)).toBe(String.raw`"\u0000\u0000..."`);
  });

  test('are ASCII and say the same, whatever the text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const json = quoted(text, 1000);
        expect(json).toMatch(/^[\x20-\x7e]*$/);
        expect(JSON.parse(json)).toBe(text);
      }),
    );
  });
});
