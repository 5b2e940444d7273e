// WebSockets of the wire tests: a handshake by hand, the answer to it, and both ends of the tunnel.
import { createHash } from 'node:crypto';
import { type FrameFacts, encodeFrame } from '../support/frames.ts';
import type { BackendConnection, Script } from '../support/recording-backend.ts';
import { untilBytes, type WireClient } from '../support/wire-client.ts';
import { get } from './rows.ts';
import type { WireScene } from './scene.ts';

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
export const HANDSHAKE: readonly string[] = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  `Sec-WebSocket-Key: ${KEY}`,
  'Sec-WebSocket-Version: 13',
];

export function handshake(...fields: readonly string[]): string {
  return get(...HANDSHAKE, ...fields);
}

function acceptFor(head: string): string {
  const key = /^Sec-WebSocket-Key: (.*)$/m.exec(head)?.[1] ?? '';
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** A 101 to this request; `fields` come behind those that make it one. */
export function switching(head: string, fields: readonly string[] = []): string {
  const lines = [
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptFor(head)}`,
    ...fields,
  ];
  return `HTTP/1.1 101 Switching Protocols\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}

/** Answers each handshake with a 101 and these bytes behind it. */
export function acceptAll(fields: readonly string[] = [], behind = ''): Script {
  return (connection, { head }) => connection.send(switching(head, fields) + behind);
}

export type Tunnel = {
  readonly client: WireClient;
  readonly backend: BackendConnection;
  /** What the client got behind the head of the 101. */
  readonly received: () => Buffer;
  readonly receivedBytes: () => number;
  /** What the backend got behind the head of the handshake. */
  readonly arrived: () => Buffer;
  readonly arrivedBytes: () => number;
};

/** Opens a WebSocket through the proxy, on a connection of its own or the one given, which may lead to the backend itself. */
export async function openTunnel(
  scene: WireScene,
  fields: readonly string[] = [],
  given?: WireClient,
  target = '/',
): Promise<Tunnel> {
  scene.backend.script = acceptAll(fields.map((field) => field.replace('; client_max_window_bits', '')));
  const client = given ?? (await scene.client());
  client.send(handshake(...fields).replace(' / ', ` ${target} `));
  await client.until((text) => text.includes('\r\n\r\n'));
  const head = client.text.indexOf('\r\n\r\n') + 4;
  const backend = scene.backend.connections.findLast(
    ({ isTunnel, requests }) => !isTunnel && requests.length > 0,
  );
  if (backend === undefined) throw new Error('The handshake reached no backend');
  const handshakeBytes = backend.receivedBytes;
  // From here on both ends are bytes only.
  backend.isTunnel = true;
  return {
    client,
    backend,
    received: () => client.bytes.subarray(head),
    receivedBytes: () => client.receivedBytes - head,
    arrived: () => Buffer.from(backend.text, 'latin1').subarray(handshakeBytes),
    arrivedBytes: () => backend.receivedBytes - handshakeBytes,
  };
}

export async function untilReceived(tunnel: Tunnel, bytes: Buffer | string): Promise<void> {
  await untilBytes(Buffer.byteLength(bytes), tunnel.receivedBytes, 'at the client');
}

export async function untilArrived(tunnel: Tunnel, bytes: Buffer | string): Promise<void> {
  await untilBytes(Buffer.byteLength(bytes), tunnel.arrivedBytes, 'at the backend');
}

/** A text message as a client sends it. */
export function clientText(payload: string, more: Partial<FrameFacts> = {}): Buffer {
  return encodeFrame({ opcode: 1, payload: Buffer.from(payload), mask: 0x01020304, ...more });
}

/** A text message as a backend sends it. */
export function backendText(payload: string, more: Partial<FrameFacts> = {}): Buffer {
  return encodeFrame({ opcode: 1, payload: Buffer.from(payload), ...more });
}

export function close(code: number, mask?: number): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return encodeFrame({ opcode: 8, payload, mask });
}
