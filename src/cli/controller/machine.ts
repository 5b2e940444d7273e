// What this machine allows: processors a container may use, descriptors a process may open.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import type { MachineFacts } from '../../options/flags.ts';

const MAX_DEFAULT_WORKERS = 8;
/** Where nothing says how many: what systems without /proc allow. */
const FALLBACK_DESCRIPTORS = 10_240;
/** Enough for some thousand sites. */
const MIN_WORKER_HEAP_MB = 128;
const UNLIMITED_DESCRIPTORS = 1_048_576;

/**
 * What one worker may keep: together as much as the main thread, which Node would allow each of them. A worker that keeps
 * everything is to end before the pod does.
 */
export function workerHeapMb(heapMb: number, workers: number): number {
  return Math.floor(Math.max(heapMb / workers, Math.min(heapMb, MIN_WORKER_HEAP_MB)));
}

export function machineFacts(): MachineFacts {
  return { cpus: usableCpus(), descriptors: descriptorLimit() };
}

/** In a pod the kernel shows all processors of the node; the quota of its cgroup says what may be used. */
function usableCpus(): number {
  const quota = cgroupQuota() ?? availableParallelism();
  return Math.max(1, Math.min(MAX_DEFAULT_WORKERS, Math.ceil(Math.min(quota, availableParallelism()))));
}

function cgroupQuota(): number | undefined {
  const [v2, period2] = read('/sys/fs/cgroup/cpu.max').split(' ').map(Number);
  if (v2 !== undefined && period2 !== undefined && v2 > 0) return v2 / period2;
  const v1 = Number(read('/sys/fs/cgroup/cpu/cpu.cfs_quota_us'));
  const period1 = Number(read('/sys/fs/cgroup/cpu/cpu.cfs_period_us'));
  return v1 > 0 && period1 > 0 ? v1 / period1 : undefined;
}

function descriptorLimit(): number {
  const line = /^Max open files\s+([0-9]+|unlimited)/m.exec(read(`/proc/${process.pid}/limits`));
  if (line?.[1] === 'unlimited') return UNLIMITED_DESCRIPTORS;
  const limit = Number(line?.[1]);
  return Number.isFinite(limit) ? limit : FALLBACK_DESCRIPTORS;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
