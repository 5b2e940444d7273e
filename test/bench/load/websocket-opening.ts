// The client's half of a WebSocket handshake on a bare socket.
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ClientSockets, OnBytes } from './client-socket.ts';
import type { Transport } from './messages.ts';
import { requestText } from './request-text.ts';

export type Opening = {
  readonly sockets: ClientSockets;
  readonly transport: Transport;
  readonly port: number;
  onOpen(): void;
  readonly onBytes: OnBytes;
  /** The connection ended, or its head was no 101. */
  onEnd(reason: string): void;
};

const END_OF_HEAD = '\r\n\r\n';

export function openWebSocket(opening: Opening): Socket {
  let head: string | undefined = '';
  const onBytes: OnBytes = (buffer, length) => {
    if (head === undefined) {
      opening.onBytes(buffer, length);
      return;
    }
    head += buffer.toString('latin1', 0, length);
    if (!head.includes(END_OF_HEAD)) return;
    // The backend says nothing first: a head is never followed by anything.
    if (!head.startsWith('HTTP/1.1 101') || !head.endsWith(END_OF_HEAD)) {
      opening.onEnd(`answered ${head.slice(0, 200).replaceAll('\r\n', ' | ')}`);
      return;
    }
    head = undefined;
    opening.onOpen();
  };
  const fields =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n`;
  const request = requestText('GET /api/v4/websocket', fields, undefined);
  const socket = opening.sockets.open(opening.transport, opening.port, onBytes, () => {
    socket.write(request, 'latin1');
  });
  let reason = 'closed a WebSocket';
  socket.once('error', (error) => (reason = error.message));
  socket.once('close', () => opening.onEnd(reason));
  return socket;
}
