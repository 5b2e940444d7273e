// When the kernel will ask whether the other end of a silent connection is still there. Linux only.
import { readFileSync } from 'node:fs';

const KEEP_ALIVE_TIMER = '02';
/** In which /proc counts, whatever the kernel does. */
const TICKS_PER_SECOND = 100;

/** Seconds until the kernel asks whether the other end of a connection over 127.0.0.1 is there; see proc_net_tcp. */
export function secondsToProbe(port: number, remotePort: number): number {
  const hex = (number: number) => number.toString(16).toUpperCase().padStart(4, '0');
  const lines = readFileSync('/proc/net/tcp', 'latin1').split('\n');
  const line = lines.find((each) => each.includes(`:${hex(port)} 0100007F:${hex(remotePort)} 01 `));
  const [kind, ticks = ''] = line?.trim().split(/\s+/)[5]?.split(':') ?? [];
  return kind === KEEP_ALIVE_TIMER ? Number.parseInt(ticks, 16) / TICKS_PER_SECOND : Number.NaN;
}
