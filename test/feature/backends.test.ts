// The way to the nodes, and all that can go wrong on it: what the client is told, and what never reaches it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { login } from '../../src/demo/mattermost/session.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { startNodeProcess } from '../support/node-process.ts';
import { always, answer } from '../support/raw-backend.ts';
import { exchangeRaw, RawConnection, requestText } from '../support/raw-client.ts';
import { ALICE, Scene } from '../support/scene.ts';

/** On loopback, and nobody listens there. */
const NOWHERE = '127.99.0.1';

const scene = new Scene();
let controller: ControllerProcess;

beforeAll(async () => {
  controller = await scene.controller();
});
afterAll(() => scene.end());

describe('an endpoint that cannot be reached', () => {
  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s goes to the next one, body and all',
    async (method) => {
      const name = `next-${method.toLowerCase()}`;
      const node = await scene.node('alive');
      const dead = { name: 'dead', port: node.port, address: NOWHERE };
      // By turns, so that the dead one is first for every other request.
      const backend = { loadBalancing: 'RoundRobin' };
      const sessionPersistence = { type: 'None' };
      await controller.apply(
        `${name}.yaml`,
        ...site(name, [dead, { name: 'alive', port: node.port }], { backend, sessionPersistence }),
      );
      const body = method === 'GET' ? '' : 'x'.repeat(100_000);
      for (let at = 0; at < 6; at++) {
        // node:http frames the body of a DELETE only when it is told the length.
        const headers = { 'Content-Length': String(body.length) };
        const reply = await controller.get(hostOf(name), '/api/v4/demo/echo', { method, body, headers });
        const echo = JSON.parse(reply.body.toString()) as { readonly body: { readonly sizeBytes: number } };
        expect([reply.status, echo.body.sizeBytes]).toEqual([200, body.length]);
      }
      await controller.expectMetrics((metrics) =>
        expect(metrics.sum('retries_total', { reason: 'connect-refused' })).toBeGreaterThan(0),
      );
    },
  );

  test('and no other one: 502, in the form of the API where it is one', async () => {
    await controller.apply('dead.yaml', ...site('dead', [{ name: 'dead', port: 9, address: NOWHERE }]));
    const reply = await controller.get(hostOf('dead'), '/api/v4/users/me', {
      headers: { 'X-Request-ID': 'dead-1' },
    });
    expect(reply.status).toBe(502);
    expect(JSON.parse(reply.body.toString())).toMatchObject({ status_code: 502, request_id: 'dead-1' });
    // What went wrong is for the log: it would tell strangers about the network.
    expect(reply.body.toString()).not.toContain(NOWHERE);
    const line = await controller.logged({ requestId: 'dead-1' });
    expect(line).toMatchObject({ status: 502, reason: 'connect-refused', endpoint: 'dead' });
    expect(line).not.toHaveProperty('retries');
  });
});

describe('no endpoint', () => {
  test.each([
    ['/', 'text/plain; charset=utf-8'],
    ['/api/v4/system/ping', 'application/json'],
  ])('%s: 503 with Retry-After', async (path, type) => {
    const name = path === '/' ? 'none-page' : 'none-api';
    await controller.apply(`${name}.yaml`, ...site(name, []));
    const reply = await controller.get(hostOf(name), path);
    expect([reply.status, reply.headers['retry-after'], reply.headers['content-type']]).toEqual([
      503,
      '5',
      type,
    ]);
    expect(reply.headers['cache-control']).toBe('no-store');
  });
});

describe('a backend that is silent', () => {
  test('before its answer: 504 after the timeout, and its connection ends', async () => {
    const silent = await scene.backend('silent', () => undefined);
    const backend = { timeouts: { response: '1s' } };
    await controller.apply('silent.yaml', ...site('silent', [silent.place], { backend }));
    const startMs = performance.now();
    const reply = await controller.get(hostOf('silent'), '/', { headers: { 'X-Request-ID': 'silent-1' } });
    expect(reply.status).toBe(504);
    expect(performance.now() - startMs).toBeGreaterThan(900);
    expect(await controller.logged({ requestId: 'silent-1' })).toMatchObject({ reason: 'response-timeout' });
    await eventually(() => expect(silent.connections.map(({ isClosed }) => isClosed)).toEqual([true]));
  });

  test('in the middle of a body: the answer is cut off, so that nobody takes it for whole', async () => {
    const half = await scene.backend('half', ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
    });
    // Longer than the backend may stand still before it begins.
    const backend = { timeouts: { response: '3s' } };
    await controller.apply('half.yaml', ...site('half', [half.place], { backend }));
    const { text, ending } = await exchangeRaw(controller.raw(), requestText('GET /', hostOf('half')));
    expect(text).toMatch(/\r\n\r\n4\r\nhalf\r\n$/);
    expect(ending).toBe('reset');
  });

  test('in a TLS handshake: the connect timeout counts', async () => {
    const deaf = await scene.backend('deaf', () => undefined);
    const backend = { tls: { mode: 'InsecureSkipVerify' }, timeouts: { connect: '300ms' } };
    await controller.apply('deaf.yaml', ...site('deaf', [deaf.place], { backend }));
    const reply = await controller.get(hostOf('deaf'), '/', { headers: { 'X-Request-ID': 'deaf-1' } });
    expect(reply.status).toBe(504);
    expect(await controller.logged({ requestId: 'deaf-1' })).toMatchObject({ reason: 'connect-timeout' });
  });
});

describe('a node that dies', () => {
  test('kill -9 in mid-body: the client sees that it is cut off', async () => {
    const node = await startNodeProcess('mortal', [`${ALICE.username}:${ALICE.password}`]);
    scene.add(node);
    await controller.apply('mortal.yaml', ...site('mortal', [node.place]));
    const session = await login(`http://127.0.0.1:${node.place.port}`, ALICE);
    const sizeBytes = 60_000_000;
    const upload = await controller.get(hostOf('mortal'), '/api/v4/files?filename=big', {
      method: 'POST',
      headers: { Authorization: `Bearer ${session.token}`, 'Content-Type': 'application/octet-stream' },
      body: Buffer.alloc(sizeBytes, 'x'),
    });
    const { file_infos: infos } = JSON.parse(upload.body.toString()) as {
      readonly file_infos: readonly { readonly id: string }[];
    };
    const client = new RawConnection(controller.raw());
    const path = `/api/v4/files/${infos[0]?.id ?? ''}`;
    client.send(requestText(`GET ${path}`, hostOf('mortal'), { Authorization: `Bearer ${session.token}` }));
    await client.until((text) => text.length > 100_000);
    // Reading stops, so that the body cannot have left the node when it dies.
    client.socket.pause();
    expect(client.received).toMatch(
      new RegExp(`^HTTP/1.1 200 [^]*\r\nContent-Length: ${sizeBytes}\r\n`, 'i'),
    );
    await node.kill();
    client.socket.resume();
    expect(await client.ended()).toBe('reset');
    expect(client.received.length).toBeLessThan(sizeBytes);
    const line = await controller.logged({ reason: 'response-truncated', path });
    expect(line).toMatchObject({ status: 200, endpoint: 'mortal' });
  });

  test('before its answer: 502 for what may not be repeated', async () => {
    const dropping = await scene.backend('dropping', ({ socket }) => socket.destroy());
    await controller.apply('dropping.yaml', ...site('dropping', [dropping.place]));
    const reply = await controller.get(hostOf('dropping'), '/', { method: 'POST', body: 'once' });
    expect(reply.status).toBe(502);
    expect(dropping.connections).toHaveLength(1);
  });
});

describe('backend.sourceAddresses', () => {
  test('the node sees an address of the pool', async () => {
    const sources = new Set<string | undefined>();
    const seeing = await scene.backend('seeing', ({ socket }) => {
      sources.add(socket.remoteAddress);
      socket.write(answer('ok'));
    });
    const backend = { sourceAddresses: ['127.0.0.0/30'], connectionReuse: { enabled: false } };
    await controller.apply('seeing.yaml', ...site('seeing', [seeing.place], { backend }));
    for (let at = 0; at < 6; at++) expect((await controller.get(hostOf('seeing'), '/')).status).toBe(200);
    expect(sources).toEqual(new Set(['127.0.0.1']));
    expect(seeing.connections).toHaveLength(6);
  });

  test('without an address in it: 503, and the log says why', async () => {
    const unseen = await scene.backend('unseen', always(answer('ok')));
    const backend = { sourceAddresses: ['192.0.2.64/28'] };
    await controller.apply('unseen.yaml', ...site('unseen', [unseen.place], { backend }));
    const reply = await controller.get(hostOf('unseen'), '/', { headers: { 'X-Request-ID': 'unseen-1' } });
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '5']);
    expect(await controller.logged({ requestId: 'unseen-1' })).toMatchObject({
      reason: 'source-unavailable',
    });
    const finding = await controller.logged({ reason: 'SourceAddressMissing' });
    expect(finding).toMatchObject({ field: 'spec.backend.sourceAddresses' });
    expect(unseen.connections).toHaveLength(0);
  });
});

describe('connections to a node', () => {
  test('are used again, one request after the other', async () => {
    const calm = await scene.backend('calm', always(answer('ok')));
    await controller.apply('calm.yaml', ...site('calm', [calm.place]));
    const client = new RawConnection(controller.raw());
    for (let at = 1; at <= 10; at++) {
      client.send(requestText('GET /', hostOf('calm')));
      await client.until((text) => text.split('\r\n\r\nok').length - 1 === at);
    }
    client.socket.destroy();
    expect(calm.connections).toHaveLength(1);
  });

  test('that a node has given up are not noticed by anybody', async () => {
    // Answers once and closes without a word, as a node does that is restarted between two requests.
    const brief = await scene.backend('brief', ({ socket }, at) => {
      if (at === 0) socket.write(answer('ok'));
      socket.end();
    });
    await controller.apply('brief.yaml', ...site('brief', [brief.place]));
    const client = new RawConnection(controller.raw());
    for (let at = 1; at <= 10; at++) {
      client.send(requestText('GET /', hostOf('brief')));
      await client.until((text) => text.split('\r\n\r\nok').length - 1 === at);
    }
    client.socket.destroy();
    expect(client.received.match(/HTTP\/1\.1 \d+/g)).toEqual(Array(10).fill('HTTP/1.1 200'));
  });

  test('to an address that a pod has left serve nobody', async () => {
    const before = await scene.backend('pod', always(answer('before')));
    const address = '127.0.0.2';
    await scene.backend('pod', always(answer('after')), { host: address, port: before.port });
    await controller.apply('pod.yaml', ...site('pod', [before.place]));
    for (let at = 0; at < 6; at++) {
      expect((await controller.get(hostOf('pod'), '/')).body.toString()).toBe('before');
    }
    await controller.apply('pod.yaml', ...site('pod', [{ ...before.place, address }]));
    for (let at = 0; at < 6; at++) {
      expect((await controller.get(hostOf('pod'), '/')).body.toString()).toBe('after');
    }
  });

  test('are closed when their endpoint is unhealthy', async () => {
    let isWell = true;
    const sick = await scene.backend('sick', ({ socket, received }) => {
      const isPing = received.startsWith('GET /api/v4/system/ping ');
      socket.write(
        isPing && !isWell ? 'HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n' : answer('{"status":"OK"}'),
      );
    });
    const well = await scene.backend('well', always(answer('{"status":"OK"}')));
    // The sick one says so at once; the other one may stand still for a while.
    const healthCheck = { disabled: false, interval: '1s', timeout: '60s', unhealthyThreshold: 1 };
    const backend = { healthCheck, loadBalancing: 'RoundRobin' };
    const places = [sick.place, well.place];
    await controller.apply(
      'sick.yaml',
      ...site('sick', places, { backend, sessionPersistence: { type: 'None' } }),
    );
    const idle = () =>
      [sick, well].map(({ connections }) =>
        connections.some(({ received, isClosed }) => received.startsWith('GET /page ') && !isClosed),
      );
    await eventually(async () => {
      expect((await controller.get(hostOf('sick'), '/page')).status).toBe(200);
      expect(idle()).toEqual([true, true]);
    });
    isWell = false;
    await eventually(() => expect(idle()).toEqual([false, true]));
  });

  test('are given up before a node does that says for how long it keeps them', async () => {
    let keptMs = 0;
    const brief = await scene.backend('keeper', ({ socket }) => {
      const answeredMs = performance.now();
      socket.once('close', () => (keptMs = performance.now() - answeredMs));
      socket.write(answer('ok', 'Keep-Alive: timeout=2, max=100\r\n'));
    });
    await controller.apply('keeper.yaml', ...site('keeper', [brief.place]));
    expect((await controller.get(hostOf('keeper'), '/')).status).toBe(200);
    await eventually(() => expect(brief.connections.map(({ isClosed }) => isClosed)).toEqual([true]));
    // It was kept: the node's side of it never sees less than that, whoever stands still.
    expect(keptMs).toBeGreaterThan(500);
  });

  test('are closed when their endpoint is removed', async () => {
    const leaving = await scene.backend('leaving', always(answer('ok')));
    await controller.apply('leaving.yaml', ...site('leaving', [leaving.place]));
    expect((await controller.get(hostOf('leaving'), '/')).status).toBe(200);
    expect(leaving.connections.map(({ isClosed }) => isClosed)).toEqual([false]);
    await controller.apply('leaving.yaml', ...site('leaving', []));
    await eventually(() => expect(leaving.connections.map(({ isClosed }) => isClosed)).toEqual([true]));
  });
});
