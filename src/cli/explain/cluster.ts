// What a request is explained against: a cluster that is read once, and never written.
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import type { ObjectSet } from '../../api/objects.ts';
import { printable } from '../../explain/wording.ts';
import type { KubeSource } from '../../kube/source.ts';
import { messageOf } from '../../model/error-message.ts';
import { createLogger } from '../../observe/log.ts';
import type { Options } from '../../options/options.ts';
import { type OpenedCluster, openForReading } from '../controller/cluster-source.ts';
import { chooseKubeconfig } from '../input/kubeconfig-choice.ts';
import { assumedKnowledge, translating, type Translating } from './assumed.ts';
import { leftOutNotes } from './left-out.ts';
import type { ExplainOptions } from './options.ts';
import type { World } from './world.ts';

const READ_MS = 30_000;
const REACH_MS = 10_000;
const LOOK_MS = 250;

/** Rejects with a message for people that names server and context. */
export async function worldOfCluster(
  { kubeconfig, context }: ExplainOptions,
  options: Options,
  hostnames: readonly string[],
): Promise<World> {
  const choice = chooseKubeconfig(kubeconfig, context);
  if (choice === undefined)
    throw new Error(
      'There is nothing to explain against: give --manifests PATH, --kubeconfig FILE, or --admin URL',
    );
  const cluster = await openForReading(choice, options, {
    clock: { epochMs: () => Date.now(), monotonicMs: () => Number(process.hrtime.bigint() / 1_000_000n) },
    // What it would say is said once, at the end.
    log: createLogger({ write: () => {} }, 'silent'),
    metrics: { watchFailed: () => {}, eventsMissed: () => {}, schemaChecked: () => {} },
  });
  const named = cluster.context === undefined ? '' : ` (context ${cluster.context})`;
  const where = `The API server ${cluster.server}${named}`;
  try {
    await reach(cluster, where);
    const { translateAll, secretDigestKey } = await translating(options, cluster.deniedEndpoints);
    const objects = await readAll(cluster.source, translateAll, where);
    const translation = translateAll(objects);
    return {
      knowledge: assumedKnowledge(translation, options, hostnames, secretDigestKey),
      findings: [...cluster.source.findings(), ...translation.findings],
      leftOut: leftOutNotes(objects, translation, hostnames, options),
    };
  } finally {
    await cluster.source.close();
  }
}

const UNREADABLE: ReadonlySet<string> = new Set(['KindUnreadable', 'SchemaOutdated']);

/** Any answer will do: what may be read is found out later. */
async function reach({ api }: OpenedCluster, where: string): Promise<void> {
  try {
    await api.get('/version', {}, AbortSignal.timeout(REACH_MS));
  } catch (error) {
    const { reason } = error as { readonly reason?: string };
    if (reason === 'forbidden' || reason === 'not-found' || reason === 'refused') return;
    const message = printable(messageOf(error));
    throw new Error(`${where} cannot be read: ${message}. Try kubectl get mmip -A with the same kubeconfig`, {
      cause: error,
    });
  }
}

/** As the loop of a controller does at its start: what is read by name is known only after a first translation. */
async function readAll(source: KubeSource, translateAll: Translating, where: string): Promise<ObjectSet> {
  const over = new AbortController();
  const failure = await Promise.race([source.start(() => {}), whatFails(source, over.signal)]);
  over.abort();
  if (failure !== undefined) throw new Error(`${where} did not tell everything. ${failure}`);
  source.want(translateAll(source.objects()).wants);
  await source.settle();
  return source.objects();
}

/** A controller waits until it may read; whoever asks a question is told at once that he may not. */
async function whatFails(source: KubeSource, signal: AbortSignal): Promise<string | undefined> {
  for (let waitedMs = 0; waitedMs < READ_MS && !signal.aborted; waitedMs += LOOK_MS) {
    await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
    const refused = source.findings().filter(({ reason }) => UNREADABLE.has(reason));
    if (refused.length > 0)
      return refused.map(({ message, remedy }) => printable(`${message}. ${remedy}`)).join('\n');
  }
  return `It was waited for ${READ_MS / 1000} s`;
}
