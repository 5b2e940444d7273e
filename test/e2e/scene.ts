// What the steps of the test stand on: an installation, two Mattermost pods, three sites, and a way in.
import { expect } from 'vitest';
import { apply, kubectl, list } from './cluster-tools.ts';
import { type Entrance, entrancesOf, isReachable, Visitor } from './entrance.ts';
import {
  clearCluster,
  clusterNames,
  expectRollout,
  giveAddress,
  imageValues,
  install,
  RELEASE,
} from './installation.ts';
import {
  certificate,
  chatPolicy,
  type Manners,
  mattermost,
  operatorIngress,
  QUICK,
  restrictedNamespace,
  secretOf,
  SITES,
  SPREAD_HOST,
  spreadPolicy,
} from './mattermost-objects.ts';
import { SteadyTraffic } from './steady-traffic.ts';
import { until } from './until.ts';

export const FIRST_SECRET = 'the first secret of the e2e test';

/** What is told by the environment. */
export type Settings = {
  /** NAME:TAG of an image that the cluster has. */
  readonly image: string;
  /** ADDRESS:HTTP_PORT:HTTPS_PORT of the controller's Service, where nothing else leads there. */
  readonly given: string | undefined;
  /** Address to give the Service where no cloud does. */
  readonly balancer: string | undefined;
  /** More values for Helm. */
  readonly values: readonly string[];
};

export type Scene = {
  /** Names of what is cluster-wide, before the installation. */
  readonly clusterBefore: readonly string[];
  /** What Helm and kubectl warned of. */
  readonly warnings: string;
  /** Those addresses of the Service that can be reached from here. */
  readonly entrances: readonly Entrance[];
  readonly visitor: Visitor;
};

export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const {
    IMAGE: image = '',
    E2E_ADDRESS: given,
    E2E_LOAD_BALANCER: balancer,
    E2E_HELM_ARGS = '',
  } = environment;
  if (image === '') {
    throw new Error(
      'IMAGE is not set: make e2e IMAGE=NAME:TAG, with an image that the nodes of the cluster have',
    );
  }
  return { image, given, balancer, values: E2E_HELM_ARGS.split(' ').filter((word) => word !== '') };
}

/** Installs and applies everything; resolves when the Service can be reached. @param manners of Mattermost's pods */
export async function createScene(
  { image, given, balancer, values }: Settings,
  manners: Manners = QUICK,
): Promise<Scene> {
  await clearCluster();
  const clusterBefore = await clusterNames();
  await apply(restrictedNamespace(RELEASE), restrictedNamespace(SITES));
  const installed = await install(...imageValues(image), ...values);
  if (balancer !== undefined) await giveAddress(balancer);
  const { secret, authority } = await certificate();
  const applied = await apply(
    ...mattermost(image, 2, manners),
    secret,
    secretOf('preauth', { current: FIRST_SECRET }),
  );
  await apply(chatPolicy({ defaultAction: 'Allow' }), spreadPolicy(), operatorIngress());
  await expectRollout(SITES, 'deployment/mattermost');
  const entrances = await findEntrances(given);
  const [entrance] = entrances;
  if (entrance === undefined) throw new Error('Unreachable: the wait for an entrance found none');
  const visitor = new Visitor(entrance, authority);
  return { clusterBefore, warnings: `${installed}${applied}`, entrances, visitor };
}

/** A Service that was just made is known to the nodes a moment later. */
async function findEntrances(given: string | undefined): Promise<readonly Entrance[]> {
  const all = await entrancesOf(RELEASE, RELEASE, given);
  return until(async () => {
    const reachable = await Promise.all(all.map(isReachable));
    if (!reachable.includes(true)) {
      throw new Error(`No address of the Service can be reached from here: ${JSON.stringify(all)}`);
    }
    return all.filter((_, at) => reachable[at]);
  });
}

/** Names of Mattermost's pods that are not on their way out. */
export async function nodeNames(): Promise<readonly string[]> {
  const pods = await list(
    'pods',
    SITES,
    '--selector=app=mattermost',
    '--field-selector=status.phase=Running',
  );
  const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return staying.map(({ metadata }) => metadata.name).toSorted();
}

export async function scaleMattermost(replicas: number): Promise<void> {
  await kubectl(`scale deployment/mattermost --namespace ${SITES} --replicas=${replicas}`);
}

/** Resolves when several requests, over both replicas, are all answered with this status. */
export async function expectStatus(
  visitor: Visitor,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  await until(async () => {
    const replies = await Promise.all(Array.from({ length: 12 }, () => visitor.get({ headers })));
    expect([...new Set(replies.map((reply) => reply.status))]).toEqual([status]);
  }, 15_000);
}

/** Resolves when none of these pods exists any more, not even on its way out. */
export async function expectGone(namespace: string, names: readonly string[]): Promise<void> {
  await until(async () => {
    const left = (await list('pods', namespace)).map(({ metadata }) => metadata.name);
    expect(left.filter((name) => names.includes(name))).toEqual([]);
  }, 120_000);
}

/** Resolves when requests to the site that keeps nobody were answered by all of Mattermost's pods and nobody else. */
export async function expectAllNodes(visitor: Visitor): Promise<void> {
  await until(async () => {
    const sixteen = Array.from({ length: 16 }, () => visitor.get({ host: SPREAD_HOST }));
    const nodes = new Set((await Promise.all(sixteen)).map(({ node }) => node));
    expect([...nodes].toSorted()).toEqual(await nodeNames());
  });
}

/** Does something to the cluster under steady traffic, and prints what that cost. @returns the share that failed */
export async function lostDuring(
  visitor: Visitor,
  what: string,
  act: () => Promise<unknown>,
): Promise<number> {
  const startMs = performance.now();
  const traffic = new SteadyTraffic(() => visitor.get({ host: SPREAD_HOST }));
  await act();
  const { sent, failures, nodes } = await traffic.stop();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(
    `${what}: ${failures.length} of ${sent} requests failed in ${seconds} s, ${nodes.length} nodes answered`,
  );
  for (const failure of failures.slice(0, 5)) console.log(`  ${failure}`);
  return failures.length / sent;
}
