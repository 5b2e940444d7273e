// The server behind all proxies, a process of its own: 512 bytes for every request, an echo on every WebSocket.
// Bare sockets and prepared bytes, so that it takes little of the processor that the proxies are measured on.
import { createHash } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import process from 'node:process';
import type { BackendReady } from './messages.ts';

const BODY_BYTES = 512;
const KEY_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const END_OF_HEAD = '\r\n\r\n';
const FIELDS = [
  'Content-Type: application/json',
  'Cache-Control: no-cache, no-store, must-revalidate',
  'X-Version-Id: 11.2.0.bench.0123456789abcdef',
  'Vary: Accept-Encoding',
  'Date: Mon, 02 Nov 2026 08:00:00 GMT',
];
const ANSWER = `HTTP/1.1 200 OK\r\n${FIELDS.join('\r\n')}\r\nContent-Length: ${BODY_BYTES}${END_OF_HEAD}${'x'.repeat(BODY_BYTES)}`;

function serve(socket: Socket): void {
  let text = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    while (text.includes(END_OF_HEAD)) {
      const end = text.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
      const head = text.slice(0, end);
      text = text.slice(end);
      const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1];
      if (key === undefined) socket.write(ANSWER, 'latin1');
      else {
        switchToEcho(socket, key);
        return;
      }
    }
  });
}

function switchToEcho(socket: Socket, key: string): void {
  const accept = createHash('sha1').update(`${key}${KEY_GUID}`).digest('base64');
  const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}`;
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${fields}${END_OF_HEAD}`);
  let rest: Buffer = Buffer.alloc(0);
  socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let next = echo(socket, rest); next !== undefined; next = echo(socket, rest)) rest = next;
  });
}

/** Answers the first frame, which is masked and short; what follows it, or undefined when it is not whole. */
function echo(socket: Socket, bytes: Buffer): Buffer | undefined {
  const length = (bytes[1] ?? 0) & 0x7f;
  const end = 6 + length;
  if (bytes.length < Math.max(end, 6)) return undefined;
  const frame = Buffer.allocUnsafe(2 + length);
  frame[0] = bytes[0] ?? 0;
  frame[1] = length;
  for (let at = 0; at < length; at++) frame[2 + at] = (bytes[6 + at] ?? 0) ^ (bytes[2 + (at & 3)] ?? 0);
  socket.write(frame);
  return Buffer.from(bytes.subarray(end));
}

const server = createServer({ noDelay: true }, serve);
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  const ready: BackendReady = { port: (server.address() as AddressInfo).port };
  process.send?.(ready);
});
process.once('disconnect', () => process.exit());
