// The life of an installation on a cluster with real pods: installed, used, changed, killed, removed. Each step stands on
// those before it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apply, kubectl, list, namesOf, valueOf } from './cluster-tools.ts';
import { stickyCookieOf, Visitor } from './entrance.ts';
import { printFirstTrouble } from './first-trouble.ts';
import {
  clearCluster,
  clusterNames,
  controllerPods,
  CRD,
  errorsLogged,
  expectRollout,
  isReady,
  leader,
  logOf,
  RELEASE,
  restartsOf,
  uninstall,
  upgrade,
} from './installation.ts';
import { LiveClient } from './live-client.ts';
import { chatPolicy, OPERATOR_HOST, SECRET_HEADER, secretOf, SITES } from './mattermost-objects.ts';
import { statusFromPod } from './pod-visitor.ts';
import {
  createScene,
  expectAllNodes,
  expectGone,
  expectStatus,
  FIRST_SECRET,
  lostDuring,
  nodeNames,
  readSettings,
  type Scene,
  scaleMattermost,
} from './scene.ts';
import { until } from './until.ts';

const SECOND_SECRET = 'the second secret of the e2e test';
const ECHO = '/api/v4/demo/echo';
/** Of all requests while pods come and go; that none is lost is measured elsewhere. */
const MAX_LOST_SHARE = 0.02;

/** The API server itself says by an APIService that it serves the group; where the definition was before, it is no news. */
const OF_THE_DEFINITION = [CRD, 'apiservice.apiregistration.k8s.io/v1alpha1.mattermost-ingress.io'];

const GIVEN_TO_EVERY_NAMESPACE = ['configmap/kube-root-ca.crt', 'serviceaccount/default'];

let scene: Scene;
let visitor: Visitor;

beforeAll(async () => {
  scene = await createScene(readSettings(process.env));
  visitor = scene.visitor;
});

printFirstTrouble();

afterAll(async () => {
  if (process.env['E2E_KEEP'] === undefined) await clearCluster();
});

describe('installed as the docs say', () => {
  test('runs under the restricted profile without a warning', async () => {
    const pods = await controllerPods();
    expect(pods.map(isReady)).toEqual([true, true]);
    expect(pods.map(restartsOf)).toEqual([0, 0]);
    expect(scene.warnings).not.toMatch(/PodSecurity|[Ww]arning/);
  });

  test('fills its key Secrets', async () => {
    await until(async () => {
      const secrets = await list('secrets', RELEASE, '--field-selector=type=Opaque');
      expect(secrets.map(({ metadata }) => metadata.name)).toEqual([
        `${RELEASE}-sticky-key`,
        `${RELEASE}-ticket-key`,
      ]);
      for (const { data = {} } of secrets) expect(Object.keys(data as object)).not.toEqual([]);
    }, 20_000);
  });

  test('kubectl get mmip shows what is served', async () => {
    await until(async () => {
      const [head = '', ...rows] = (await kubectl(`get mmip --namespace ${SITES}`)).trim().split('\n');
      expect(head.replaceAll(/\s+/g, ' ')).toBe('NAME SUMMARY ENDPOINTS ACCEPTED REASON PROGRAMMED AGE');
      const shown = rows.map((row) => row.split(/\s+/).slice(0, 6));
      expect(shown).toEqual([
        ['chat', 'chat.example.com', '2', 'True', 'Accepted', 'True'],
        ['spread', 'spread.example.com', '2', 'True', 'Accepted', 'True'],
      ]);
    }, 20_000);
  });

  test('answers at every address of its Service that can be reached from here', async () => {
    const shown = scene.entrances.map(({ kind, address, https }) => `${kind} ${address}:${https}`);
    console.log(`entrances: ${shown.join(', ')}`);
    for (const entrance of scene.entrances) {
      const way = new Visitor(entrance, visitor.ca);
      await until(async () => expect((await way.get()).status, entrance.kind).toBe(200), 10_000);
      const redirect = await way.getPlain('chat.example.com', '/somewhere?a=b');
      expect(redirect.status).toBe(308);
      expect(redirect.headers.location).toBe('https://chat.example.com/somewhere?a=b');
    }
  });

  test('serves the Ingress of an operator without any policy, and shows where', async () => {
    await until(async () => expect((await visitor.get({ host: OPERATOR_HOST })).status).toBe(200), 10_000);
    const { balancer } = readSettings(process.env);
    if (balancer === undefined) return;
    await until(async () => {
      expect(await valueOf(SITES, 'ingress/mattermost', '.status.loadBalancer.ingress[*].ip')).toBe(balancer);
    }, 20_000);
  });
});

describe('a client', () => {
  test('stays on its node, whichever replica it meets', async () => {
    const first = await visitor.get();
    const cookie = stickyCookieOf(first.headers);
    expect(cookie).toMatch(/^MMSTICKY=/);
    const replies = await Promise.all(
      Array.from({ length: 40 }, () =>
        visitor.get({ headers: { Cookie: cookie, 'X-Request-ID': 'sticky' } }),
      ),
    );
    expect(new Set(replies.map(({ node }) => node))).toEqual(new Set([first.node]));
    await until(async () => {
      const after = await Promise.all((await controllerPods()).map(logOf));
      const counts = after.map((lines) => lines.filter(({ requestId }) => requestId === 'sticky').length);
      expect(counts.filter((count) => count > 0)).toHaveLength(2);
    }, 10_000);
  });

  test('hears of posts over the WebSocket of Mattermost’s own client', async () => {
    const client = await LiveClient.start(visitor);
    await client.expectEcho('hello');
    client.close();
  });
});

describe('admission', () => {
  const secretRule = {
    name: 'app',
    headers: [{ name: SECRET_HEADER, secretRef: { name: 'preauth' } }],
    action: 'Allow',
  };
  const closed = { rules: [secretRule], defaultAction: 'Deny' };

  test('lets in who has the secret, and nobody else', async () => {
    await apply(chatPolicy(closed));
    await expectStatus(visitor, 403);
    expect((await visitor.get()).headers['x-reject-reason']).toBe('pre-auth');
    await expectStatus(visitor, 403, { [SECRET_HEADER]: 'something else that is long' });
    await expectStatus(visitor, 200, { [SECRET_HEADER]: FIRST_SECRET });
    await expect(visitor.open({})).rejects.toThrow('403');
    const client = await LiveClient.start(visitor, { [SECRET_HEADER]: FIRST_SECRET });
    await client.expectEcho('with the secret');
    client.close();
  });

  test('takes a new secret beside the old one, and drops the old one', async () => {
    await apply(secretOf('preauth', { current: SECOND_SECRET, previous: FIRST_SECRET }));
    await expectStatus(visitor, 200, { [SECRET_HEADER]: SECOND_SECRET });
    await expectStatus(visitor, 200, { [SECRET_HEADER]: FIRST_SECRET });
    const patch = `patch secret/preauth --namespace ${SITES} --type=json`;
    await kubectl(patch, '--patch=[{"op":"remove","path":"/data/previous"}]');
    await expectStatus(visitor, 403, { [SECRET_HEADER]: FIRST_SECRET });
    await expectStatus(visitor, 200, { [SECRET_HEADER]: SECOND_SECRET });
  });

  test('knows this machine and a pod apart by their addresses', async () => {
    const echo = await visitor.get({ path: ECHO, headers: { [SECRET_HEADER]: SECOND_SECRET } });
    const { headers } = JSON.parse(echo.body.toString()) as {
      readonly headers: readonly (readonly string[])[];
    };
    const seen = headers.find(([name]) => name?.toLowerCase() === 'x-real-ip')?.[1] ?? '';
    const office = {
      name: 'office',
      sourceCIDRs: [`${seen}/${seen.includes(':') ? 128 : 32}`],
      action: 'Allow',
    };
    expect(await statusFromPod({})).toBe(403);
    await apply(chatPolicy({ ...closed, rules: [office, secretRule] }));
    await expectStatus(visitor, 200);
    expect(await statusFromPod({})).toBe(403);
    expect(await statusFromPod({ [SECRET_HEADER]: SECOND_SECRET })).toBe(200);
    await apply(chatPolicy({ defaultAction: 'Allow' }));
    await until(async () => expect(await statusFromPod({})).toBe(200), 10_000);
  });
});

describe('Mattermost', () => {
  test('is scaled: new nodes get their share, others go', async () => {
    const lost = await lostDuring(visitor, 'Mattermost from 2 to 4 to 2 pods', async () => {
      await scaleMattermost(4);
      await expectRollout(SITES, 'deployment/mattermost');
      await expectAllNodes(visitor);
      const four = await nodeNames();
      await scaleMattermost(2);
      await until(async () => expect(await nodeNames()).toHaveLength(2));
      const two = await nodeNames();
      const leaving = four.filter((name) => !two.includes(name));
      await expectGone(SITES, leaving);
      await expectAllNodes(visitor);
    });
    expect(lost).toBeLessThan(MAX_LOST_SHARE);
  });

  test('is rolled: its clients come back on the new pods', async () => {
    const client = await LiveClient.start(visitor);
    const old = await nodeNames();
    const lost = await lostDuring(visitor, 'Mattermost rolled', async () => {
      await kubectl(`rollout restart deployment/mattermost --namespace ${SITES}`);
      await expectRollout(SITES, 'deployment/mattermost');
      await expectGone(SITES, old);
      await expectAllNodes(visitor);
    });
    await client.expectEcho('after the roll');
    expect(client.reconnects).toBeGreaterThan(0);
    client.close();
    expect(lost).toBeLessThan(MAX_LOST_SHARE);
  });

  test('is away: 503 that says so, and back', async () => {
    await scaleMattermost(0);
    await until(async () => expect((await visitor.get()).status).toBe(503), 60_000);
    await scaleMattermost(2);
    await until(async () => expect((await visitor.get()).status).toBe(200), 60_000);
  });
});

describe('the controller', () => {
  test('is upgraded: other values, same cookies, and nobody is turned away', async () => {
    const client = await LiveClient.start(visitor);
    const first = await visitor.get();
    const cookie = stickyCookieOf(first.headers);
    const old = (await controllerPods()).map(({ metadata }) => metadata.name);
    expect(await errorsLogged()).toEqual([]);
    const lost = await lostDuring(visitor, 'controller upgraded', async () => {
      await upgrade(
        '--set',
        'workers=1',
        '--set',
        'shutdownDelaySeconds=5',
        '--set',
        'drainTimeoutSeconds=10',
        '--set',
        'minReadySeconds=0',
      );
      await expectGone(RELEASE, old);
    });
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => visitor.get({ headers: { Cookie: cookie } })),
    );
    expect(new Set(replies.map(({ node }) => node))).toEqual(new Set([first.node]));
    await client.expectEcho('after the upgrade');
    client.close();
    expect(lost).toBeLessThan(MAX_LOST_SHARE);
  });

  test('loses the pod that leads: another one takes over', async () => {
    const client = await LiveClient.start(visitor);
    const holder = await leader();
    const [victim] = (await controllerPods()).filter(({ metadata }) => holder.includes(metadata.name));
    const name = victim?.metadata.name ?? '';
    expect(name, `The Lease is held by ${JSON.stringify(holder)}`).not.toBe('');
    await lostDuring(visitor, 'leader killed', async () => {
      await kubectl(`delete pod ${name} --namespace ${RELEASE} --grace-period=0 --force`);
      await until(async () => expect((await leader()).includes(name)).toBe(false), 30_000);
      await expectRollout(RELEASE, `deployment/${RELEASE}`);
    });
    await apply(chatPolicy({ defaultAction: 'Deny' }));
    const seen = '.status.conditions[?(@.type=="Programmed")].observedGeneration';
    const generation = await valueOf(SITES, 'mmip/chat', '.metadata.generation');
    await until(async () => expect(await valueOf(SITES, 'mmip/chat', seen)).toBe(generation), 30_000);
    await expectStatus(visitor, 403);
    await apply(chatPolicy({ defaultAction: 'Allow' }));
    await client.expectEcho('after the kill');
    client.close();
  });

  test('is removed: the definition and the key Secrets stay, and nothing else', async () => {
    expect(await errorsLogged()).toEqual([]);
    await uninstall();
    const added = (await clusterNames()).filter((name) => !scene.clusterBefore.includes(name));
    expect(added.filter((name) => !OF_THE_DEFINITION.includes(name))).toEqual([]);
    await until(async () => {
      const left = (await namesOf(RELEASE)).filter((name) => !GIVEN_TO_EVERY_NAMESPACE.includes(name));
      expect(left).toEqual([`secret/${RELEASE}-sticky-key`, `secret/${RELEASE}-ticket-key`]);
    }, 30_000);
    const policies = await list('mmip', SITES);
    expect(policies.map(({ metadata }) => metadata.name)).toEqual(['chat', 'spread']);
  });
});
