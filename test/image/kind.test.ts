// deploy/kind: what can be said of it without Docker. The script itself is for people who have it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { RECOMMENDED } from '../e2e/mattermost-objects.ts';
import { call } from './builder.ts';

const PROJECT = join(import.meta.dirname, '../..');
const FOLDER = join(PROJECT, 'deploy/kind');

test('the manifests are right', () => {
  const main = join(PROJECT, 'src/main.ts');
  const result = call(process.execPath, [main, 'check', '--allow-missing', join(FOLDER, 'mattermost.yaml')]);
  expect(result).toMatchObject({ status: 0, out: expect.stringContaining('in 1 policy of 1 file') });
});

test('its Mattermost pods, the runbook and the end-to-end test agree on how pods are replaced', () => {
  const [, block = ''] =
    /### A Deployment of your own[^]*?```yaml\n([^]*?)```/.exec(
      readFileSync(join(PROJECT, 'docs/runbook.md'), 'utf8'),
    ) ?? [];
  const { replicas: _, ...recommended } = (
    parse(block) as { readonly spec: Readonly<Record<string, unknown>> }
  ).spec;
  const manifests = parseAllDocuments(readFileSync(join(FOLDER, 'mattermost.yaml'), 'utf8'));
  const objects = manifests.map(
    (document) => document.toJS() as { readonly kind: string; readonly spec: unknown },
  );
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  const { containers, ...pod } = podSpecOf(recommended);
  expect(deployment?.spec).toMatchObject({ ...recommended, template: { spec: pod } });
  expect(podSpecOf(deployment?.spec).containers[0]).toMatchObject(containers[0] ?? {});
  expect(RECOMMENDED).toEqual({
    preStopSeconds: containers[0]?.lifecycle.preStop.sleep.seconds,
    graceSeconds: podSpecOf(recommended).terminationGracePeriodSeconds,
    minReadySeconds: recommended['minReadySeconds'],
  });
});

type PodSpec = {
  readonly terminationGracePeriodSeconds: number;
  readonly containers: readonly {
    readonly lifecycle: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  }[];
};

function podSpecOf(spec: unknown): PodSpec {
  return (spec as { readonly template: { readonly spec: PodSpec } }).template.spec;
}

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
