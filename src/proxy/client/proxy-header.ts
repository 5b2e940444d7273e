// Reads the PROXY header that must come first from the proxies named in --proxy-protocol-from (row M8).
import type { Socket } from 'node:net';
import { parseProxyHeader, type ProxyHeader } from '../../wire/proxy-protocol.ts';
import { Timer, type TimerWheel } from '../timers.ts';

/** `end` too: whoever only looks whether the port is open sends nothing more. */
const ENDINGS = ['end', 'error', 'close'] as const;

export type CompleteHeader = Extract<ProxyHeader, { readonly kind: 'local' | 'proxied' }>;

/** Calls back once: with the header and the bytes behind it, or with undefined where none came in time or in form. */
export function readProxyHeader(
  socket: Socket,
  wait: { readonly timers: TimerWheel; readonly timeoutMs: number },
  onHeader: (header: CompleteHeader | undefined, rest: Buffer) => void,
): void {
  let received = Buffer.alloc(0);
  const end = (header: CompleteHeader | undefined) => {
    timer.cancel();
    socket.off('data', onData);
    for (const event of ENDINGS) socket.off(event, onFailed);
    socket.pause();
    onHeader(header, received.subarray(header?.bytes ?? received.length));
  };
  const onData = (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    const header = parseProxyHeader(received);
    if (header.kind === 'incomplete') return;
    end(header.kind === 'malformed' ? undefined : header);
  };
  const onFailed = () => end(undefined);
  const timer = new Timer(onFailed);
  wait.timers.arm(timer, wait.timeoutMs);
  socket.on('data', onData);
  for (const event of ENDINGS) socket.on(event, onFailed);
  socket.resume();
}
