// Whether the processes of a run may open as many sockets as it takes.
import { readFileSync } from 'node:fs';

/** Files, pipes, listeners, and connections to backends that are kept. */
const RESERVED = 500;

/** Throws where the hard limit is lower; all proxies raise their soft limit by themselves. */
export function requireDescriptors(sockets: number): void {
  const limit = hardLimitIn(readFileSync('/proc/self/limits', 'latin1'));
  const needed = sockets + RESERVED;
  if (limit < needed)
    throw new Error(`A process may open ${limit} files, and ${needed} are needed: raise ulimit -Hn`);
}

/** Of the columns soft and hard; see proc(5). */
export function hardLimitIn(limits: string): number {
  const text = /^Max open files\s+\S+\s+(\S+)/m.exec(limits)?.[1];
  return text === 'unlimited' ? Number.POSITIVE_INFINITY : Number(text);
}
