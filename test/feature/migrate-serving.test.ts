// What a migrated policy does on real sockets: what ingress-nginx did for the annotations, which are gone by then.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { runCommand } from '../support/command.ts';
import { type Manifest, service, slices, yamlOf } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';

const NGINX = 'nginx.ingress.kubernetes.io';
const OFFICE = '127.0.0.2';
const ANNOTATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  sticky: {
    affinity: 'cookie',
    'session-cookie-name': 'route',
    'session-cookie-max-age': '3600',
    'session-cookie-samesite': 'Strict',
  },
  small: { 'proxy-body-size': '1k' },
  office: { 'whitelist-source-range': `${OFFICE}/32` },
  slow: { 'limit-rps': '1', 'limit-burst-multiplier': '1' },
  secure: { 'force-ssl-redirect': 'true', affinity: 'cookie' },
  signed: { 'auth-url': 'https://auth.example.com/verify', 'whitelist-source-range': `${OFFICE}/32` },
};
/** What the comments say must stay. */
const STAYS: readonly string[] = ['force-ssl-redirect'];

const scene = new Scene();
let home = '';
let controller: ControllerProcess;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'migrated-'));
  const names = Object.keys(ANNOTATIONS);
  const { out, error } = await runCommand(['migrate', '-'], {
    home,
    input: yamlOf(...names.map((name) => ingress(name, 'nginx', ANNOTATIONS[name] ?? {}))),
  });
  expect(error).toMatch(/^6 Ingresses, 6 policies: /u);
  const places = (await scene.nodes('one', 'two')).map(({ port }, at) => ({ name: `node-${at}`, port }));
  const objects = names.flatMap((name) => [
    ingress(name, 'mattermost', staying(name)),
    service(name),
    ...slices(name, places),
  ]);
  controller = await scene.controller({ objects });
  controller.write('policies.yaml', out);
  await controller.settled();
});
afterAll(async () => {
  await scene.end();
  rmSync(home, { recursive: true, force: true });
});

function ingress(
  name: string,
  ingressClassName: string,
  annotations: Readonly<Record<string, string>>,
): Manifest {
  const whole = Object.entries(annotations).map(([key, value]) => [`${NGINX}/${key}`, value]);
  const backend = { service: { name, port: { number: 8065 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'test', annotations: Object.fromEntries(whole) },
    spec: {
      ingressClassName,
      rules: [{ host: `${name}.example.com`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

function staying(name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(ANNOTATIONS[name] ?? {}).filter(([key]) => STAYS.includes(key)));
}

const PING = '/api/v4/system/ping';

describe('without its annotations', () => {
  test('the cookie has the name, the lifetime and the SameSite that it had', async () => {
    const { status, headers } = await controller.get('sticky.example.com', PING);
    expect(status).toBe(200);
    expect(String(headers['set-cookie'])).toMatch(
      /^route=[^;]+; Path=\/; Max-Age=3600; HttpOnly; SameSite=Strict$/u,
    );
  });

  test('a body that is too large gets 413', async () => {
    const post = (size: number) =>
      controller.get('small.example.com', '/api/v4/posts', { method: 'POST', body: 'x'.repeat(size) });
    expect((await post(2000)).status).toBe(413);
    expect((await post(900)).status).not.toBe(413);
  });

  test('networks that are not on the list get 403', async () => {
    expect((await controller.get('office.example.com', PING)).status).toBe(403);
    expect((await controller.get('office.example.com', PING, { from: OFFICE })).status).toBe(200);
  });

  test('what is asked too often gets 429, where ingress-nginx answered 503', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 8 }, () => controller.get('slow.example.com', PING)),
    );
    expect(new Set(statuses.map(({ status }) => status))).toEqual(new Set([200, 429]));
  });

  test('plain HTTP is redirected with 308, by the annotation that stays', async () => {
    const { status, headers } = await controller.get('secure.example.com', '/login?x=1');
    expect({ status, location: headers['location'] }).toEqual({
      status: 308,
      location: 'https://secure.example.com/login?x=1',
    });
  });

  test('a site whose restriction cannot be carried over lets nobody in', async () => {
    expect((await controller.get('signed.example.com', PING, { from: OFFICE })).status).toBe(403);
  });
});
