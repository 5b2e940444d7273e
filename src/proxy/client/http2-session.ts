// A session of node:http2 on a socket whose TLS handshake is done, with its limits: rows N5 to N9.
import { performServerHandshake, type ServerHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { ClientLimits } from '../../model/limits.ts';

const MAX_STREAMS = 100;
const WINDOW_BYTES = 65_536;
const MAX_SESSION_MEGABYTES = 10;
/**
 * What node:http2 takes beyond our own limits: up to there a client is told what it did wrong, then it is cut off. Bytes
 * are counted by it with some more for each field (RFC 9113 section 6.5.2).
 */
const SPARE_FIELDS = 28;
const FIELD_OVERHEAD_BYTES = 32;

export function startHttp2Session(socket: TLSSocket, limits: ClientLimits): ServerHttp2Session {
  const maxHeaderListPairs = limits.requestFields + SPARE_FIELDS;
  const session = performServerHandshake(socket, {
    settings: {
      enablePush: false,
      maxConcurrentStreams: MAX_STREAMS,
      initialWindowSize: WINDOW_BYTES,
      maxHeaderListSize: limits.requestHeadBytes + maxHeaderListPairs * FIELD_OVERHEAD_BYTES,
    },
    maxHeaderListPairs,
    maxSessionMemory: MAX_SESSION_MEGABYTES,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 100,
    streamResetBurst: 200,
    // Backends may repeat a field that node:http2 thinks of as single, as they may over HTTP/1.
    strictSingleValueFields: false,
  });
  // node:http2 waits for this event where a TLS socket belongs to no server of Node's own.
  socket.emit('secureConnect');
  return session;
}
