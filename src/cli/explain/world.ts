// What a request is explained against: manifests, or a cluster that is read once.
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import type { ObjectSet } from '../../api/objects.ts';
import type { Finding } from '../../model/finding.ts';
import type { Knowledge } from '../../explain/knowledge.ts';
import { assemble } from '../../manifests/assembly.ts';
import { createLogger } from '../../observe/log.ts';
import type { Options } from '../../options/options.ts';
import { NO_ADDRESSES } from '../../translate/address-ranges.ts';
import type { OpenedCluster } from '../cluster-source.ts';
import { readManifestPaths } from '../manifest-paths.ts';
import { chooseKubeconfig } from '../object-source.ts';
import { createProgress } from '../terminal.ts';
import { assumedKnowledge, translating, type Translating } from './assumed.ts';
import type { ExplainOptions } from './options.ts';

export type World = {
  readonly knowledge: Knowledge;
  /** Of objects that are not served as they are written. */
  readonly findings: readonly Finding[];
};

const READ_MS = 30_000;
const REACH_MS = 10_000;

/** Rejects with a message for people. */
export async function worldOfManifests(
  paths: readonly string[],
  options: Options,
  hostnames: readonly string[],
): Promise<World> {
  const progress = createProgress(process.stderr, () => performance.now());
  const files = await readManifestPaths(paths, progress);
  progress.end();
  const { objects, findings } = assemble(files);
  const { translateAll, secretDigestKey } = await translating(options, () => NO_ADDRESSES);
  const translation = translateAll(objects);
  return {
    knowledge: assumedKnowledge(translation, options, hostnames, secretDigestKey),
    findings: [...findings, ...translation.findings],
  };
}

/** Nothing is written there. Rejects with a message for people that names server and context. */
export async function worldOfCluster(
  { kubeconfig, context }: ExplainOptions,
  options: Options,
  hostnames: readonly string[],
): Promise<World> {
  const choice = chooseCluster(kubeconfig, context);
  const { openForReading } = await import('../cluster-source.ts');
  const complaints: string[] = [];
  const cluster = await openForReading(choice, options, {
    clock: { epochMs: () => Date.now(), monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n) },
    log: createLogger({ write: (line) => void complaints.push(line) }, 'warn'),
    metrics: { watchFailed: () => {}, eventsMissed: () => {}, schemaChecked: () => {} },
  });
  const named = cluster.context === undefined ? '' : ` (context ${cluster.context})`;
  const where = `The API server ${cluster.server}${named}`;
  try {
    await reach(cluster, where);
    const { translateAll, secretDigestKey } = await translating(options, cluster.deniedEndpoints);
    const objects = await readAll(
      cluster,
      translateAll,
      () => `${where} did not tell everything: ${problemsIn(complaints)}`,
    );
    const translation = translateAll(objects);
    return {
      knowledge: assumedKnowledge(translation, options, hostnames, secretDigestKey),
      findings: [...cluster.source.findings(), ...translation.findings],
    };
  } finally {
    await cluster.source.close();
  }
}

function chooseCluster(kubeconfig: string | undefined, context: string | undefined) {
  try {
    return chooseKubeconfig(kubeconfig, context);
  } catch (error) {
    throw new Error(
      'There is nothing to explain against: give --manifests PATH, --kubeconfig FILE, or --admin URL',
      { cause: error },
    );
  }
}

/** Any answer will do: what may be read is found out later. */
async function reach({ api }: OpenedCluster, where: string): Promise<void> {
  try {
    await api.get('/version', {}, AbortSignal.timeout(REACH_MS));
  } catch (error) {
    const { reason } = error as { readonly reason?: string };
    if (reason === 'forbidden' || reason === 'not-found' || reason === 'refused') return;
    const message = error instanceof Error ? error.message : String(error);
    throw new Error(`${where} cannot be read: ${message}. Try kubectl get mmip -A with the same kubeconfig`, {
      cause: error,
    });
  }
}

/** As the loop of a controller does at its start: what is read by name is known only after a first translation. */
async function readAll(
  { source }: OpenedCluster,
  translateAll: Translating,
  problem: () => string,
): Promise<ObjectSet> {
  const late = new AbortController();
  const timeout = pause(READ_MS, 'late' as const, { signal: late.signal }).catch(() => 'late' as const);
  const started = await Promise.race([source.start(() => {}), timeout]);
  if (started === 'late') throw new Error(problem());
  late.abort();
  source.want(translateAll(source.objects()).wants);
  await source.settle();
  return source.objects();
}

/** What the log would have said: kind and problem of each. */
function problemsIn(lines: readonly string[]): string {
  const problems = lines.map((line) => {
    const { kind, problem } = JSON.parse(line) as { readonly kind?: string; readonly problem?: string };
    return problem === undefined ? '' : `${kind}: ${problem}`;
  });
  const known = [...new Set(problems)].filter((problem) => problem !== '');
  return known.length === 0 ? `no answer within ${READ_MS / 1000} s` : known.join('; ');
}
