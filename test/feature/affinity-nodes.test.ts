// Clients of nodes that come and go: the sticky, fallback and fenced cases of Traefik as a table of our own, retries,
// and keys that are replaced.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { type EndpointPlace, policy, service, slices } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import { cookieOf, cookiesOf, StickyPods } from '../support/sticky-pods.ts';

const scene = new Scene();
let pods: StickyPods;
let controller: ControllerProcess;

beforeAll(async () => {
  pods = await StickyPods.start();
  scene.add(pods);
  controller = await scene.controller({ objects: pods.backend('start', 1) });
});
afterAll(() => scene.end());

function ask(name: string, cookie: string, from: string) {
  const headers = cookie === '' ? {} : { Cookie: cookie };
  return controller.get(`${name}.example.com`, '/', { from, headers });
}

describe('nodes that come and go', () => {
  /** Requests one after another; the cookie is kept as a browser keeps it. */
  async function follow(name: string, cookie: string, count: number): Promise<ReadonlySet<string>> {
    const nodes = new Set<string>();
    let kept = cookie;
    for (let at = 0; at < count; at++) {
      const reply = await ask(name, kept, `127.41.0.${at + 1}`);
      nodes.add(reply.node);
      kept = cookieOf(reply) || kept;
    }
    return nodes;
  }
  const made = (name: string, endpoints: readonly EndpointPlace[]) => [
    // Whoever refuses is found by a request here, never before it by a check.
    policy(name, { backend: { healthCheck: { disabled: true } } }),
    service(name),
    ...slices(name, endpoints),
  ];

  test('sticky: four requests with the cookie, one node; without it, several', async () => {
    await controller.apply('sticky.yaml', ...made('sticky', pods.places(3)));
    const first = await ask('sticky', '', '127.41.9.1');
    expect(await follow('sticky', cookieOf(first), 4)).toEqual(new Set([first.node]));
    const found = new Set<string>();
    for (let at = 1; at <= 12; at++) found.add((await ask('sticky', '', `127.42.0.${at}`)).node);
    expect(found.size).toBeGreaterThan(1);
  });

  test('fallback: the node is gone, another one takes over and keeps the client', async () => {
    await controller.apply('fallback.yaml', ...made('fallback', pods.places(3)));
    const first = await ask('fallback', '', '127.41.9.1');
    const left = pods.places(3).filter(({ address }) => address !== first.node);
    await controller.apply('fallback.yaml', ...made('fallback', left));
    const moved = await ask('fallback', cookieOf(first), '127.41.9.1');
    expect(moved.node).not.toBe(first.node);
    expect(cookiesOf(moved)).toHaveLength(1);
    expect(await follow('fallback', cookieOf(moved), 4)).toEqual(new Set([moved.node]));
  });

  test.each([
    { name: 'fenced', drain: {}, isKept: true },
    { name: 'immediate', drain: { mode: 'Immediate' }, isKept: false },
  ])('$name: the holder of a terminating node, and four newcomers', async ({ name, drain, isKept }) => {
    const parts = { sessionPersistence: { drain } };
    const all = pods.places(3);
    const objects = (endpoints: readonly EndpointPlace[]) => [
      policy(name, parts),
      service(name),
      ...slices(name, endpoints),
    ];
    await controller.apply(`${name}.yaml`, ...objects(all));
    const first = await ask(name, '', '127.41.9.1');
    const terminating = all.map((each) =>
      each.address === first.node ? { ...each, terminating: true } : each,
    );
    await controller.apply(`${name}.yaml`, ...objects(terminating));
    const held = await follow(name, cookieOf(first), 4);
    expect([held.size, held.has(first.node)]).toEqual([1, isKept]);
    for (let at = 1; at <= 4; at++) {
      const { node } = await ask(name, '', `127.43.0.${at}`);
      expect(node).not.toBe(first.node);
    }
  });

  test('a refused connection leads to the next node of the same key, in both processes alike', async () => {
    await controller.apply('next.yaml', ...made('next', pods.places(5)));
    const twin = await scene.controller({
      objects: made('next', pods.places(5)),
    });
    for (let at = 1; at <= 6; at++) {
      const headers = { Authorization: `Bearer abcdefghijklmnopqrstuvwxy${at}` };
      const home = (await controller.get('next.example.com', '/', { headers })).node;
      expect((await twin.get('next.example.com', '/', { headers })).node).toBe(home);
      const refusing = [1, 2, 3, 4, 5].map((each) =>
        pods.place(each).address === home ? pods.refusing(each) : pods.place(each),
      );
      await controller.apply('next.yaml', ...made('next', refusing));
      const requestId = `next-${at}`;
      const next = await controller.get('next.example.com', '/', {
        headers: { ...headers, 'X-Request-ID': requestId },
      });
      expect(await controller.logged({ requestId })).toMatchObject({ retries: 1, persistence: 'user' });
      const left = pods.places(5).filter(({ address }) => address !== home);
      await twin.apply('start.yaml', ...made('next', left));
      expect((await twin.get('next.example.com', '/', { headers })).node).toBe(next.node);
      await controller.apply('next.yaml', ...made('next', pods.places(5)));
      await twin.apply('start.yaml', ...made('next', pods.places(5)));
    }
  });
});

test('a key is replaced while the process runs: new cookies are signed by it, old ones are known as long as it is there', async () => {
  const file = join(controller.folder, 'sticky-keys');
  writeFileSync(file, 'the-first-sticky-key\n');
  const objects = [policy('keys'), service('keys'), ...slices('keys', pods.places(5))];
  const rotated = await scene.controller({ flags: { 'sticky-key-file': file }, objects });
  const get = (cookie: string, from: string) =>
    rotated.get('keys.example.com', '/', { from, headers: cookie === '' ? {} : { Cookie: cookie } });
  const replace = async (...keys: readonly string[]) => {
    const before = rotated.served;
    writeFileSync(file, keys.join('\n'));
    await rotated.log.wait(
      (line) => line['msg'] === 'configuration served' && Number(line['generation']) > before,
    );
  };
  const first = await get('', '127.44.0.1');
  await replace('a-second-sticky-key', 'the-first-sticky-key');
  const renewed = await get(cookieOf(first), '127.44.9.1');
  expect([renewed.node, cookiesOf(renewed).length]).toEqual([first.node, 1]);
  const known = await get(cookieOf(renewed), '127.44.9.1');
  expect([known.node, cookiesOf(known)]).toEqual([first.node, []]);
  await replace('a-second-sticky-key');
  expect(cookiesOf(await get(cookieOf(first), '127.44.0.1'))).toHaveLength(1);
  expect(cookiesOf(await get(cookieOf(renewed), '127.44.0.1'))).toEqual([]);
});
