// Which site a request is for: hosts, wildcards, paths, the port of the Service; and what becomes of all other hosts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MattermostNode } from '../../src/demo/mattermost/node.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { type Manifest, policy, service, site, slices } from '../support/manifest-builders.ts';
import { exchangeRaw, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const scene = new Scene();
let controller: ControllerProcess;

beforeAll(async () => {
  const names = ['exact', 'wildcard', 'top', 'below', 'deeper'] as const;
  const [exact, wildcard, top, below, deeper] = await Promise.all([
    scene.node('exact'),
    scene.node('wildcard'),
    scene.node('top'),
    scene.node('below', { subpath: '/chat' }),
    scene.node('deeper', { subpath: '/chat/eu' }),
  ]);
  const routes: Readonly<Record<(typeof names)[number], Manifest>> = {
    exact: { hosts: ['chat.wild.test', 'other.test'] },
    wildcard: { hosts: ['*.wild.test'] },
    top: { hosts: ['paths.test'] },
    below: { hosts: ['paths.test'], path: '/chat' },
    deeper: { hosts: ['paths.test'], path: '/chat/eu' },
  };
  const nodes = [exact, wildcard, top, below, deeper];
  const objects = names.flatMap((name, at) => {
    const { port } = nodes[at] as MattermostNode;
    return site(name, [{ name, port }], { route: routes[name] });
  });
  controller = await scene.controller({ objects });
});
afterAll(() => scene.end());

describe('hosts', () => {
  test.each([
    ['chat.wild.test', 'exact'],
    ['CHAT.Wild.TEST', 'exact'],
    ['chat.wild.test:8080', 'exact'],
    ['chat.wild.test.', 'exact'],
    ['other.test', 'exact'],
    ['a.wild.test', 'wildcard'],
    ['A.WILD.test:1', 'wildcard'],
    ['xn--caf-dma.wild.test', 'wildcard'],
  ])('%s is served by %s', async (host, node) => {
    const reply = await controller.get('any.test', '/api/v4/system/ping', { headers: { Host: host } });
    expect([reply.status, reply.node]).toEqual([200, node]);
  });

  test.each(['wild.test', 'a.b.wild.test', 'awild.test', 'nowhere.test', 'localhost', '127.0.0.1', '[::1]'])(
    '%s is nobody: 404',
    async (host) => {
      const reply = await controller.get('any.test', '/api/v4/system/ping', { headers: { Host: host } });
      expect([reply.status, reply.node]).toEqual([404, '']);
      expect(JSON.parse(reply.body.toString())).toMatchObject({
        id: 'ingress.unknown_host',
        status_code: 404,
      });
      expect(reply.headers['content-type']).toBe('application/json');
    },
  );

  test('the connection of a 404 goes on to the next request', async () => {
    const { text } = await exchangeRaw(
      controller.raw(),
      requestText('GET /', 'nowhere.test') +
        requestText('GET /api/v4/system/ping', 'other.test', { Connection: 'close' }),
    );
    expect(text.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200']);
  });

  test('a thousand unknown hosts are one series', async () => {
    const requests = Array.from({ length: 1000 }, (_, at) => requestText('DELETE /', `host-${at}.test`));
    // One connection a hundred requests; the last one closes.
    for (let at = 0; at < requests.length; at += 100) {
      const batch = requests.slice(at, at + 100);
      const last = batch.pop()?.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n') ?? '';
      const { text } = await exchangeRaw(controller.raw(), batch.join('') + last);
      expect(text.match(/^HTTP\/1\.1 404/gm)).toHaveLength(100);
    }
    await controller.expectMetrics((metrics) => {
      expect(metrics.matching('requests_total', { host: 'unknown', method: 'DELETE' })).toMatchObject([
        { labels: { namespace: '', name: '', code: '404' }, value: 1000 },
      ]);
      expect(metrics.text).not.toMatch(/host-\d/);
    });
  });

  test('requests are counted under the pattern of the policy, not under what the client sent', async () => {
    await controller.get('counted-once.wild.test', '/');
    await controller.expectMetrics((metrics) => {
      expect(metrics.sum('requests_total', { host: '*.wild.test', name: 'wildcard' })).toBeGreaterThan(0);
      expect(metrics.text).not.toContain('counted-once');
    });
  });
});

describe('paths', () => {
  test.each([
    ['/', 'top'],
    ['/api/v4/system/ping', 'top'],
    ['/chatter', 'top'],
    ['/chat/api/v4/system/ping', 'below'],
    ['/chat', 'below'],
    ['/chat/europe', 'below'],
    ['/chat/eu/api/v4/system/ping', 'deeper'],
    ['/chat/eu?x=/chat', 'deeper'],
    ['/chat?x=/chat/eu/', 'below'],
  ])('%s belongs to %s', async (path, node) => {
    const reply = await controller.get('paths.test', path);
    expect(reply.node).toBe(node);
  });

  test.each([
    '/chat/../api/v4/users/me',
    '/chat%2feu/x',
    '/chat/./eu/x',
    '//chat/x',
    '/chat/%2e%2e/x',
    '/%zz',
  ])('%s can be read in several ways: 400, and no node hears of it', async (target) => {
    const { text } = await exchangeRaw(controller.raw(), requestText(`GET ${target}`, 'paths.test'));
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain('path-ambiguous');
    expect(text.toLowerCase()).not.toContain('x-demo-node');
  });

  test('a path without a site on a known host: 404', async () => {
    const [node] = await scene.nodes('only-below');
    await controller.apply(
      'only-below.yaml',
      ...site('only-below', [{ name: 'only-below', port: node?.port ?? 0 }], {
        route: { path: '/team' },
      }),
    );
    const reply = await controller.get('only-below.example.com', '/elsewhere');
    expect([reply.status, reply.node]).toEqual([404, '']);
    expect(reply.body.toString()).toContain('unknown-path');
  });
});

describe('the port of the Service', () => {
  test('is found by name, and the slice by the name of the port', async () => {
    const [node] = await scene.nodes('named');
    const ports = [
      { name: 'metrics', port: 8067 },
      { name: 'app', port: 8065 },
    ];
    const named = { ...service('named'), spec: { ports } };
    await controller.apply(
      'named.yaml',
      policy('named', { route: { service: { name: 'named', portName: 'app' } } }),
      named,
      ...slices('named', [{ name: 'named', port: node?.port ?? 0 }]),
    );
    expect((await controller.get('named.example.com', '/')).node).toBe('named');
  });

  test('of another name: 503, and the log says which ports there are', async () => {
    await controller.apply(
      'lost.yaml',
      ...site('lost', [], { route: { service: { name: 'lost', port: 80 } } }),
    );
    const reply = await controller.get('lost.example.com', '/');
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '5']);
    const line = await controller.logged({ reason: 'ServicePortNotFound', field: 'spec.route.service.port' });
    expect(line['remedy']).toContain('8065 (app)');
  });

  test('by a v1 Endpoints object in place of slices', async () => {
    const [node] = await scene.nodes('old');
    await controller.apply('old.yaml', policy('old'), service('old'), {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'old', namespace: 'test' },
      subsets: [
        {
          addresses: [{ ip: '127.0.0.1', targetRef: { kind: 'Pod', name: 'old', uid: 'uid-old' } }],
          ports: [{ name: 'app', port: node?.port ?? 0 }],
        },
      ],
    });
    expect((await controller.get('old.example.com', '/')).node).toBe('old');
  });
});
