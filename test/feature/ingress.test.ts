// Ingresses over real sockets: what the Mattermost operator makes works as it is, and a policy may come on top of it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { login } from '../../src/demo/mattermost/session.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { type Manifest, service, slices } from '../support/manifest-builders.ts';
import { ALICE, Scene } from '../support/scene.ts';

const scene = new Scene();
let controller: ControllerProcess;
let port = 0;
let token = '';

beforeAll(async () => {
  port = (await scene.node('node')).port;
  ({ token } = await login(`http://127.0.0.1:${port}`, ALICE));
  controller = await scene.controller({ objects: backend('operator') });
});
afterAll(() => scene.end());

type IngressParts = {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly paths?: readonly Manifest[];
  readonly spec?: Manifest;
};

function pathTo(name: string, path = '/', pathType = 'ImplementationSpecific'): Manifest {
  return { path, pathType, backend: { service: { name, port: { number: 8065 } } } };
}

function ingress(
  name: string,
  { annotations = {}, paths = [pathTo(name)], spec = {} }: IngressParts = {},
): Manifest {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'test', annotations },
    spec: {
      ingressClassName: 'mattermost',
      rules: [{ host: `${name}.example.com`, http: { paths } }],
      ...spec,
    },
  };
}

function backend(name: string): readonly Manifest[] {
  return [service(name), ...slices(name, [{ name: `${name}-0`, port }])];
}

function governing(name: string, admission: Manifest): Manifest {
  return {
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    kind: 'MattermostIngressPolicy',
    metadata: { name, namespace: 'test' },
    spec: { targetRefs: [{ group: 'networking.k8s.io', kind: 'Ingress', name }], admission },
  };
}

async function statusOf(host: string, target = '/'): Promise<number> {
  return (await controller.get(`${host}.example.com`, target)).status;
}

describe('the Ingress of the Mattermost operator', () => {
  const made = ingress('operator', {
    annotations: { 'nginx.ingress.kubernetes.io/proxy-body-size': '1000M' },
  });

  test('serves as it is: requests, persistence and WebSockets', async () => {
    await controller.apply('operator.yaml', ...backend('operator'), made);
    const answer = await controller.get('operator.example.com', '/api/v4/system/ping');
    expect(answer.status).toBe(200);
    expect(String(answer.headers['set-cookie'])).toContain('MMSTICKY=');
  });

  test('gets admission by a policy that names it, and is open again without', async () => {
    await controller.apply('policy.yaml', governing('operator', { defaultAction: 'Deny' }));
    expect(await statusOf('operator')).toBe(403);
    controller.remove('policy.yaml');
    await controller.settled();
    expect(await statusOf('operator')).toBe(200);
  });

  test('is held closed by a policy that is invalid', async () => {
    await controller.apply('policy.yaml', governing('operator', { defaultAction: 'Deni' }));
    expect(await statusOf('operator')).toBe(503);
    controller.remove('policy.yaml');
    await controller.settled();
  });

  test('is closed while an annotation restricts access in a way that is not understood', async () => {
    const restricted = { 'nginx.ingress.kubernetes.io/auth-url': 'https://auth.example.com' };
    await controller.apply(
      'operator.yaml',
      ...backend('operator'),
      ingress('operator', { annotations: restricted }),
    );
    expect(await statusOf('operator')).toBe(503);
    const ignored = { ...restricted, 'mattermost-ingress.io/ignore-annotations': 'auth-url' };
    await controller.apply(
      'operator.yaml',
      ...backend('operator'),
      ingress('operator', { annotations: ignored }),
    );
    expect(await statusOf('operator')).toBe(200);
  });

  test('of a foreign class is not served', async () => {
    const foreign = ingress('foreign', { spec: { ingressClassName: 'nginx', rules: made['spec'] } });
    await controller.apply('mark.yaml', foreign, ...backend('mark'), ingress('mark'));
    expect([await statusOf('foreign'), await statusOf('mark')]).toEqual([404, 200]);
  });
});

test('a list of networks in an annotation admits these alone', async () => {
  const annotations = { 'nginx.ingress.kubernetes.io/whitelist-source-range': '127.0.0.2/32' };
  await controller.apply('listed.yaml', ...backend('listed'), ingress('listed', { annotations }));
  const from = async (address: string) =>
    (await controller.get('listed.example.com', '/', { from: address })).status;
  expect([await from('127.0.0.2'), await from('127.0.0.3')]).toEqual([200, 403]);
});

test('the solver of a certificate authority is answered on a closed host, and nothing beside it', async () => {
  const token = '/.well-known/acme-challenge/p4Q_x-1';
  const solver = ingress('solver', {
    paths: [pathTo('solver', token)],
    spec: { rules: [{ host: 'shut.example.com', http: { paths: [pathTo('solver', token)] } }] },
  });
  await controller.apply(
    'shut.yaml',
    ...backend('shut'),
    ingress('shut'),
    governing('shut', { defaultAction: 'Deny' }),
    ...backend('solver'),
    solver,
  );
  // The node knows no such path; that it was asked is what counts.
  expect(await statusOf('shut', token)).not.toBe(403);
  expect(await statusOf('shut', `${token}/more`)).toBe(403);
  expect(await statusOf('shut', '/')).toBe(403);
});

test('paths go by type: exact before prefix, by whole elements', async () => {
  const paths = [pathTo('paths', '/api/v4/system/ping', 'Exact'), pathTo('paths', '/plugins', 'Prefix')];
  await controller.apply('paths.yaml', ...backend('paths'), ingress('paths', { paths }));
  expect(await statusOf('paths', '/api/v4/system/ping')).toBe(200);
  expect(await statusOf('paths', '/api/v4/system/ping/')).toBe(404);
  expect(await statusOf('paths', '/pluginsx')).toBe(404);
});

test('a WebSocket stays open while policies come and go', async () => {
  await controller.apply('socket.yaml', ...backend('socket'), ingress('socket'));
  const socket = await controller.open('socket.example.com', {
    headers: { authorization: `Bearer ${token}` },
  });
  await controller.apply('socket-policy.yaml', governing('socket', { defaultAction: 'Deny' }));
  expect(await statusOf('socket')).toBe(403);
  // An answer over the old socket: it lives.
  const seq = socket.send('ping');
  expect(await socket.next(({ seq_reply }) => seq_reply === seq)).toMatchObject({ status: 'OK' });
});
