// Whether the system still has to take bytes of a socket. Node says so of what it wrote itself; what node:http2 writes
// goes past the socket, by a door that is not documented: where it is shut nothing seems to wait.
import type { Socket } from 'node:net';

type Queue = { readonly writeQueueSize?: number };

/** @param raw the accepted socket, below TLS */
export function hasUnsentBytes(raw: Socket): boolean {
  const { _handle: handle } = raw as unknown as { readonly _handle: Queue | null };
  return (handle?.writeQueueSize ?? 0) > 0;
}
