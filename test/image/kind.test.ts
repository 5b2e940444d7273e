// deploy/kind: what can be said of it without Docker. The script itself is for people who have it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { call } from './builder.ts';

const PROJECT = join(import.meta.dirname, '../..');
const FOLDER = join(PROJECT, 'deploy/kind');

test('the manifests are right', () => {
  const main = join(PROJECT, 'src/main.ts');
  const result = call(process.execPath, [main, 'check', '--allow-missing', join(FOLDER, 'mattermost.yaml')]);
  expect(result).toMatchObject({ status: 0, out: expect.stringContaining('in 1 policy of 1 file') });
});

test('script and cluster agree on the ports', () => {
  const script = readFileSync(join(FOLDER, 'up.sh'), 'utf8');
  const { nodes } = parse(readFileSync(join(FOLDER, 'cluster.yaml'), 'utf8')) as {
    readonly nodes: readonly {
      readonly extraPortMappings: readonly { readonly containerPort: number; readonly hostPort: number }[];
    }[];
  };
  const [http, https] = nodes[0]?.extraPortMappings ?? [];
  expect(script).toContain(
    `--set service.nodePorts.http=${http?.containerPort} --set service.nodePorts.https=${https?.containerPort}`,
  );
  expect(script).toContain(`E2E_ADDRESS=127.0.0.1:${http?.hostPort}:${https?.hostPort} `);
});

test.each(['deploy/kind/up.sh', 'scripts/image.sh'])('%s says how it is used', (file) => {
  const help = call(join(PROJECT, file), ['--help']);
  expect(help).toMatchObject({ status: 0, out: expect.stringMatching(/^Usage: /), error: '' });
});

test('shellcheck finds nothing in the scripts', (context) => {
  if (call('shellcheck', ['--version']).status !== 0) context.skip('shellcheck is not installed');
  const scripts = ['deploy/kind/up.sh', 'scripts/image.sh'].map((file) => join(PROJECT, file));
  expect(call('shellcheck', scripts)).toMatchObject({ status: 0, out: '' });
});

test('an argument that the script does not know is refused', () => {
  const result = call(join(FOLDER, 'up.sh'), ['--up']);
  expect(result).toMatchObject({ status: 2, error: expect.stringContaining('Usage: ') });
});
