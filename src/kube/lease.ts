// A Lease of coordination.k8s.io/v1 as the leader election reads and writes it.
import { get, string } from '../api/json-access.ts';
import type { JsonMap } from '../translate/objects/json-value.ts';

/** What a Lease said, and when we first saw it say so. */
export type LeaseView = {
  readonly version: string;
  /** Empty where nobody holds it. */
  readonly holder: string;
  /** How long the holder may be silent, as far as the record says. */
  readonly durationMs: number | undefined;
  readonly acquireTime: string;
  readonly transitions: number;
  /** Everything of the object that is not ours. */
  readonly metadata: JsonMap;
  /** On our monotonic clock: the record's own times are those of another machine's wall clock. */
  readonly seenMs: number;
};

/** A record nobody in their right mind wrote must not keep everybody from leading for ever. */
const MAX_DURATION_MS = 60_000;

/** Reads what the API server answered; keeps when it was first seen if it says what `before` said. */
export function readLease(answer: unknown, before: LeaseView | undefined, nowMs: number): LeaseView {
  const [metadata, spec] = [get(answer, 'metadata'), get(answer, 'spec')];
  const version = string(get(metadata, 'resourceVersion'));
  const seconds = get(spec, 'leaseDurationSeconds');
  const transitions = get(spec, 'leaseTransitions');
  return {
    version,
    holder: string(get(spec, 'holderIdentity')),
    durationMs:
      typeof seconds === 'number' && seconds > 0 ? Math.min(seconds * 1000, MAX_DURATION_MS) : undefined,
    acquireTime: string(get(spec, 'acquireTime')),
    transitions: typeof transitions === 'number' ? transitions : 0,
    metadata: (metadata ?? {}) as JsonMap,
    seenMs: before?.version === version ? before.seenMs : nowMs,
  };
}

export type LeaseClaim = {
  readonly namespace: string;
  readonly name: string;
  /** Empty to release. */
  readonly holder: string;
  readonly leaseMs: number;
  /** For people only. */
  readonly epochMs: number;
};

/** The object to write: an update of what was seen, or a new one where nothing was. */
export function leaseObject(claim: LeaseClaim, before: LeaseView | undefined): JsonMap {
  const { namespace, name, holder, leaseMs, epochMs } = claim;
  const now = microTime(epochMs);
  const isKept = before !== undefined && (holder === '' || holder === before.holder);
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: before?.metadata ?? { namespace, name },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: holder === '' ? 1 : Math.ceil(leaseMs / 1000),
      acquireTime: (isKept && before.acquireTime) || now,
      renewTime: now,
      leaseTransitions: transitionsOf(before) + (before === undefined || isKept ? 0 : 1),
    },
  };
}

function transitionsOf(before: LeaseView | undefined): number {
  return before === undefined ? 0 : before.transitions;
}

export function leasePath(namespace: string, name?: string): string {
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
  return name === undefined ? collection : `${collection}/${name}`;
}

/** metav1.MicroTime: six decimals, which the API server insists on. @param epochMs milliseconds since the epoch */
export function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}
