// What a running controller writes to the cluster: statuses and Events while it leads, and the key Secrets at its start.
import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import type { Note, ToldStatus } from '../../control/status-board.ts';
import type { ApiClient } from '../../kube/api-client.ts';
import { EventRecorder } from '../../kube/event-recorder.ts';
import { type KeySecret, loadKeySecret, readKeySecret } from '../../kube/key-secret.ts';
import { LeaderElector } from '../../kube/leader-elector.ts';
import { LeaseReport } from '../../kube/lease-report.ts';
import type { KubeSource } from '../../kube/source.ts';
import { StatusWriter } from '../../kube/status-writer.ts';
import { nodeTimers } from '../../kube/timing.ts';
import type { Clock } from '../../model/clock.ts';
import type { Logger } from '../../observe/log.ts';
import type { MainMetrics } from '../../observe/main-metrics.ts';
import type { Options } from '../../options/options.ts';

/** Whoever tells the cluster about its objects. */
export type ClusterWriter = {
  /** From now on one of the replicas leads, and writes. */
  start(): void;
  /** All statuses and notes as they should be; written by the leader alone. */
  tell(statuses: ReadonlyMap<string, ToldStatus>, notes: readonly Note[]): void;
  /** Leads no more; resolves when nothing is written and the Lease is given back. */
  close(): Promise<void>;
};

export type WriterTools = {
  readonly api: ApiClient;
  readonly source: Pick<KubeSource, 'recordOf'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Pick<MainMetrics, 'leaderChanged' | 'statusWritten' | 'statusFailed'>;
};

type WriterOptions = Pick<Options, 'controllerName' | 'electionId' | 'electionNamespace'>;

const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

export function createClusterWriter(options: WriterOptions, tools: WriterTools): ClusterWriter {
  const { controllerName, electionId: name } = options;
  const { log, metrics, source } = tools;
  const instance = process.env['POD_NAME'] ?? hostname();
  const namespace = options.electionNamespace ?? ownNamespace();
  const identity = `${instance}_${randomUUID()}`;
  const isLeader = () => elector.isLeader;
  const common = { ...tools, timers: nodeTimers, chance: () => Math.random(), controllerName, isLeader };
  const statuses = new StatusWriter({
    ...common,
    current: (kind, key) => source.recordOf(kind, key),
    observer: metrics,
  });
  const events = new EventRecorder({ ...common, instance });
  const onChange = (leads: boolean) => {
    metrics.leaderChanged(leads);
    statuses.lead(leads);
    events.lead(leads);
  };
  const observer = new LeaseReport({ log, lease: `${namespace}/${name}`, identity, onChange });
  const elector = new LeaderElector({ ...common, namespace, name, identity, observer });
  const closing = new AbortController();
  return {
    start: () => void elector.run(closing.signal),
    tell: (told, notes) => {
      statuses.desire(told);
      events.tell(notes);
    },
    close: async () => {
      closing.abort();
      await Promise.all([statuses.stop(), events.stop(), elector.release()]);
    },
  };
}

/** The namespace of the pod; outside of a cluster Leases go where kubectl would put them. */
function ownNamespace(): string {
  const told = process.env['POD_NAMESPACE'];
  if (told !== undefined && told !== '') return told;
  try {
    return readFileSync(NAMESPACE_FILE, 'utf8').trim();
  } catch {
    return 'default';
  }
}

type KeyForm = Pick<KeySecret, 'field' | 'form' | 'randomBytes'>;

/** @param secret `namespace/name` */
export type LoadKey = (secret: string, form: KeyForm) => Promise<Uint8Array>;

/** What is there now; undefined where that is nothing. Rejects where it cannot be read. */
export type ReadKey = (secret: string, form: KeyForm) => Promise<Uint8Array | undefined>;

/** Reads a key Secret, `namespace/name`, and fills it where it is empty; waits for the API server. */
export function keyLoader({ api, clock, log }: Pick<WriterTools, 'api' | 'clock' | 'log'>): LoadKey {
  const never = new AbortController().signal;
  return (secret, form) => {
    const tools = { api, clock, timers: nodeTimers, chance: () => Math.random(), random: randomBytes, log };
    return loadKeySecret({ ...placeOf(secret), ...form }, tools, never);
  };
}

export function keyReader(api: ApiClient): ReadKey {
  const never = new AbortController().signal;
  return (secret, form) => readKeySecret({ ...placeOf(secret), ...form }, api, never);
}

function placeOf(secret: string): Pick<KeySecret, 'namespace' | 'name'> {
  const [namespace = '', name = ''] = secret.split('/');
  return { namespace, name };
}
