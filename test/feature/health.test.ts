// Nodes that die, freeze, hang and lie, as processes and bare sockets under a real controller: who is served by whom,
// what people are told, and how nodes come back.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Reply } from '../../src/demo/mattermost/session.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hasFields, type LogLine } from '../support/log-lines.ts';
import { type EndpointPlace, hostOf, site } from '../support/manifest-builders.ts';
import { type NodeProcess, startNodeProcess } from '../support/node-process.ts';
import type { Script } from '../support/raw-backend.ts';
import { Scene } from '../support/scene.ts';

const scene = new Scene();
let controller: ControllerProcess;

const QUICK = {
  slowStart: '0s',
  // Who is well may stand still for a while.
  healthCheck: { interval: '1s', timeout: '60s', healthyThreshold: 1, unhealthyThreshold: 2 },
};
/** For nodes that are silent. */
const IMPATIENT = { ...QUICK, healthCheck: { ...QUICK.healthCheck, timeout: '1s' } };

beforeAll(async () => {
  controller = await scene.controller();
});
afterAll(() => scene.end());

function cookieOf({ headers }: Reply): string {
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

function ask(name: string, cookie = '', from = '127.0.0.1'): Promise<Reply> {
  return controller.get(hostOf(name), '/', { from, headers: cookie === '' ? {} : { Cookie: cookie } });
}

/** The nodes that so many newcomers from as many addresses come to. */
async function newcomers(name: string, count = 12): Promise<readonly string[]> {
  const found = new Set<string>();
  for (let at = 1; at <= count; at++) found.add((await ask(name, '', `127.22.0.${at}`)).node);
  return [...found].toSorted();
}

/** Waits until the metric says so of the endpoint. */
async function inState(service: string, endpoint: string, state: string): Promise<void> {
  await controller.expectMetrics((metrics) =>
    expect(metrics.sum('endpoint_state', { service, endpoint, state })).toBe(1),
  );
}

async function startNodes(...names: readonly string[]): Promise<readonly NodeProcess[]> {
  const nodes = await Promise.all(names.map((name) => startNodeProcess(name, [])));
  for (const node of nodes) scene.add(node);
  return nodes;
}

const placesOf = (nodes: readonly NodeProcess[]): readonly EndpointPlace[] => nodes.map(({ place }) => place);

/** Answers the ping with this, anything else with its name. */
function backendThat(name: string, ping: string): Script {
  return ({ socket, received }) => {
    const heads = received.split('\r\n\r\n').filter((head) => head !== '');
    const isPing = heads.at(-1)?.startsWith('GET /api/v4/system/ping ') ?? false;
    const page = `HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\nX-Served-By: ${name}\r\n\r\n${name}`;
    if (!isPing) socket.write(page);
    else if (ping !== '') socket.write(ping);
  };
}

const NOT_FOUND = 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n';

describe('a node that is killed', () => {
  let nodes: readonly NodeProcess[];

  beforeAll(async () => {
    nodes = await startNodes('killed-a', 'killed-b');
    await controller.apply('killed.yaml', ...site('killed', placesOf(nodes), { backend: QUICK }));
  });

  test('costs no request; its users get another cookie; it is served again when it is back', async () => {
    const first = await ask('killed');
    const cookie = cookieOf(first);
    const gone = nodes.find(({ place }) => place.name === first.node);
    const stays = nodes.find((node) => node !== gone);
    await gone?.kill();
    // Before anybody noticed: refused, so another node answers.
    const moved = await ask('killed', cookie);
    expect([moved.status, moved.node]).toEqual([200, stays?.place.name]);
    expect(cookieOf(moved)).not.toBe('');
    await inState('killed', first.node, 'unhealthy');
    expect(await newcomers('killed')).toEqual([stays?.place.name]);
    expect((await ask('killed', cookie)).node).toBe(stays?.place.name);

    scene.add(await startNodeProcess(first.node, [], { port: gone?.place.port ?? 0 }));
    await inState('killed', first.node, 'ready');
    await eventually(async () => expect(await newcomers('killed', 24)).toEqual(['killed-a', 'killed-b']));
  });
});

describe('a node that is frozen', () => {
  test('accepts and answers nothing: users are led elsewhere, and back when it thaws', async () => {
    const nodes = await startNodes('frozen-a', 'frozen-b');
    await controller.apply('frozen.yaml', ...site('frozen', placesOf(nodes), { backend: IMPATIENT }));
    const first = await ask('frozen');
    const frozen = nodes.find(({ place }) => place.name === first.node);
    frozen?.freeze();
    try {
      await inState('frozen', first.node, 'unhealthy');
      const moved = await ask('frozen', cookieOf(first));
      expect([moved.status, moved.node === first.node]).toEqual([200, false]);
    } finally {
      frozen?.thaw();
    }
    await inState('frozen', first.node, 'ready');
  });
});

describe('a path that every node answers with 404', () => {
  const backends = ['lost-a', 'lost-b'];
  const places: EndpointPlace[] = [];
  const told = (line: LogLine) => line['reason'] === 'HealthCheckUnanswered' && objectOf(line) === 'lost';

  beforeAll(async () => {
    for (const name of backends) places.push((await scene.backend(name, backendThat(name, NOT_FOUND))).place);
    await controller.apply('lost.yaml', ...site('lost', places, { backend: QUICK }));
    await inState('lost', 'lost-a', 'unhealthy');
    await inState('lost', 'lost-b', 'unhealthy');
  });

  test('takes nobody down, and is told once, with object, field and remedy', async () => {
    expect((await ask('lost')).status).toBe(200);
    const line = await controller.log.wait(told);
    expect(line).toMatchObject({
      object: { kind: 'MattermostIngressPolicy', namespace: 'test', name: 'lost' },
      field: 'spec.backend.healthCheck.path',
      msg: expect.stringContaining('GET /api/v4/system/ping (status 404)'),
      remedy: expect.stringContaining('/api/v4/system/ping'),
    });
    const before = (await controller.metrics()).sum('health_checks_total', { result: 'status' });
    await controller.expectMetrics((metrics) =>
      expect(metrics.sum('health_checks_total', { result: 'status' })).toBeGreaterThan(before + 4),
    );
    expect(controller.log.all.filter(told)).toHaveLength(1);
  });

  test('the state says it, too', async () => {
    const reply = await controller.admin('/api/state');
    const { backends: all, counts } = JSON.parse(reply.body.toString()) as StateOfAll;
    expect(counts.endpoints['unhealthy']).toBeGreaterThanOrEqual(2);
    const found = all.find(({ service }) => service.name === 'lost');
    expect(
      found?.endpoints.map(({ name, state, reason, lastCheck }) => ({ name, state, reason, lastCheck })),
    ).toEqual(
      backends.map((name) => ({
        name,
        state: 'unhealthy',
        reason: 'check-failed',
        lastCheck: { kind: 'failed', failure: 'status', status: 404 },
      })),
    );
  });

  test('is refused where the policy wishes so: 503 with Retry-After', async () => {
    const healthCheck = { ...QUICK.healthCheck, whenAllUnhealthy: 'Refuse' };
    await controller.apply('lost.yaml', ...site('lost', places, { backend: { ...QUICK, healthCheck } }));
    // The same endpoints asked the same: that they fail is known still.
    const reply = await ask('lost');
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '5']);
  });

  test('another path mends it', async () => {
    const healthCheck = { ...QUICK.healthCheck, path: '/', whenAllUnhealthy: 'Refuse' };
    await controller.apply('lost.yaml', ...site('lost', places, { backend: { ...QUICK, healthCheck } }));
    await eventually(async () => expect((await ask('lost')).status).toBe(200));
    await inState('lost', 'lost-a', 'ready');
  });
});

type StateOfAll = {
  readonly backends: readonly StateOfBackend[];
  readonly counts: { readonly endpoints: Readonly<Record<string, number>> };
};

type StateOfBackend = {
  readonly service: { readonly name: string };
  readonly endpoints: readonly Readonly<Record<'name' | 'state' | 'reason' | 'lastCheck', unknown>>[];
};

function objectOf(line: LogLine): unknown {
  const { object } = line as { readonly object?: { readonly name?: unknown } };
  return object?.name;
}

describe('a node whose checks pass while requests get no answer', () => {
  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{"status":"OK"}';
  const breaking: Script = (connection, at) => {
    const isPing = connection.received.includes('/api/v4/system/ping');
    if (isPing) backendThat('broken', OK)(connection, at);
    else connection.socket.destroy();
  };

  test('is ejected for a while, comes back, and is ejected for longer', async () => {
    const broken = await scene.backend('broken', breaking);
    const [good] = await startNodes('good');
    const outlierEjection = { consecutiveFailures: 3, baseTime: '1s' };
    const places = [broken.place, good?.place ?? broken.place];
    const name = 'ejecting';
    // In turn, so that every second request without a key comes to the broken one.
    const parts = {
      backend: { ...QUICK, outlierEjection, loadBalancing: 'RoundRobin' },
      sessionPersistence: { type: 'None' },
    };
    await controller.apply('ejecting.yaml', ...site(name, places, parts));
    // The log tells of it however soon it is over.
    const isEjection = hasFields({ endpoint: 'broken', state: 'ejected', reason: 'failures-in-a-row' });
    const failUntilEjected = (times: number) =>
      eventually(async () => {
        await ask(name);
        expect(controller.log.all.filter(isEjection)).toHaveLength(times);
      });
    await failUntilEjected(1);
    for (let at = 0; at < 6; at++) expect((await ask(name)).node).toBe('good');
    await controller.log.wait(hasFields({ endpoint: 'broken', reason: 'ejection-over' }));
    await failUntilEjected(2);
    expect((await controller.metrics()).sum('endpoint_ejections_total', { result: 'ejected' })).toBe(2);
  });
});

describe('a node that hangs', () => {
  test('holds no check for longer than the timeout, and no second one at a time', async () => {
    const hanging = await scene.backend('hanging', backendThat('hanging', ''));
    await controller.apply('hanging.yaml', ...site('hanging', [hanging.place], { backend: IMPATIENT }));
    await inState('hanging', 'hanging', 'unhealthy');
    const open = () => hanging.connections.filter(({ socket }) => !socket.destroyed && !socket.readableEnded);
    // The next one may have come while the end of the last is still to be read.
    await eventually(() => expect(open().length).toBeLessThanOrEqual(1));
    expect(hanging.received).not.toMatch(/cookie|authorization|device_id/i);
  });
});

describe('a node that is added', () => {
  test('starts slowly', async () => {
    const nodes = await startNodes('slow-a', 'slow-b');
    const parts = { backend: { ...QUICK, slowStart: '2s' } };
    await controller.apply('slow.yaml', ...site('slow', placesOf(nodes.slice(0, 1)), parts));
    await controller.apply('slow.yaml', ...site('slow', placesOf(nodes), parts));
    // The log tells of it however late somebody looks.
    await controller.logged({ endpoint: 'slow-b', before: 'slow-start', state: 'ready' });
    await inState('slow', 'slow-b', 'ready');
    await eventually(async () => expect(await newcomers('slow', 24)).toEqual(['slow-a', 'slow-b']));
  });
});
