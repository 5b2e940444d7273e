// Where Mattermost is asked, and who is asked at all.
import { describe, expect, test } from 'vitest';
import type { BackendSpec } from '../api/policy.ts';
import { compileHealth, pingOf } from './health.ts';

test.each([
  ['/', '/api/v4/system/ping'],
  ['/chat', '/chat/api/v4/system/ping'],
  ['/a/b', '/a/b/api/v4/system/ping'],
  // Paths of an Ingress that belong to the installation above them.
  ['/api/v4/websocket', '/api/v4/system/ping'],
  ['/chat/api/v4/websocket', '/chat/api/v4/system/ping'],
  ['/plugins/com.mattermost.calls', '/api/v4/system/ping'],
  ['/apiary', '/apiary/api/v4/system/ping'],
])('the ping of %s is %s', (path, ping) => expect(pingOf(path)).toBe(ping));

describe('a check', () => {
  test.each<[string, BackendSpec['healthCheck'], boolean, boolean]>([
    ['expected', undefined, true, true],
    ['neither expected nor wished', undefined, false, false],
    ['wished', { interval: '10s' }, false, true],
    ['switched off', { disabled: true }, true, false],
    ['not switched off', { disabled: false }, false, true],
  ])('%s', (_, healthCheck, isExpected, expected) => {
    const spec = healthCheck === undefined ? {} : { healthCheck };
    expect(compileHealth(spec, { sitePath: '/', isExpected }).check !== undefined).toBe(expected);
  });

  test.each([
    ['/api/v4/system/ping', true],
    ['/chat/api/v4/system/ping?get_server_status=true', true],
    ['/healthz', false],
    ['/healthz?next=/api/v4/system/ping', false],
  ])('%s is judged as a ping: %s', (path, isPing) => {
    const health = compileHealth({ healthCheck: { path } }, { sitePath: '/', isExpected: true });
    expect(health.check).toMatchObject({ path, isPing });
  });
});
