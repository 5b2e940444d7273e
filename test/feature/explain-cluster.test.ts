// `explain --kubeconfig`: a cluster is read, never written; one that cannot be read is named.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { chosenOf, explain, explained, FROM, SECRET } from '../support/explain-command.ts';
import { policy, secret, service, slice } from '../support/kube/cluster-objects.ts';
import { FakeApiServer } from '../support/kube/fake-api-server.ts';

const url = 'http://chat.example.com/?token=canary';
let folder = '';
let server: FakeApiServer;
let kubeconfig = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'explain-cluster-'));
  server = await FakeApiServer.start();
  kubeconfig = join(folder, 'config');
  writeFileSync(kubeconfig, server.kubeconfig('{token: token-1}'));
  server.cluster.put('services', service('chat'));
  server.cluster.put('endpointslices', slice('chat'));
  server.cluster.put('mattermostingresspolicies', policy('chat'));
  server.cluster.put('secrets', secret('preauth', SECRET));
});

test('it is read, and nothing is written', async () => {
  const found = await explained([url, ...FROM, '--kubeconfig', kubeconfig, '--deny-endpoint-cidrs', 'off']);
  expect(found).toMatchObject({ outcome: 'forward', site: { name: 'chat', namespace: 'test' } });
  expect(chosenOf(found)).toEqual(['chat-0']);
  expect(new Set(server.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
});

test('an endpoint that no node may be is left out, as in a controller', async () => {
  const found = await explained([url, ...FROM, '--kubeconfig', kubeconfig]);
  expect(found.answer.reason).toBe('no-endpoints');
});

test.each([
  ['an unknown context', ['--context', 'other'], 'there is no context other in it'],
  ['no such file', ['--kubeconfig', '/nowhere'], '/nowhere'],
])('%s', async (_, args, problem) => {
  const { code, error } = await explain([url, ...FROM, '--kubeconfig', kubeconfig, ...args]);
  expect([code, error]).toEqual([2, expect.stringContaining(problem)]);
});

test('one that cannot be reached is named, with what to try', async () => {
  // Nobody listens there, nor will: a port that was free a moment ago may be somebody's by now.
  const away = 'https://127.0.0.1:1';
  const file = join(folder, 'config-away');
  writeFileSync(file, server.kubeconfig('{token: token-1}').replace(server.url, away));
  const { code, error } = await explain([url, ...FROM, '--kubeconfig', file]);
  expect(code).toBe(2);
  expect(error).toContain(`The API server ${away}`);
  expect(error).toContain('cannot be read: connect ECONNREFUSED');
  expect(error).toContain('Try kubectl get mmip -A');
});

test('one that may not be read says what is missing', async () => {
  // Of its own: what it refuses is left for whoever comes next.
  const closed = await FakeApiServer.start();
  onTestFinished(() => closed.stop());
  const file = join(folder, 'config-closed');
  writeFileSync(file, closed.kubeconfig('{token: token-1}'));
  const forbidden = { kind: 'status', status: 403, reason: 'Forbidden' } as const;
  closed.fault('list', 'secrets', ...Array<typeof forbidden>(20).fill(forbidden));
  const { code, error } = await explain([url, ...FROM, '--kubeconfig', file]);
  expect(code).toBe(2);
  expect(error).toContain(`The API server ${closed.url}`);
  expect(error).toContain('did not tell everything. Secret objects of all namespaces cannot be read');
  expect(error).toContain('list and watch on secrets');
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});
