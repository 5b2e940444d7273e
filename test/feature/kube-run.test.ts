// The whole program on an API server: policies applied there are served, and losing the server loses nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MattermostNode } from '../../src/demo/mattermost/node.ts';
import { request } from '../../src/demo/mattermost/session.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { policy, service, slice } from '../support/kube/cluster-objects.ts';
import { FakeApiServer, type Fault } from '../support/kube/fake-api-server.ts';
import { LogLines } from '../support/log-lines.ts';
import { Scene } from '../support/scene.ts';

const PROGRAM = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const scene = new Scene();
let folder = '';
let server: FakeApiServer;
let node: MattermostNode;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kube-run-'));
  server = await FakeApiServer.start();
  scene.add(server);
  node = await scene.node('node');
});

afterAll(async () => {
  await scene.end();
  rmSync(folder, { recursive: true, force: true });
});

function kubeconfig(of: FakeApiServer): string {
  const file = join(folder, `config-${new URL(of.url).port}`);
  writeFileSync(file, of.kubeconfig('{token: token-1}'));
  return file;
}

/** A site with policy, Service and one endpoint. */
function apply(to: FakeApiServer, name: string): void {
  to.cluster.put('services', service(name));
  to.cluster.put('endpointslices', slice(name, node.port));
  to.cluster.put('mattermostingresspolicies', policy(name));
}

async function statusOf(controller: ControllerProcess, name: string): Promise<number> {
  return (await controller.get(`${name}.example.com`, '/')).status;
}

async function readiness(controller: ControllerProcess): Promise<number> {
  return (await controller.admin('/readyz')).status;
}

describe('run --kubeconfig', () => {
  let controller: ControllerProcess;

  beforeAll(async () => {
    apply(server, 'first');
    controller = await scene.controller({
      source: { kubeconfig: kubeconfig(server) },
      // The fake node lives where no endpoint of a cluster may.
      flags: { 'deny-endpoint-cidrs': 'off' },
    });
  });

  test('says what it reads from, and serves what is there', async () => {
    const facts = { source: `kubeconfig ${kubeconfig(server)}`, server: server.url, namespaces: 'all' };
    expect(await controller.logged({ msg: 'reading objects', ...facts })).toBeDefined();
    expect(await controller.logged({ msg: 'controller started', ...facts })).toBeDefined();
    expect([await statusOf(controller, 'first'), await readiness(controller)]).toEqual([200, 200]);
  });

  test('serves a policy as soon as it is applied, and no longer once it is deleted', async () => {
    expect(await statusOf(controller, 'second')).toBe(404);
    apply(server, 'second');
    await eventually(async () => expect(await statusOf(controller, 'second')).toBe(200));
    server.cluster.delete('mattermostingresspolicies', 'second');
    await eventually(async () => expect(await statusOf(controller, 'second')).toBe(404));
    expect(await statusOf(controller, 'first')).toBe(200);
  });

  test('the API server goes: traffic, WebSockets and readiness stay; it comes back: changes are seen', async () => {
    const { socket } = await controller.open('first.example.com');
    await server.stop();
    await controller.logged(
      ({ msg, reason }) =>
        msg === `watch failed; what was read last stays in force` && reason === 'connection',
    );
    expect([await statusOf(controller, 'first'), await readiness(controller)]).toEqual([200, 200]);
    apply(server, 'third');
    server.cluster.delete('mattermostingresspolicies', 'first');
    server.cluster.put('mattermostingresspolicies', policy('first'));
    const answered = once(socket, 'pong');
    socket.ping();
    await answered;
    await server.listen();
    await eventually(async () => expect(await statusOf(controller, 'third')).toBe(200));
    expect(await readiness(controller)).toBe(200);
    await controller.logged({ msg: 'watch works again', kind: 'MattermostIngressPolicy' });
    // Each kind has a watch of its own, which may hear of it later than another.
    await controller.expectMetrics((metrics) =>
      expect(metrics.sum('watch_errors_total', { kind: 'Service', reason: 'connection' })).toBeGreaterThan(0),
    );
    const metrics = await controller.metrics();
    expect(metrics.sum('watch_missed_events_total')).toBe(0);
    expect(metrics.matching('watch_staleness_seconds').map(({ labels }) => labels['kind'])).toEqual([
      'MattermostIngressPolicy',
      'Ingress',
      'IngressClass',
      'Service',
      'EndpointSlice',
      'Secret',
    ]);
  });

  test('the definition of policies is deleted: they stay in force, and the log says so once', async () => {
    server.cluster.serve('mattermostingresspolicies', false);
    const line = await controller.logged({ reason: 'KindUnreadable' });
    expect(line).toMatchObject({ level: 50, remedy: expect.stringContaining('mattermost-ingress crd') });
    expect([await statusOf(controller, 'first'), await readiness(controller)]).toEqual([200, 200]);
    server.cluster.serve('mattermostingresspolicies', true);
    apply(server, 'first');
  });
});

test('endpoints at loopback and at the API server are not reached unless that is allowed', async () => {
  const own = await FakeApiServer.start();
  scene.add(own);
  apply(own, 'local');
  const controller = await scene.controller({ source: { kubeconfig: kubeconfig(own) } });
  expect(await controller.logged({ reason: 'EndpointForbidden' })).toBeDefined();
  expect(await statusOf(controller, 'local')).toBe(503);
});

test('only the named namespaces are read', async () => {
  const own = await FakeApiServer.start();
  scene.add(own);
  apply(own, 'mine');
  own.cluster.put('mattermostingresspolicies', policy('theirs', 'other'));
  const controller = await scene.controller({
    source: { kubeconfig: kubeconfig(own) },
    flags: { 'watch-namespaces': 'test,empty', 'deny-endpoint-cidrs': 'off' },
  });
  await controller.logged({ msg: 'controller started', namespaces: ['test', 'empty'] });
  expect([await statusOf(controller, 'mine'), await statusOf(controller, 'theirs')]).toEqual([200, 404]);
  const asked = () =>
    own.requests.map(({ path }) => path).filter((path) => !/^\/openapi|\/leases|\/events/.test(path));
  // What no site needs may be asked for after all the rest.
  await eventually(() =>
    expect(new Set(asked().map((path) => /namespaces\/([^/]+)\//.exec(path)?.[1] ?? path))).toEqual(
      // Classes belong to the cluster; `default` is where it says at which addresses its API server is.
      new Set(['test', 'empty', 'default', '/apis/networking.k8s.io/v1/ingressclasses']),
    ),
  );
  expect(new Set(asked().filter((path) => path.includes('/default/')))).toEqual(
    new Set(['/apis/discovery.k8s.io/v1/namespaces/default/endpointslices']),
  );
});

describe('while the API server has not answered', () => {
  /** `run` that cannot get ready; ends with the test. */
  async function startWaiting(of: FakeApiServer, ...more: readonly string[]) {
    const flags = ['--http-port', '0', '--https-port', '0', '--admin-port', '0', '--workers', '1'];
    const child = spawn(
      process.execPath,
      [PROGRAM, 'run', '--kubeconfig', kubeconfig(of), ...flags, ...more],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const log = new LogLines();
    child.stdout.setEncoding('utf8').on('data', (text: string) => log.push(text));
    scene.add({ stop: async () => child.kill('SIGKILL') });
    const { adminPort } = await log.wait(({ msg }) => msg === 'reading objects');
    const ready = async () => (await request({ url: `http://127.0.0.1:${String(adminPort)}/readyz` })).status;
    return { child, log, ready };
  }

  test('it waits, is not ready, says so, and goes on when the server is there', async () => {
    const own = await FakeApiServer.start();
    scene.add(own);
    apply(own, 'late');
    await own.stop();
    const { log, ready } = await startWaiting(own);
    await log.wait(({ msg, reason }) => String(msg).startsWith('watch failed') && reason === 'connection');
    expect(await ready()).toBe(503);
    await own.listen();
    await log.wait(({ msg }) => msg === 'controller started');
    await eventually(async () => expect(await ready()).toBe(200));
  });

  test('a new life serves what the last one has kept, and says so', async () => {
    const own = await FakeApiServer.start();
    scene.add(own);
    apply(own, 'kept');
    const cache = join(folder, 'cache');
    const flags = { 'state-cache': cache, 'deny-endpoint-cidrs': 'off' };
    const first = await scene.controller({ source: { kubeconfig: kubeconfig(own) }, flags });
    await eventually(() => expect(readdirSync(cache)).toEqual(['state.ndjson']));
    first.signal('SIGKILL');
    await own.stop();
    const options = ['--state-cache', cache, '--deny-endpoint-cidrs', 'off'];
    const { log, ready } = await startWaiting(own, ...options);
    await expect.poll(ready, { timeout: 60_000 }).toBe(200);
    const { ports } = await log.wait(({ msg }) => msg === 'controller started');
    const connectTo = { address: '127.0.0.1', port: (ports as { readonly http: number }).http };
    const status = async (name: string) =>
      (await request({ url: `http://${name}.example.com/`, connectTo })).status;
    expect(await status('kept')).toBe(200);
    expect(await log.wait(({ msg }) => String(msg).startsWith('the API server is away'))).toMatchObject({
      level: 40,
      objects: 3,
    });
    apply(own, 'late');
    await own.listen();
    await expect.poll(() => status('late'), { timeout: 90_000 }).toBe(200);
  }, 200_000);

  test('policies that may not be read are no empty list: it is not ready; SIGTERM ends it at once', async () => {
    const own = await FakeApiServer.start();
    scene.add(own);
    const forbidden: Fault = { kind: 'status', status: 403, reason: 'Forbidden' };
    own.fault('list', 'mattermostingresspolicies', ...Array.from({ length: 9 }, () => forbidden));
    const { child, log, ready } = await startWaiting(own);
    await log.wait(({ kind, reason }) => kind === 'MattermostIngressPolicy' && reason === 'forbidden');
    expect(await ready()).toBe(503);
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});

test('a kubeconfig that cannot be used is refused with exit code 2', async () => {
  const file = join(folder, 'broken');
  writeFileSync(file, 'apiVersion: v1\nkind: Config\n');
  const child = spawn(process.execPath, [PROGRAM, 'run', '--kubeconfig', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  expect(await once(child, 'close')).toEqual([2, null]);
  expect(said).toContain(`Kubeconfig ${file}`);
});
