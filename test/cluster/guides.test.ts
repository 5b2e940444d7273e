// The guide to pre-authentication from its first step to the rotation of the secret, and the looks of the guide to
// trouble: their commands word for word on a real API server. And all policies of all guides, as it judges them.
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { filesBelow } from '../architecture/walker.ts';
import { makeCertificate } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { guideBlocks } from '../support/guide.ts';
import { service, slices, tlsSecret } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import { Namespace } from './harness/namespace.ts';
import { ownCluster } from './harness/shared.ts';

/** A status is written at most every five seconds; a leader that was paused for too long is replaced after seventeen. */
const WRITTEN = { timeout: 60_000, interval: 100 };
const ROOT = join(import.meta.dirname, '../..');
const HOST = 'chat.example.com';
const HEADER = 'X-Mattermost-Preauth-Secret';

const scene = new Scene();
let own: Awaited<ReturnType<typeof ownCluster>>;
let namespace: Namespace;
let controller: ControllerProcess;
let ca = '';
/** Where the reader works. */
let desk = '';

beforeAll(async () => {
  own = await ownCluster({ hasControllers: false });
  await own.cluster.installCrd();
  await own.cluster.mustKubectl('create', 'namespace', 'mattermost');
  namespace = new Namespace(own.cluster.api, 'mattermost');
  const node = await scene.node('node', { address: '10.244.247.1', port: 8065 });
  const pair = await makeCertificate(HOST);
  ca = pair.certificate;
  await namespace.apply(
    service('mattermost'),
    ...slices('mattermost', [{ name: node.name, address: node.address, port: node.port }]),
    tlsSecret('chat-tls', pair),
  );
  controller = await scene.controller({ source: { kubeconfig: own.cluster.kubeconfig() } });
  desk = join(own.cluster.folder, 'desk');
  mkdirSync(desk);
  const program = join(desk, 'mattermost-ingress');
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'src/main.ts')}" "$@"\n`);
  chmodSync(program, 0o755);
});

afterAll(async () => {
  await scene.end();
  await own.stop();
});

function blocks(page: string, language: string) {
  return guideBlocks(readFileSync(join(ROOT, page), 'utf8')).filter((block) => block.language === language);
}

/** The one script of a page in which these words stand. */
function script(page: string, words: string): string {
  const found = blocks(page, 'sh').filter(({ text }) => text.includes(words));
  expect(found.map(({ line }) => line)).toHaveLength(1);
  return found[0]?.text ?? '';
}

async function type(commands: string): Promise<string> {
  const { status, stdout, stderr } = await own.cluster.shell(commands, desk);
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

/** Resolves when an app with this secret, or somebody without one, is answered so. */
function answers(secret: string | undefined, status: number): Promise<void> {
  const headers = secret === undefined ? {} : { [HEADER]: secret };
  return vi.waitFor(async () => {
    const reply = await controller.get(HOST, '/api/v4/system/ping', { ca, headers });
    expect(reply.status).toBe(status);
  }, WRITTEN);
}

async function secrets(): Promise<Readonly<Record<string, string>>> {
  const { data = {} } = await namespace.read('Secret', 'preauth');
  const entries = Object.entries(data as Readonly<Record<string, string>>);
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

test('every policy of every guide is one to the API server', async () => {
  const policies = filesBelow(ROOT, 'docs', '.md')
    .flatMap((page) => blocks(page, 'yaml'))
    .filter(({ mark, text }) => mark.kind !== 'output' && text.includes('kind: MattermostIngressPolicy'));
  expect(policies.length).toBeGreaterThan(15);
  for (const { text } of policies) {
    writeFileSync(join(desk, 'shown.yaml'), text);
    await type('kubectl apply --server-side --dry-run=server -f shown.yaml');
  }
});

const GUIDE = 'docs/preauthentication.md';

test('a secret is made, and a policy that watches', async () => {
  await type(script(GUIDE, 'create secret generic preauth'));
  expect(Object.keys(await secrets())).toEqual(['current']);
  const [policy] = blocks(GUIDE, 'yaml');
  writeFileSync(join(desk, 'policy.yaml'), policy?.text ?? '');
  expect(await type(script(GUIDE, 'kubectl apply'))).toContain('0 errors');
  await vi.waitFor(
    async () =>
      expect(await type('kubectl get mmip chat -n mattermost')).toMatch(/^chat .* True +Accepted +True /mu),
    WRITTEN,
  );
  await answers(undefined, 200);
});

test('it is enforced, taken back, and enforced again', async () => {
  const { current = '' } = await secrets();
  expect(current).toMatch(/^\S{44}$/u);
  await type(script(GUIDE, '"mode":"Enforce"'));
  await answers(undefined, 403);
  await answers(current, 200);
  await type(script(GUIDE, `patch mmip chat --type merge -p '{"spec":{"admission":{"mode":"Observe"`));
  await answers(undefined, 200);
  await type(script(GUIDE, '"mode":"Enforce"'));
  await answers(undefined, 403);
});

test('a file that says otherwise than the patch is refused, and one that says nothing of it is taken', async () => {
  const apply = 'kubectl apply --server-side -f policy.yaml';
  const { status, stderr } = await own.cluster.shell(apply, desk);
  expect([status, stderr]).toEqual([1, expect.stringContaining('conflict with "kubectl-patch"')]);
  const policy = readFileSync(join(desk, 'policy.yaml'), 'utf8');
  writeFileSync(join(desk, 'policy.yaml'), policy.replace(/^ *mode: Observe.*\n/mu, ''));
  await type(apply);
  await answers(undefined, 403);
});

test('a rotation has both values overlap', async () => {
  const { current: old = '' } = await secrets();
  const rotation = script('docs/runbook.md', 'patch secret preauth').split('\n');
  const removal = rotation.findIndex((line) => line.includes('"op":"remove"'));
  await type(rotation.slice(0, removal).join('\n'));
  const { autumn = '' } = await secrets();
  expect(autumn).toMatch(/^[0-9a-f]{48}$/u);
  await answers(autumn, 200);
  await answers(old, 200);
  await type(rotation.slice(removal).join('\n'));
  await answers(old, 403);
  await answers(autumn, 200);
});

test('what guides tell people to look at is there', async () => {
  const looks = ['docs/troubleshooting.md', GUIDE].flatMap((page) =>
    blocks(page, 'sh').flatMap(({ text }) =>
      text.split('\n').filter((line) => /^kubectl .*\b(?:get|describe) mmip\b/u.test(line)),
    ),
  );
  expect(looks.length).toBeGreaterThan(3);
  for (const look of looks) expect((await type(look)).trim()).not.toBe('');
  const generations = /`(kubectl -n mattermost get mmip chat -o jsonpath='[^`]*observedGeneration[^`]*)`/u;
  const [, look = ''] = generations.exec(readFileSync(join(ROOT, 'docs/troubleshooting.md'), 'utf8')) ?? [];
  await vi.waitFor(async () => expect(await type(look)).toMatch(/^(\d+)(?: \1)+\n$/u), WRITTEN);
});
