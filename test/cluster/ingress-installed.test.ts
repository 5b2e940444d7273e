// What the Mattermost operator and the Helm charts install, on a real control plane: it works as it is, and a policy may
// come on top of it.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { policy as policyOf, secret } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Fields, Stored } from './harness/kube-api.ts';
import { Kubelet } from './harness/kubelet.ts';
import type { Namespace } from './harness/namespace.ts';
import { isServedByAll } from './harness/served.ts';
import { ownCluster } from './harness/shared.ts';
import { governing } from './ingress-manifests.ts';
import { type Installed, installMattermost } from './installed-mattermost.ts';
import { conditionsIn, rowOf, says, TOLD } from './telling.ts';

const CONTROLLER = 'mattermost-ingress.io/controller';
const PING = '/api/v4/system/ping';
const MI = 2 ** 20;
const PUBLISHED = [{ ip: '192.0.2.7' }, { hostname: 'lb.example.net' }];
const HEADER = 'X-Mattermost-Preauth-Secret';
const KEY = 'a-secret-of-some-length';

const scene = new Scene();
let own: Awaited<ReturnType<typeof ownCluster>>;
let controller: ControllerProcess;

beforeAll(async () => {
  own = await ownCluster({ hasControllers: true });
  await own.cluster.installCrd();
  const flags = { 'take-over-class': 'nginx', 'publish-address': '192.0.2.7,lb.example.net' };
  controller = await scene.controller({ source: { kubeconfig: own.cluster.kubeconfig() }, flags });
});

afterAll(async () => {
  await scene.end();
  await own.stop();
});

type Site = Installed & { readonly namespace: Namespace; readonly kubelet: Kubelet };

/** Resolves when all hosts are served. */
async function install(word: string, golden: string, replicas = 2): Promise<Site> {
  const namespace = await own.cluster.namespace(word);
  const kubelet = await Kubelet.start(namespace);
  scene.add(kubelet);
  const installed = await installMattermost(namespace, golden, replicas);
  const site = { ...installed, namespace, kubelet };
  for (const host of site.hosts) await eventually(async () => expect(await statusOf(site, host)).toBe(200));
  await isServedByAll(controller);
  return site;
}

async function statusOf(
  { ca, hosts }: Installed,
  host = hosts[0] ?? '',
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  return (await controller.get(host, PING, { headers, ...(ca === undefined ? {} : { ca }) })).status;
}

async function publishedOf({ namespace, name }: Site): Promise<unknown> {
  const { status } = await namespace.read('Ingress', name);
  return (status?.['loadBalancer'] as Fields | undefined)?.['ingress'];
}

describe.each([
  ['operator', 'ingress-operator-with-our-class', 1000 * MI],
  ['legacy', 'ingress-operator-without-class-is-taken-over', 1000 * MI],
  ['team', 'ingress-helm-team-edition-with-tls', 50 * MI],
  ['plain', 'ingress-helm-team-edition-without-tls', undefined],
  ['enterprise', 'ingress-helm-enterprise-edition', 110 * MI],
  ['chart', 'ingress-helm-mattermost-chart', undefined],
])('%s: %s', (word, golden, bodyLimit) => {
  test('serves without a policy: TLS, redirect, WebSockets, persistence, the size of bodies, its address', async () => {
    const site = await install(word, golden);
    const [host = ''] = site.hosts;
    const overTls = site.ca === undefined ? {} : { ca: site.ca };
    const answer = await controller.get(host, PING, overTls);
    expect(String(answer.headers['set-cookie'])).toContain('MMSTICKY=');
    const plain = await controller.get(host, `${PING}?a=b`);
    const target = site.ca === undefined ? undefined : `https://${host}${PING}?a=b`;
    expect([plain.status, plain.headers.location]).toEqual([target === undefined ? 200 : 308, target]);
    const conversation = await controller.open(host, overTls);
    expect(conversation.node).toMatch(new RegExp(`^${site.name}-`, 'u'));
    conversation.socket.terminate();
    if (bodyLimit !== undefined) {
      const headers = { 'Content-Length': String(bodyLimit + 1) };
      expect((await controller.get(host, PING, { method: 'POST', headers, ...overTls })).status).toBe(413);
    }
    await vi.waitFor(async () => expect(await publishedOf(site)).toEqual(PUBLISHED), TOLD);
  });
});

describe('a policy on top of the Ingress of the operator', () => {
  let site: Site;
  let policy: Stored;

  beforeAll(async () => {
    site = await install('governed', 'ingress-operator-with-our-class');
    const rules = [
      { name: 'app', headers: [{ name: HEADER, secretRef: { name: 'preauth' } }], action: 'Allow' },
    ];
    const admission = { rules, defaultAction: 'Deny' };
    await site.namespace.apply(secret('preauth', { key: KEY }), governing(site.name, { admission }));
    policy = await vi.waitFor(async () => {
      const told = await says(site.namespace, site.name, 'Programmed=True Programmed');
      expect(told.status?.['endpoints']).toMatchObject({ ready: 2 });
      return told;
    }, TOLD);
  });

  test('admits whoever it says, on each host', async () => {
    for (const host of site.hosts) {
      const asked = [await statusOf(site, host), await statusOf(site, host, { [HEADER]: KEY })];
      expect([host, ...asked]).toEqual([host, 403, 200]);
    }
  });

  test('tells how it fares, as a whole and for its Ingress', async () => {
    const good = ['Accepted=True Accepted', 'ResolvedRefs=True ResolvedRefs', 'Programmed=True Programmed'];
    expect(conditionsIn(policy.status).toSorted()).toEqual(good.toSorted());
    const [ancestor, ...more] = (policy.status?.['ancestors'] ?? []) as readonly Fields[];
    expect(more).toEqual([]);
    expect(ancestor).toMatchObject({
      group: 'networking.k8s.io',
      kind: 'Ingress',
      name: site.name,
      controllerName: CONTROLLER,
    });
    expect(conditionsIn(ancestor).toSorted()).toEqual(good.toSorted());
    expect(policy.status).toMatchObject({ hosts: site.hosts, endpoints: { ready: 2 } });
  });

  test('reads well in kubectl', async () => {
    expect(await rowOf(own.cluster, site.namespace, site.name)).toEqual({
      NAME: site.name,
      SUMMARY: site.hosts.join(', '),
      ENDPOINTS: '2',
      ACCEPTED: 'True',
      REASON: 'Accepted',
      PROGRAMMED: 'True',
    });
  });

  test('a pod that is not ready gets nobody, though the Service publishes it as ready', async () => {
    const [sick = ''] = (await namesOf(site)).toSorted();
    await site.kubelet.setReady(sick, false);
    await vi.waitFor(async () => {
      const { status } = await site.namespace.read('MattermostIngressPolicy', site.name);
      expect(status?.['endpoints']).toMatchObject({ ready: 1, unhealthy: 1 });
    }, TOLD);
    const nodes = await Promise.all(Array.from({ length: 12 }, () => nodeOf(site)));
    expect(new Set(nodes)).toEqual(new Set((await namesOf(site)).filter((name) => name !== sick)));
    expect(await site.namespace.readyAddresses(site.name)).toHaveLength(2);
    await site.kubelet.setReady(sick, true);
  });

  test('is gone: the Ingress serves as before', async () => {
    // When the last policy of all goes, its definition may have gone with it, and that is waited out.
    await site.namespace.apply(policyOf('another'));
    await says(site.namespace, 'another', 'Accepted=True Accepted');
    await site.namespace.delete('MattermostIngressPolicy', site.name);
    await eventually(async () => expect(await statusOf(site)).toBe(200));
  });
});

async function namesOf({ namespace }: Site): Promise<readonly string[]> {
  const pods = await namespace.api.list(`/api/v1/namespaces/${namespace.name}/pods`);
  return pods.map(({ metadata }) => metadata.name);
}

async function nodeOf({ ca = '', hosts: [host = ''] }: Site): Promise<string> {
  return (await controller.get(host, PING, { ca, headers: { [HEADER]: KEY } })).node;
}
