// What a process costs, from /proc (proc(5)): processor time of all its threads, and memory in use.
import { readFileSync } from 'node:fs';

/** Linux shows processor time in units of 1/100 s, whatever its own tick is. */
const US_PER_TICK = 10_000;
/** utime and stime as counted behind the command's name, which may hold anything but ends with the last bracket. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;

/** User and system time since the process began, in microseconds; throws when the process is gone. */
export function cpuUsOf(processId: number): number {
  const text = readFileSync(`/proc/${processId}/stat`, 'latin1');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) * US_PER_TICK;
}

/** Resident memory in KiB. */
export function rssKbOf(processId: number): number {
  const text = readFileSync(`/proc/${processId}/status`, 'latin1');
  return Number(/^VmRSS:\s+([0-9]+) kB$/m.exec(text)?.[1] ?? Number.NaN);
}
