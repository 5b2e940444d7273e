// What the test suites of other ingress controllers ask of sticky sessions, as a table of our own: the
// affinity cases of ingress-nginx.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { type Manifest, service, slices, tlsSecret } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import { cookieOf, cookiesOf, StickyPods } from '../support/sticky-pods.ts';

const scene = new Scene();
let pods: StickyPods;
let controller: ControllerProcess;
let pair: Pair;

beforeAll(async () => {
  pair = await makeCertificate('tls.example.com');
  pods = await StickyPods.start();
  scene.add(pods);
  controller = await scene.controller({
    flags: { 'default-backend-namespace': 'test' },
    objects: pods.backend('start', 1),
  });
});
afterAll(() => scene.end());

type Rule = { readonly host?: string; readonly paths?: readonly string[] };

/** @param annotations without their prefix */
function ingress(
  name: string,
  annotations: Readonly<Record<string, string>>,
  {
    rules = [{ host: `${name}.example.com` }],
    ...more
  }: { readonly rules?: readonly Rule[]; readonly tls?: unknown } = {},
): Manifest {
  const prefixed = Object.entries(annotations).map(([key, value]) => [
    `nginx.ingress.kubernetes.io/${key}`,
    value,
  ]);
  const path = (text: string) => ({
    path: text,
    pathType: 'Prefix',
    backend: { service: { name, port: { number: 8065 } } },
  });
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'test', annotations: Object.fromEntries(prefixed) },
    spec: {
      ingressClassName: 'mattermost',
      rules: rules.map(({ paths = ['/'], ...host }) => ({ ...host, http: { paths: paths.map(path) } })),
      ...more,
    },
  };
}

function ask(
  name: string,
  cookie = '',
  path = '/',
  more: { readonly from?: string; readonly ca?: string } = {},
) {
  return controller.get(`${name}.example.com`, path, {
    ...more,
    headers: cookie === '' ? {} : { Cookie: cookie },
  });
}

describe('annotations', () => {
  test.each<[string, Readonly<Record<string, string>>, string]>([
    [
      'name',
      { affinity: 'cookie', 'session-cookie-name': 'SERVERID' },
      'SERVERID=TOKEN; Path=/; HttpOnly; SameSite=Lax',
    ],
    [
      'expires',
      { affinity: 'cookie', 'session-cookie-expires': '172800', 'session-cookie-max-age': '259200' },
      'MMSTICKY=TOKEN; Path=/; Max-Age=259200; HttpOnly; SameSite=Lax',
    ],
    ['no-domain', { affinity: 'cookie' }, 'MMSTICKY=TOKEN; Path=/; HttpOnly; SameSite=Lax'],
    [
      'domain',
      { affinity: 'cookie', 'session-cookie-domain': 'foo.bar' },
      'MMSTICKY=TOKEN; Path=/; HttpOnly; SameSite=Lax',
    ],
    [
      'own-path',
      { affinity: 'cookie', 'session-cookie-path': '/foo/bar' },
      'MMSTICKY=TOKEN; Path=/foo/bar; HttpOnly; SameSite=Lax',
    ],
    [
      'regex-path',
      { affinity: 'cookie', 'use-regex': 'true', 'session-cookie-path': '/foo/bar' },
      'MMSTICKY=TOKEN; Path=/foo/bar; HttpOnly; SameSite=Lax',
    ],
    [
      'regex-no-path',
      { affinity: 'cookie', 'use-regex': 'true' },
      'MMSTICKY=TOKEN; Path=/; HttpOnly; SameSite=Lax',
    ],
    [
      'secure-plain',
      { affinity: 'cookie', 'session-cookie-secure': 'true' },
      'MMSTICKY=TOKEN; Path=/; HttpOnly; SameSite=Lax',
    ],
    [
      'insecure-plain',
      { affinity: 'cookie', 'session-cookie-secure': 'false' },
      'MMSTICKY=TOKEN; Path=/; HttpOnly; SameSite=Lax',
    ],
    [
      'samesite',
      { affinity: 'cookie', 'session-cookie-samesite': 'Strict' },
      'MMSTICKY=TOKEN; Path=/; HttpOnly; SameSite=Strict',
    ],
  ])('%s', async (name, annotations, expected) => {
    await controller.apply(`${name}.yaml`, ...pods.backend(name, 2), ingress(name, annotations));
    const first = await ask(name);
    expect(cookiesOf(first)).toEqual([expected]);
    const again = await ask(name, cookieOf(first));
    expect([again.node, cookiesOf(again)]).toEqual([first.node, []]);
  });

  test('over https the cookie is Secure, whatever they say', async () => {
    const tls = [{ hosts: ['tls.example.com'], secretName: 'tls' }];
    const made = ingress('tls', { affinity: 'cookie', 'session-cookie-secure': 'false' }, { tls });
    await controller.apply('tls.yaml', ...pods.backend('tls', 2), made, tlsSecret('tls', pair));
    const reply = await ask('tls', '', '/', { ca: pair.certificate });
    expect(cookiesOf(reply)).toEqual(['MMSTICKY=TOKEN; Path=/; HttpOnly; SameSite=Lax; Secure']);
  });

  test('a change of the name changes the cookie, and leaves everybody where he is', async () => {
    const named = (name: string) => ingress('renamed', { affinity: 'cookie', 'session-cookie-name': name });
    await controller.apply('renamed.yaml', ...pods.backend('renamed', 5), named('SERVERID'));
    const first = await ask('renamed');
    await controller.apply('renamed.yaml', ...pods.backend('renamed', 5), named('OTHER'));
    const second = await ask('renamed', cookieOf(first));
    expect(cookiesOf(second)).toEqual(['OTHER=TOKEN; Path=/; HttpOnly; SameSite=Lax']);
    expect(second.node).toBe(first.node);
  });

  test('paths of one host and Service have a cookie each, and both may be sent', async () => {
    const made = ingress(
      'paths',
      { affinity: 'cookie' },
      { rules: [{ host: 'paths.example.com', paths: ['/something', '/somewhereelese'] }] },
    );
    await controller.apply('paths.yaml', ...pods.backend('paths', 5), made);
    const [one, other] = [await ask('paths', '', '/something'), await ask('paths', '', '/somewhereelese')];
    expect([cookiesOf(one), cookiesOf(other)]).toEqual([
      ['MMSTICKY=TOKEN; Path=/something; HttpOnly; SameSite=Lax'],
      ['MMSTICKY=TOKEN; Path=/somewhereelese; HttpOnly; SameSite=Lax'],
    ]);
    const both = await ask('paths', `${cookieOf(other)}; ${cookieOf(one)}`, '/something');
    expect(cookiesOf(both)).toEqual([]);
  });

  test('separate Ingresses of one host do not share it', async () => {
    const rule = (path: string) => ({ rules: [{ host: 'separate.example.com', paths: [path] }] });
    await controller.apply(
      'separate.yaml',
      ...pods.backend('first', 3),
      ...pods.backend('second', 3),
      ingress('first', { affinity: 'cookie', 'session-cookie-name': 'FIRST' }, rule('/foo')),
      ingress('second', { affinity: 'cookie', 'session-cookie-name': 'SECOND' }, rule('/bar')),
    );
    expect(cookiesOf(await ask('separate', '', '/foo'))).toEqual([
      'FIRST=TOKEN; Path=/foo; HttpOnly; SameSite=Lax',
    ]);
    expect(cookiesOf(await ask('separate', '', '/bar'))).toEqual([
      'SECOND=TOKEN; Path=/bar; HttpOnly; SameSite=Lax',
    ]);
  });

  test('without a host, and by an alias that is none', async () => {
    await controller.apply(
      'any.yaml',
      ...pods.backend('any', 2),
      ingress('any', { affinity: 'cookie', 'server-alias': 'alias.other' }, { rules: [{}] }),
    );
    for (const host of ['whatever.other', 'alias.other']) {
      const first = await controller.get(host, '/');
      expect(cookiesOf(first)).toHaveLength(1);
      const again = await controller.get(host, '/', { headers: { Cookie: cookieOf(first) } });
      expect(again.node).toBe(first.node);
    }
    controller.remove('any.yaml');
    await controller.settled();
  });
});

describe('scaling', () => {
  test('from 5 to 15 step by step leaves the holder of a cookie where he is', async () => {
    await controller.apply(
      'up.yaml',
      ...pods.backend('up', 5),
      ingress('up', { affinity: 'cookie', 'affinity-mode': 'persistent' }),
    );
    const first = await ask('up');
    for (let count = 6; count <= 15; count++) {
      await controller.apply('up.yaml', ...pods.backend('up', count), ingress('up', { affinity: 'cookie' }));
      const reply = await ask('up', cookieOf(first), '/', { from: `127.40.0.${count}` });
      expect([count, reply.node, cookiesOf(reply)]).toEqual([count, first.node, []]);
    }
  });

  test('to nothing is 503 with the cookie, and back again is another node with another cookie', async () => {
    const made = ingress('down', { affinity: 'cookie' });
    await controller.apply('down.yaml', ...pods.backend('down', 3), made);
    const first = await ask('down');
    await controller.apply('down.yaml', ...pods.backend('down', 0), made);
    expect((await ask('down', cookieOf(first))).status).toBe(503);
    const fresh = [pods.place(8), pods.place(9)];
    await controller.apply('down.yaml', service('down'), ...slices('down', fresh), made);
    const back = await ask('down', cookieOf(first));
    expect([back.status, cookiesOf(back).length]).toEqual([200, 1]);
    expect(fresh.map(({ address }) => address)).toContain(back.node);
  });
});
