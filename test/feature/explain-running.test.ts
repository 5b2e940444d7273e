// `explain --admin`: a running controller explains itself, with what only it knows, and is what it says.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MattermostNode } from '../../src/demo/mattermost/node.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import {
  chosenOf,
  EXPLAINED_ADMISSION as admission,
  explain,
  explained,
  FROM,
  SECRET,
} from '../support/explain-command.ts';
import { startEchoServer } from '../support/echo-server.ts';
import { hostOf, policy, secret, site } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';

const checked = {
  healthCheck: {
    path: '/api/v4/system/ping',
    interval: '1s',
    // Whoever fails does so at once; who is well may stand still for a while.
    timeout: '60s',
    unhealthyThreshold: 1,
    healthyThreshold: 1,
  },
  slowStart: '0s',
};
const url = `http://${hostOf('chat')}/api/v4/users/me?token=canary&x=`;
const placesOf = (list: readonly MattermostNode[]) =>
  list.map(({ port }, at) => ({ name: `node-${at}`, port }));

const scene = new Scene();
let nodes: readonly MattermostNode[] = [];
let controller: ControllerProcess;
let admin: readonly string[] = [];

beforeAll(async () => {
  nodes = await scene.nodes('node-0', 'node-1', 'node-2');
  const echo = await startEchoServer('echo');
  scene.add(echo);
  controller = await scene.controller({
    objects: [
      ...site('chat', placesOf(nodes), { admission, backend: checked }),
      ...site('slow', [echo.place], { limits: { connectionsPerSource: 1 } }),
      secret('preauth', { current: SECRET }),
    ],
  });
  admin = ['--admin', `http://127.0.0.1:${controller.adminPort}`];
});

test('what is explained is what happens: rule, node and key', async () => {
  for (const from of ['127.0.0.1', '127.0.0.2']) {
    const found = await explained([
      `http://${hostOf('chat')}/`,
      '--from',
      from,
      ...admin,
      '-H',
      'X-Request-ID: it-is-me',
    ]);
    const { status } = await controller.get(hostOf('chat'), '/', {
      from,
      headers: { 'X-Request-ID': 'it-is-me' },
    });
    const line = await controller.logged({ requestId: 'it-is-me', client: from });
    expect(line).toMatchObject({ rule: found.admission?.rule, action: found.admission?.action });
    expect(status === 200).toBe(found.outcome === 'forward');
    if (found.outcome === 'forward') expect(chosenOf(found)).toEqual([line['endpoint']]);
    else expect([status, line['reason']]).toEqual([found.answer.status, found.answer.reason]);
  }
});

test('the secrets of the process are asked, and stay there', async () => {
  const found = await explained([url, ...FROM, ...admin, '-H', `X-Preauth: ${SECRET}`]);
  expect(found.admission).toMatchObject({ rule: 'app', secretKeys: ['current'] });
});

test('a node that fails its checks, and one that is draining, are told as they are now', async () => {
  const [, second, third] = placesOf(nodes);
  if (second === undefined || third === undefined) throw new Error('There are three nodes');
  // Nobody listens there.
  const dead = { name: 'node-0', port: 1 };
  const leaving = { ...third, ready: false, serving: true, terminating: true };
  await controller.apply('failing.yaml', ...site('failing', [dead, second, leaving], { backend: checked }));
  await controller.logged({
    msg: 'endpoint gets no users',
    endpoint: 'node-0',
    service: 'test/failing:8065',
  });
  const found = await explained([`http://${hostOf('failing')}/`, ...FROM, ...admin]);
  expect(found.endpoints?.all).toMatchObject([
    { name: 'node-0', state: 'unhealthy', reason: 'check-failed', isUsable: false },
    { name: 'node-1', state: 'ready', isUsable: true },
    { name: 'node-2', state: 'draining', isUsable: false },
  ]);
  const { status } = await controller.get(hostOf('failing'), '/', {
    headers: { 'X-Request-ID': 'failing-1' },
  });
  const { endpoint } = await controller.logged({ requestId: 'failing-1' });
  expect([found.outcome, chosenOf(found)]).toEqual(['forward', [endpoint]]);
  expect(status).toBe(200);
});

test('a mistake of its objects is named, as it is by check', async () => {
  await controller.apply('closed.yaml', policy('closed', { admission: { defaultAction: 'Nobody' } }));
  const found = await explained([`http://${hostOf('closed')}/`, ...FROM, ...admin]);
  expect(found.answer.reason).toBe('policy-invalid');
  expect(found.notes).toContainEqual(
    expect.stringMatching(
      /^Mistake of MattermostIngressPolicy test\/closed spec\.admission\.defaultAction \[Invalid\]/,
    ),
  );
});

test('what is open counts, and asking counts nothing', async () => {
  const asking = (from: string) => explained([`http://${hostOf('slow')}/`, '--from', from, ...admin]);
  for (let time = 0; time < 3; time++) expect((await asking('127.0.0.9')).limits?.result).toBe('allowed');
  const { socket } = await controller.open(hostOf('slow'), { from: '127.0.0.9' });
  const found = await asking('127.0.0.9');
  expect(found).toMatchObject({
    outcome: 'answer',
    limits: { connectionsPerSource: 1, result: 'connections' },
    answer: { status: 429, reason: 'too-many-connections' },
  });
  const other = await asking('127.0.0.8');
  expect(other.outcome).toBe('forward');
  expect(other.endpoints?.all.map(({ webSockets }) => webSockets)).toEqual([1]);
  socket.close();
});

test('what is not the admin port of a controller is told so', async () => {
  const { code, error } = await explain([
    url,
    ...FROM,
    '--admin',
    `http://127.0.0.1:${controller.port('http')}`,
  ]);
  expect(code).toBe(2);
  expect(error).toContain('says 404');
});

test.each([
  ['another page', 200, '<html>', 'does not explain: is this the admin port'],
  ['other JSON', 200, '{"outcome":"forward"}', 'does not explain: is this the admin port'],
  ['what steers a terminal', 500, '\u001b[31mred', 'says 500: \\x1b[31mred'],
])('%s is no explanation', async (_, status, body, problem) => {
  const other = createServer((_request, response) => response.writeHead(status).end(body));
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const { port } = other.address() as AddressInfo;
  const { code, error } = await explain([url, ...FROM, '--admin', `127.0.0.1:${port}`]);
  other.close();
  expect([code, error]).toEqual([2, expect.stringContaining(problem)]);
});

test('an answer without end is given up', async () => {
  const piece = Buffer.alloc(1024 * 1024, ' ');
  const other = createServer((_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more);
    more();
  });
  await once(other.listen(0, '127.0.0.1'), 'listening');
  const { port } = other.address() as AddressInfo;
  const { code, error } = await explain([url, ...FROM, '--admin', `127.0.0.1:${port}`]);
  other.close();
  expect([code, error]).toEqual([2, expect.stringContaining('answers with more than 64 MiB')]);
});

afterAll(() => scene.end());
