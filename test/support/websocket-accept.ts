// The answer to a WebSocket handshake that a backend on bare sockets has to compute itself (RFC 6455 section 4.2.2).
import { createHash } from 'node:crypto';

const MAGIC = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** Sec-WebSocket-Accept for the last handshake in that text; empty where there is none. */
export function acceptOf(received: string): string {
  const key = [...received.matchAll(/sec-websocket-key: (\S+)/gi)].at(-1)?.[1];
  return key === undefined
    ? ''
    : createHash('sha1')
        .update(key + MAGIC)
        .digest('base64');
}
