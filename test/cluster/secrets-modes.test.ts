// The three ways to read Secrets, with the chart's rights alone: whatever a site needs of Secrets and ConfigMaps is read
// and followed, and what may not be read closes what needs it, and nothing more.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, policy, secret, service, slices, tlsSecret } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';
import type { Draft } from './harness/kube-api.ts';
import { Namespace } from './harness/namespace.ts';
import { ownCluster } from './harness/shared.ts';
import { SteadyTraffic } from './harness/steady-traffic.ts';
import { ingress, pathTo } from './ingress-manifests.ts';
import { installRelease, type Release } from './installed-release.ts';
import { says, TOLD, warns } from './telling.ts';

const HEADER = 'X-Mattermost-Preauth-Secret';
const [ONE, TWO] = ['one-one-one-one-one', 'two-two-two-two-two'] as const;
const INTERNAL = 'mattermost.internal';
const PORT = 8065;
const ADDRESS = '10.244.249.1';
/** As pino counts. */
const WARNING = 40;

const scene = new Scene();
let own: Awaited<ReturnType<typeof ownCluster>>;
/** Of the node that is reached by TLS. */
let nodePair: Pair;

beforeAll(async () => {
  own = await ownCluster({ hasControllers: false });
  await own.cluster.installCrd();
  nodePair = await makeCertificate(INTERNAL);
  const tls = { key: nodePair.key, cert: nodePair.certificate };
  await scene.node('secure', { address: ADDRESS, port: PORT, tls, timing: { authenticationMs: 600_000 } });
});

afterAll(async () => {
  await scene.end();
  await own.stop();
});

async function createNamespace(name: string): Promise<Namespace> {
  await own.cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  return new Namespace(own.cluster.api, name);
}

function judging(className: string, name: string, secretName: string): Draft {
  const headers = [{ name: HEADER, secretRef: { name: secretName } }];
  const admission = { rules: [{ name: 'app', headers, action: 'Allow' }], defaultAction: 'Deny' };
  return policy(name, { ...site(className, name), admission });
}

/** All sites lead to the one node, whose certificate is verified by a ConfigMap. */
function site(className: string, name: string) {
  const caRef = { kind: 'ConfigMap', name: 'authorities' };
  return {
    ingressClassName: className,
    route: { hosts: [hostOf(name)], service: { name: 'secure', port: PORT } },
    backend: { tls: { mode: 'Verify', caRef, serverName: INTERNAL } },
  };
}

const modes = [
  { mode: 'cluster', values: 'workers=2', isNamed: false },
  { mode: 'namespaces', values: 'secrets.mode=namespaces,watchNamespaces={chat-namespaces}', isNamed: false },
  { mode: 'named', values: 'secrets.mode=named,secrets.named.chat-named={preauth,site-tls}', isNamed: true },
  {
    mode: 'least',
    values:
      'secrets.mode=named,secrets.named.chat-least={preauth,site-tls},watchNamespaces={chat-least},ingressClass.byName=true',
    isNamed: true,
  },
];

describe.each(modes)('mode $mode', ({ mode, values, isNamed }) => {
  let namespace: Namespace;
  let release: Release;
  let controller: ControllerProcess;
  let certificate: Pair;
  const web = hostOf(`${mode}-web`);
  const judged = hostOf(`${mode}-judged`);

  beforeAll(async () => {
    namespace = await createNamespace(`chat-${mode}`);
    release = await installRelease({ cluster: own.cluster, scene }, mode, values);
    certificate = await makeCertificate(web);
    const authorities = { 'ca.crt': nodePair.certificate };
    await namespace.apply(
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'authorities' }, data: authorities },
      service('secure'),
      ...slices('secure', [{ name: 'secure', address: ADDRESS, port: PORT }]),
      tlsSecret('site-tls', certificate),
      secret('preauth', { current: ONE }),
      ingressOf(mode),
      judging(mode, `${mode}-judged`, 'preauth'),
      judging(mode, `${mode}-unlisted`, 'unlisted'),
      secret('unlisted', { current: ONE }),
    );
    controller = await release.start();
  });

  /** With a certificate of the site. */
  function ingressOf(className: string): Draft {
    const annotations = {
      'nginx.ingress.kubernetes.io/backend-protocol': 'HTTPS',
      'nginx.ingress.kubernetes.io/enable-cors': 'true',
    };
    const parts = { className, annotations, paths: [pathTo('secure')], tls: 'site-tls' };
    return ingress(`${mode}-web`, parts);
  }

  async function statusOf(host: string, value: string): Promise<number> {
    return (await controller.get(host, '/', { headers: { [HEADER]: value } })).status;
  }

  async function securely({ certificate: ca }: Pair): Promise<number> {
    return (await controller.get(web, '/', { ca })).status;
  }

  test('TLS, header Secrets and authorities are read, and followed', async () => {
    await namespace.apply(policy(`${mode}-open`, site(mode, `${mode}-open`)));
    await eventually(async () => expect(await statusOf(hostOf(`${mode}-open`), '')).toBe(200));
    const traffic = await SteadyTraffic.start(controller, hostOf(`${mode}-open`));
    expect(await securely(certificate)).toBe(200);
    expect([await statusOf(judged, ONE), await statusOf(judged, TWO)]).toEqual([200, 403]);
    const renewed = await makeCertificate(web);
    await namespace.apply(tlsSecret('site-tls', renewed), secret('preauth', { current: TWO }));
    await eventually(async () => expect(await securely(renewed)).toBe(200));
    await eventually(async () => expect(await statusOf(judged, TWO)).toBe(200));
    expect(await statusOf(judged, ONE)).toBe(403);
    expect(await traffic.stop()).toEqual({ failures: [], socket: 'open' });
  });

  test('what may not be read by name matches nobody, is told, and closes nothing else', async () => {
    const name = `${mode}-unlisted`;
    const condition = isNamed ? 'ResolvedRefs=False SecretNotFound' : 'ResolvedRefs=True ResolvedRefs';
    await says(namespace, name, 'Accepted=True Accepted', condition);
    await says(namespace, `${mode}-judged`, 'ResolvedRefs=True ResolvedRefs');
    expect(await statusOf(hostOf(name), ONE)).toBe(isNamed ? 403 : 200);
    const forbidden = () =>
      controller.log.all.filter(
        (line) => Number(line['level']) >= WARNING && JSON.stringify(line).includes('forbidden'),
      );
    if (isNamed) await vi.waitFor(() => expect(JSON.stringify(forbidden())).toContain('unlisted'), TOLD);
    else expect(forbidden()).toEqual([]);
    expect(JSON.stringify(forbidden())).not.toMatch(/preauth|site-tls/u);
  });

  test('what is unsupported is told by an Event, with these rights', async () => {
    const { controllerName } = release;
    const reason = 'AnnotationUnsupported';
    expect(await warns(namespace, `${mode}-web`, { controllerName, reason })).toContain('enable-cors');
  });
});
