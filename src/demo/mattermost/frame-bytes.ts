// Messages of `ws` as bytes, for both ends of a WebSocket.
import type { RawData } from 'ws';

/** A message of `ws` as one Buffer, in whichever form it came. */
export function bytesOf(message: RawData): Buffer {
  if (Buffer.isBuffer(message)) return message;
  return Array.isArray(message) ? Buffer.concat(message) : Buffer.from(message);
}
