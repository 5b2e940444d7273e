// What becomes of clients whose node goes: kept while it drains, led elsewhere when it is gone, never without an answer.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MattermostNode } from '../../src/demo/mattermost/node.ts';
import type { Reply } from '../../src/demo/mattermost/session.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { type EndpointPlace, hostOf, site } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';

const scene = new Scene();
let nodes: readonly MattermostNode[];
let controller: ControllerProcess;

beforeAll(async () => {
  nodes = await scene.nodes('node-a', 'node-b', 'node-c');
  controller = await scene.controller();
});
afterAll(() => scene.end());

/** All nodes as endpoints, one of them changed. */
function places(name: string, change: Partial<EndpointPlace>): readonly EndpointPlace[] {
  return nodes.map((node) => ({ name: node.name, port: node.port, ...(node.name === name ? change : {}) }));
}

function cookieOf({ headers }: Reply): string {
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

/** A site of its own and a client that is at home on one of its nodes. */
async function settle(name: string): Promise<{ readonly node: string; readonly cookie: string }> {
  await controller.apply(`${name}.yaml`, ...site(name, places('', {})));
  const first = await controller.get(hostOf(name), '/');
  return { node: first.node, cookie: cookieOf(first) };
}

function ask(name: string, cookie: string, requestId = 'x', from = '127.0.0.1'): Promise<Reply> {
  return controller.get(hostOf(name), '/', {
    from,
    headers: { ...(cookie === '' ? {} : { Cookie: cookie }), 'X-Request-ID': requestId },
  });
}

/** The nodes that twenty newcomers from as many addresses come to. */
async function newcomers(name: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let at = 1; at <= 20; at++) found.add((await ask(name, '', 'new', `127.21.0.${at}`)).node);
  return found;
}

function others(node: string): ReadonlySet<string> {
  return new Set(nodes.map(({ name }) => name).filter((name) => name !== node));
}

describe('an endpoint that is terminating', () => {
  test('keeps the holders of its cookie and takes nobody else', async () => {
    const { node, cookie } = await settle('draining');
    await controller.apply('draining.yaml', ...site('draining', places(node, { terminating: true })));
    for (let round = 0; round < 6; round++) {
      const reply = await ask('draining', cookie, 'draining-1');
      expect([reply.node, cookieOf(reply)]).toEqual([node, '']);
    }
    expect(await controller.logged({ requestId: 'draining-1' })).toMatchObject({
      persistence: 'cookie-draining',
      endpoint: node,
    });
    expect(await newcomers('draining')).toEqual(others(node));
    const states = (await controller.metrics()).matching('endpoint_state', {
      service: 'draining',
      endpoint: node,
    });
    const current = states.filter(({ value }) => value === 1).map(({ labels }) => labels['state']);
    expect(current).toEqual(['draining']);
  });

  test('that refuses already: its clients go elsewhere at once and get another cookie', async () => {
    const { node, cookie } = await settle('refusing');
    // Nobody listens there: what a pod looks like whose server has closed its listener.
    const gone = { terminating: true, address: '127.99.0.1' };
    await controller.apply('refusing.yaml', ...site('refusing', places(node, gone)));
    const reply = await ask('refusing', cookie, 'refusing-1');
    expect(reply.status).toBe(200);
    expect(others(node)).toContain(reply.node);
    const again = await ask('refusing', cookieOf(reply));
    expect([again.node, cookieOf(again)]).toEqual([reply.node, '']);
    expect(await controller.logged({ requestId: 'refusing-1' })).toMatchObject({ retries: 1, status: 200 });
  });

  test('serves everybody while there is no other', async () => {
    const [node] = nodes;
    const place = { name: 'node-a', port: node?.port ?? 0, terminating: true };
    await controller.apply('last.yaml', ...site('last', [place]));
    expect((await ask('last', '')).node).toBe('node-a');
  });
});

describe('an endpoint that is gone', () => {
  test('its clients go elsewhere, stay there, and come back to it no more', async () => {
    const { node, cookie } = await settle('removed');
    const left = places('', {}).filter(({ name }) => name !== node);
    await controller.apply('removed.yaml', ...site('removed', left));
    const reply = await ask('removed', cookie);
    expect(others(node)).toContain(reply.node);
    expect(cookieOf(reply)).not.toBe('');
    await controller.apply('removed.yaml', ...site('removed', places('', {})));
    const home = await ask('removed', cookieOf(reply));
    expect([home.node, cookieOf(home)]).toEqual([reply.node, '']);
  });

  test('everybody else stays where he was', async () => {
    const { node } = await settle('steady');
    const homes = async () => {
      const found = new Map<string, string>();
      for (let at = 1; at <= 20; at++) {
        const from = `127.22.0.${at}`;
        found.set(from, (await ask('steady', '', 'steady', from)).node);
      }
      return found;
    };
    const unmoved = [...(await homes())].filter(([, home]) => home !== node);
    expect(unmoved.length).toBeGreaterThan(0);
    const left = places('', {}).filter(({ name }) => name !== node);
    await controller.apply('steady.yaml', ...site('steady', left));
    expect([...(await homes())]).toEqual(expect.arrayContaining(unmoved));
  });

  test('that Kubernetes calls not ready is not asked', async () => {
    const { node } = await settle('unready');
    await controller.apply('unready.yaml', ...site('unready', places(node, { ready: false })));
    expect(await newcomers('unready')).toEqual(others(node));
  });

  test('that is not ready by name only, as the operator publishes them, is asked', async () => {
    const [node] = nodes;
    const place = { name: 'node-a', port: node?.port ?? 0, ready: false, serving: true };
    await controller.apply('serving.yaml', ...site('serving', [place]));
    expect((await ask('serving', '')).status).toBe(200);
  });
});
