// `scale`: how long a controller with very many policies and endpoints takes to start and to follow one change, and what
// memory it holds. One process of ours on a fake API server over TLS; the log of the process tells when a change is served.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Draft, policy, service } from '../../support/kube/cluster-objects.ts';
import { FakeApiServer } from '../../support/kube/fake-api-server.ts';
import type { MetricsText } from '../../support/metrics-text.ts';
import type { Benchmark, BenchmarkContext, BenchmarkResult } from '../benchmark.ts';
import { quantile } from '../results/statistics.ts';
import { LoggedController, type ServedChange } from '../stage/logged-controller.ts';
import { rssKbOf } from '../stage/process-cost.ts';

const POLICIES = 10_000;
const ENDPOINTS_EACH = 3;
/** What comes first fills caches of the engine, not ours. */
const WARM_UP_CHANGES = 5;

type Change = 'endpoint' | 'policy';

export const scaleBenchmark: Benchmark = {
  summary: `start, change and memory with ${POLICIES} policies and ${POLICIES * ENDPOINTS_EACH} endpoints`,
  defaults: { seconds: 60, rounds: 40 },
  takes: [],
  run: runScale,
};

async function runScale(context: BenchmarkContext): Promise<BenchmarkResult> {
  const { processes, progress } = context;
  progress.show('filling a fake API server');
  const server = await FakeApiServer.start();
  try {
    fill(server);
    const kubeconfig = join(processes.folder, 'kubeconfig');
    writeFileSync(kubeconfig, server.kubeconfig('{token: token-1}'));
    progress.show('starting a controller');
    const startedMs = performance.now();
    const controller = await LoggedController.start(processes, {
      kubeconfig,
      workers: '2',
      'max-endpoints': String(POLICIES * ENDPOINTS_EACH * 2),
    });
    const startMs = performance.now() - startedMs;
    const startTranslateMs = (await controller.metrics()).sum('configuration_translate_seconds_sum') * 1000;
    const turns = await changeRounds(context, (change, round) =>
      controller.follow(() => apply(server, change, round)),
    );
    const rssMb = rssKbOf(controller.target.processId) / 1024;
    const heapMb = heapMbIn(await controller.metrics());
    await controller.stop();
    return report({ startMs, startTranslateMs, rssMb, heapMb, turns });
  } finally {
    await server.stop();
  }
}

/** Both kinds of change in turn; the first ones do not count. */
async function changeRounds(
  { progress, rounds, seconds }: BenchmarkContext,
  make: (change: Change, round: number) => Promise<ServedChange>,
): Promise<Record<Change, readonly ServedChange[]>> {
  const turns: Record<Change, ServedChange[]> = { endpoint: [], policy: [] };
  const endMs = performance.now() + seconds * 1000;
  for (let round = 0; round < rounds + WARM_UP_CHANGES && performance.now() < endMs; round++) {
    progress.show(`change ${round + 1} of ${rounds + WARM_UP_CHANGES}`);
    turns.endpoint.push(await make('endpoint', round));
    turns.policy.push(await make('policy', round));
  }
  return { endpoint: turns.endpoint.slice(WARM_UP_CHANGES), policy: turns.policy.slice(WARM_UP_CHANGES) };
}

/** Each site in a namespace of its own, as tenants have it. */
function fill(server: FakeApiServer): void {
  for (let index = 0; index < POLICIES; index++) {
    const namespace = `site-${index}`;
    server.cluster.put('services', service(`chat-${index}`, 8065, namespace));
    server.cluster.put('endpointslices', endpoints(index, 0));
    server.cluster.put('mattermostingresspolicies', policy(`chat-${index}`, namespace));
  }
}

/** @param version changes the address of the last endpoint */
function endpoints(index: number, version: number): Draft {
  const name = `chat-${index}`;
  return {
    metadata: {
      name: `${name}-1`,
      namespace: `site-${index}`,
      labels: { 'kubernetes.io/service-name': name },
    },
    addressType: 'IPv4',
    endpoints: Array.from({ length: ENDPOINTS_EACH }, (_, at) => ({
      addresses: [
        `10.${index >> 8}.${index & 255}.${at === ENDPOINTS_EACH - 1 ? 100 + (version % 100) : at + 1}`,
      ],
      conditions: { ready: true, serving: true, terminating: false },
      targetRef: {
        kind: 'Pod',
        name: `${name}-${at}`,
        uid: `${name}-${at}-${at === ENDPOINTS_EACH - 1 ? version : 0}`,
      },
    })),
    ports: [{ name: 'app', port: 8065, protocol: 'TCP' }],
  };
}

function apply(server: FakeApiServer, change: Change, round: number): void {
  const index = (round * 7919) % POLICIES;
  if (change === 'endpoint') return server.cluster.put('endpointslices', endpoints(index, round + 1));
  const draft = policy(`chat-${index}`, `site-${index}`);
  const spec = { ...(draft['spec'] as object), limits: { requestBody: `${round + 1}Mi` } };
  return server.cluster.put('mattermostingresspolicies', { ...draft, spec });
}

function heapMbIn({ samples }: MetricsText): number {
  const heap = samples.find(({ name }) => name === 'nodejs_heap_size_used_bytes');
  return (heap?.value ?? Number.NaN) / 1024 / 1024;
}

type Measured = {
  readonly startMs: number;
  readonly startTranslateMs: number;
  readonly rssMb: number;
  readonly heapMb: number;
  readonly turns: Readonly<Record<Change, readonly ServedChange[]>>;
};

function report({ turns, ...facts }: Measured): BenchmarkResult {
  const changes = Object.entries(turns).map(([name, all]) => {
    const served = all.map(({ servedMs }) => servedMs);
    const cpuMs = quantile(
      all.map((turn) => turn.cpuMs),
      0.5,
    );
    return [
      name,
      { changes: all.length, servedMs: { p50: quantile(served, 0.5), p99: quantile(served, 0.99) }, cpuMs },
    ] as const;
  });
  const lines = [
    `${POLICIES} policies, ${POLICIES * ENDPOINTS_EACH} endpoints, 2 workers`,
    `start to serving      ${facts.startMs.toFixed(0)} ms, of that translating ${facts.startTranslateMs.toFixed(0)} ms`,
    `memory                ${facts.rssMb.toFixed(0)} MB resident, ${facts.heapMb.toFixed(0)} MB heap of the main thread`,
    ...changes.map(
      ([name, { servedMs, cpuMs }]) =>
        `${`${name} change`.padEnd(21)} served after ${servedMs.p50.toFixed(0)} ms (p99 ${servedMs.p99.toFixed(0)} ms), ${cpuMs.toFixed(0)} ms of CPU`,
    ),
  ];
  const json = {
    policies: POLICIES,
    endpoints: POLICIES * ENDPOINTS_EACH,
    ...facts,
    ...Object.fromEntries(changes),
  };
  return { text: `${lines.join('\n')}\n`, json };
}
