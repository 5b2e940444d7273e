// How much is served at a time: connections and endpoints over their limits are turned away and counted, not lost.
import { afterAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { always, answer, type BackendConnection } from '../support/raw-backend.ts';
import { exchangeRaw, HANDSHAKE, RawConnection, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const scene = new Scene();
afterAll(() => scene.end());

describe('--max-connections', () => {
  test('over it whoever says nothing makes room, and who waits for an answer stays', async () => {
    const waiting: BackendConnection[] = [];
    const slow = await scene.backend('slow', (connection) => void waiting.push(connection));
    const controller = await scene.controller({
      flags: { 'max-connections': '8' },
      objects: site('slow', [slow.place]),
    });
    const request = requestText('GET /', hostOf('slow'));
    const clients = Array.from({ length: 40 }, () => new RawConnection(controller.raw()).send(request));
    const rejected = async () =>
      (await controller.metrics()).sum('connections_rejected_total', { reason: 'connection-limit' });
    const turnedAway = () => clients.filter(({ ending }) => ending !== undefined).length;
    // Half of the limit for each worker, whichever way the kernel spreads them.
    await eventually(async () => {
      expect(turnedAway()).toBeGreaterThanOrEqual(32);
      expect(await rejected()).toBe(turnedAway());
      expect(waiting).toHaveLength(clients.length - turnedAway());
    });
    for (const { socket } of waiting) socket.write(answer('at last'));
    const inside = clients.filter(({ ending }) => ending === undefined);
    for (const client of inside) await client.until((text) => text.endsWith('at last'));
    // They are idle now: everybody who comes is served in their stead.
    for (let at = 0; at < 20; at++) {
      const before = waiting.length;
      const client = new RawConnection(controller.raw()).send(request);
      await eventually(() => expect(waiting.length).toBe(before + 1));
      waiting.at(-1)?.socket.write(answer('at last'));
      await client.until((text) => text.endsWith('at last'));
      inside.push(client);
    }
    for (const { socket } of inside) socket.destroy();
    await controller.expectMetrics((metrics) => expect(metrics.sum('connections')).toBe(0));
  });
});

describe('connections that say nothing', () => {
  const request = requestText('GET /', 'any.test', { Connection: 'close' });

  test.each<[string, 'http' | 'https', Readonly<Record<string, string>>, string]>([
    ['not even a TLS hello', 'https', {}, request],
    [
      'not even a PROXY header',
      'http',
      { 'proxy-protocol-from': '127.0.0.0/8' },
      `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${request}`,
    ],
  ])('%s: they count too, so that they do not take all descriptors', async (_, listener, flags, bytes) => {
    const controller = await scene.controller({ flags: { 'max-connections': '8', ...flags } });
    const port = controller.port(listener);
    const silent = Array.from({ length: 40 }, () => new RawConnection({ port }));
    const ended = new Set<RawConnection>();
    for (const connection of silent) {
      for (const event of ['end', 'error']) connection.socket.once(event, () => ended.add(connection));
    }
    await eventually(() => expect(ended.size).toBeGreaterThanOrEqual(32));
    await controller.expectMetrics((metrics) =>
      expect(metrics.sum('connections_rejected_total', { reason: 'connection-limit' })).toBe(ended.size),
    );
    for (const { socket } of silent) socket.destroy();
    // Their places are free again.
    await eventually(async () => {
      const target = { port, ...(listener === 'https' ? { serverName: 'any.test' } : {}) };
      expect((await exchangeRaw(target, bytes)).text).toMatch(/^HTTP\/1\.1 404 /);
    });
  });
});

describe('backend.maxConnectionsPerEndpoint', () => {
  test('all workers together give a node no more than that, WebSockets included; the rest gets 503', async () => {
    const waiting: BackendConnection[] = [];
    const slow = await scene.backend('slow', (connection) => void waiting.push(connection));
    const backend = { maxConnectionsPerEndpoint: 5 };
    const controller = await scene.controller({ objects: site('slow', [slow.place], { backend }) });
    const host = hostOf('slow');
    const heads = [requestText('GET /', host), requestText('GET /api/v4/websocket', host, HANDSHAKE)];
    const clients = Array.from({ length: 60 }, (_, at) =>
      new RawConnection(controller.raw()).send(heads[at % 2] ?? ''),
    );
    const refused = () => clients.filter(({ received }) => received.startsWith('HTTP/1.1 503 '));
    await eventually(() => {
      expect(refused()).toHaveLength(55);
      // They have their places before the node has heard of them.
      expect(waiting).toHaveLength(5);
    });
    for (const { received } of refused()) expect(received).toMatch(/\r\nRetry-After: 5\r\n/);
    await controller.expectMetrics((metrics) => {
      expect(metrics.sum('faults_total', { code: 'endpoints-full' })).toBe(55);
      expect(metrics.sum('endpoints_full_total')).toBe(55);
      expect(metrics.sum('endpoint_inflight')).toBe(5);
    });
    for (const { socket } of [...waiting, ...clients]) socket.destroy();
    await controller.expectMetrics((metrics) => expect(metrics.sum('endpoint_inflight')).toBe(0));
  });
});

describe('--max-endpoints', () => {
  test('over it endpoints are left out, and the log says so; freed places are used again', async () => {
    const nodes = await scene.nodes('node-a', 'node-b', 'node-c');
    const places = nodes.map(({ name, port }) => ({ name, port }));
    const sessionPersistence = { type: 'None' };
    const controller = await scene.controller({ flags: { 'max-endpoints': '2' } });
    const used = async (name: string) => {
      const found = new Set<string>();
      for (let at = 0; at < 20; at++) found.add((await controller.get(hostOf(name), '/')).node);
      return found;
    };
    await controller.apply('full.yaml', ...site('full', places, { sessionPersistence }));
    expect((await used('full')).size).toBe(2);
    await controller.logged({ reason: 'EndpointsOverLimit' });
    controller.remove('full.yaml');
    await controller.settled();
    for (let round = 0; round < 4; round++) {
      const name = `round-${round}`;
      await controller.apply('round.yaml', ...site(name, places.slice(0, 2), { sessionPersistence }));
      // The places of the round before are free only when all workers have forgotten it.
      await eventually(async () => expect(await used(name)).toEqual(new Set(['node-a', 'node-b'])));
    }
  });
});

test('a place that is used again leads to its new endpoint, whatever is left of the old one', async () => {
  const old = await scene.backend('old', (connection) => void waiting.push(connection));
  const waiting: BackendConnection[] = [];
  const fresh = await scene.backend('fresh', always(answer('fresh')));
  const controller = await scene.controller({
    flags: { 'max-endpoints': '1' },
    objects: site('old', [old.place]),
  });
  for (let round = 0; round < 3; round++) {
    // The endpoint goes while a request is under way; its connection comes back to a place that is nobody's.
    const running = controller.get(hostOf('old'), '/');
    await eventually(() => expect(waiting).toHaveLength(round + 1));
    await controller.apply('start.yaml', ...site('old', []));
    waiting.at(-1)?.socket.write(answer('old'));
    expect((await running).body.toString()).toBe('old');
    await controller.apply('other.yaml', ...site(`other-${round}`, []));
    await controller.apply('fresh.yaml', ...site('fresh', [fresh.place]));
    for (let at = 0; at < 12; at++) {
      expect((await controller.get(hostOf('fresh'), '/')).body.toString()).toBe('fresh');
    }
    controller.remove('fresh.yaml');
    await controller.settled();
    await controller.apply('start.yaml', ...site('old', [old.place]));
  }
});
