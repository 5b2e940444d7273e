// The client's half of a WebSocket handshake on a bare socket.
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { openSocket, requestText } from './client-socket.ts';

export type OpeningEvents = {
  onOpen(): void;
  onBytes(length: number): void;
  /** The connection ended, or its head was no 101. */
  onLost(error: Error): void;
};

export function openWebSocket(port: number, events: OpeningEvents): Socket {
  let head: string | undefined = '';
  const socket = openSocket(port, (buffer, length) => {
    if (head === undefined) {
      events.onBytes(length);
      return;
    }
    head += buffer.toString('latin1', 0, length);
    if (!head.includes('\r\n\r\n')) return;
    if (!head.startsWith('HTTP/1.1 101'))
      events.onLost(new Error(`Port ${port} answered: ${head.slice(0, 200)}`));
    else {
      head = undefined;
      events.onOpen();
    }
  });
  const fields =
    'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n' +
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n`;
  socket.once('connect', () => socket.write(requestText('/api/v4/websocket', fields, undefined), 'latin1'));
  socket.once('error', (error) => events.onLost(error));
  socket.once('close', () => events.onLost(new Error(`Port ${port} closed a WebSocket`)));
  return socket;
}
