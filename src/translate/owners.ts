// Hosts that went from one namespace to another: told for a while, so that nobody who looks in time misses it.
import { WARNING_REASONS } from '../api/status.ts';
import type { Finding, ObjectReference } from '../model/finding.ts';
import type { OwnerChange, TranslateMemory } from './memory.ts';

type Owners = ReadonlyMap<string, ObjectReference>;

const TOLD_FOR_MS = 600_000;

/** The changes of before that are still told, and the new ones. */
export function ownerChanges(
  { ownerChanges: told, passes }: Pick<TranslateMemory, 'ownerChanges' | 'passes'>,
  owners: Owners,
  nowMs: number,
): readonly OwnerChange[] {
  const recent = told.filter(({ atMs }) => nowMs - atMs < TOLD_FOR_MS);
  const kept = recent.length === told.length ? told : recent;
  const before = passes.owners?.result;
  if (before === undefined || before === owners) return kept;
  const changes: OwnerChange[] = [];
  for (const [host, to] of owners) {
    const from = before.get(host);
    if (from !== undefined && from.namespace !== to.namespace) changes.push({ host, from, to, atMs: nowMs });
  }
  return changes.length === 0 ? kept : [...kept, ...changes];
}

export function ownerFinding({ host, from, to, atMs }: OwnerChange): Finding {
  return {
    severity: 'warning',
    object: to,
    field: '',
    reason: 'HostOwnerChanged',
    message: `Host ${host} went from namespace ${from.namespace} to ${to.namespace} at ${new Date(atMs).toISOString()}`,
    remedy: WARNING_REASONS.HostOwnerChanged.remedy,
  };
}
