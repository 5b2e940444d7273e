// The controller with the chart's own arguments and nothing but the chart's rights: it serves, keeps keys, leads, tells.
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { hostOf, policy, secret } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import { useChartCluster } from './chart-release.ts';
import type { Draft } from './harness/kube-api.ts';
import { Namespace } from './harness/namespace.ts';
import { applySite } from './harness/site.ts';

const chart = useChartCluster();
const OWN = 'edge';
const NAME = 'mattermost-ingress';
const HEADER = 'x-mattermost-preauth-secret';
const KEY = 'a-secret-of-some-length';
const ADDRESS = '192.0.2.9';
/**
 * A new leader waits two seconds, and an object is written at most every five; a leader that was paused for too long is
 * replaced after seventeen.
 */
const TOLD = { timeout: 60_000, interval: 100 };
/** What a test cannot leave to the chart: ports that are free here, and an end without delay. */
const HERE = {
  'http-port': '0',
  'https-port': '0',
  'admin-port': '0',
  workers: '1',
  'shutdown-delay': '0',
};
/** As pino counts; what may be missing is said below that. */
const WARNING = 40;
let scene = new Scene();

afterEach(async () => {
  await scene.end();
  scene = new Scene();
});

/** Arguments of the container as the API server has them, by name. */
async function chartFlags(): Promise<Readonly<Record<string, string>>> {
  const query = 'jsonpath={.spec.template.spec.containers[0].args}';
  const text = await chart().cluster.mustKubectl('get', 'deployment', NAME, '-n', OWN, '-o', query);
  const [, ...args] = JSON.parse(text) as readonly string[];
  return Object.fromEntries(args.map((arg) => arg.replace(/^--/u, '').split(/=(.*)/u).slice(0, 2)));
}

/** A site whose only rule needs a Secret, and an Ingress beside it. */
async function applySites(): Promise<Namespace> {
  await chart().createNamespace('chat');
  const namespace = new Namespace(chart().cluster.api, 'chat');
  await applySite(scene, namespace, 'web');
  const rules = [
    { name: 'app', headers: [{ name: HEADER, secretRef: { name: 'preauth' } }], action: 'Allow' },
  ];
  await namespace.apply(
    secret('preauth', { key: KEY }),
    policy('web', { admission: { rules, defaultAction: 'Deny' } }),
    ingress('open'),
  );
  return namespace;
}

function ingress(name: string): Draft {
  const backend = { service: { name: 'web', port: { number: 8065 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name },
    spec: {
      ingressClassName: 'mattermost',
      rules: [{ host: hostOf(name), http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

/** As the pod would run, with the token that the pod would get. */
async function startController(): Promise<ControllerProcess> {
  const { cluster } = chart();
  const kubeconfig = cluster.kubeconfig(await cluster.accountAccess(OWN, NAME));
  return scene.controller({ source: { kubeconfig }, flags: { ...(await chartFlags()), ...HERE } });
}

async function published(namespace: Namespace): Promise<unknown> {
  const { status } = await namespace.api.read('/apis/networking.k8s.io/v1/namespaces/chat/ingresses/open');
  return status?.['loadBalancer'];
}

describe.each([
  ['everything', 'workers=2'],
  ['named Secrets', 'secrets.mode=named,secrets.named.chat={preauth}'],
  ['its own and one other namespace', 'watchNamespaces={chat,edge}'],
  [
    'the least',
    'watchNamespaces={chat,edge},ingressClass.byName=true,secrets.mode=named,secrets.named.chat={preauth}',
  ],
])('allowed to read %s', (_title, values) => {
  test('it does all its work, and never meets a right that is missing', async () => {
    const { cluster } = chart();
    await chart().mustHelm('install', NAME, ['--namespace', OWN, '--set', values]);
    await cluster.installCrd();
    const namespace = await applySites();
    const service = `/api/v1/namespaces/${OWN}/services/${NAME}`;
    await cluster.api.patch(`${service}/status`, {
      status: { loadBalancer: { ingress: [{ ip: ADDRESS }] } },
    });
    const controller = await startController();
    const statusOf = async (headers: Readonly<Record<string, string>>) =>
      (await controller.get(hostOf('web'), '/', { headers })).status;
    expect([await statusOf({}), await statusOf({ [HEADER]: KEY })]).toEqual([403, 200]);
    expect((await controller.get(hostOf('open'), '/')).status).toBe(200);
    for (const key of ['sticky', 'ticket']) {
      expect(await chart().secretData(OWN, `${NAME}-${key}-key`)).toBeDefined();
    }
    await vi.waitFor(async () => {
      const lease = await cluster.api.read(`/apis/coordination.k8s.io/v1/namespaces/${OWN}/leases/${NAME}`);
      expect(lease.spec?.['holderIdentity']).toBeTruthy();
      const { status } = await namespace.read('MattermostIngressPolicy', 'web');
      expect(status).toMatchObject({ summary: hostOf('web') });
      expect(await published(namespace)).toMatchObject({ ingress: [{ ip: ADDRESS }] });
    }, TOLD);
    const troubles = controller.log.all.filter((line) => Number(line['level']) >= WARNING);
    expect(troubles.filter((line) => line['status'] === 403 || line['reason'] === 'forbidden')).toEqual([]);
  });
});
