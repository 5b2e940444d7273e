// Who is shown the dashboard, by the address asked from: a network namespace of its own has one that is not loopback.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../support/admin-program.ts', import.meta.url));
const NETWORK = 'ip link set lo up && ip address add 192.0.2.1/32 dev lo';

test('from another address only health and metrics are answered, unless all are to be shown the rest', (context) => {
  if (spawnSync('unshare', ['-n', 'sh', '-c', NETWORK]).status !== 0)
    context.skip('this user may not make a network namespace (unshare -n)');
  const script = `${NETWORK} && exec "$@"`;
  const args = ['-n', 'sh', '-c', script, 'sh', process.execPath, PROGRAM];
  const { stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8', timeout: 15_000 });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual({
    hidden: {
      '/': [403, 403],
      '/dashboard/dashboard.js': [403, 403],
      '/api/state': [403, 403],
      '/livez': [200, 200],
      '/metrics': [200, 200],
    },
    shown: {
      '/': [200, 200],
      '/dashboard/dashboard.js': [200, 200],
      '/api/state': [200, 200],
      '/livez': [200, 200],
      '/metrics': [200, 200],
    },
  });
});
