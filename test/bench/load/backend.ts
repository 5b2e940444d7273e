// The server behind all proxies, a process of its own: answers of the length that is asked for, an echo on every
// WebSocket. Bare sockets and prepared bytes, so that it takes little of the processor that the proxies are measured on.
// Argument: how many more ports it listens on.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import process from 'node:process';
import { PreparedAnswers } from './backend-answers.ts';
import { BackendConnection, type BackendShared } from './backend-connection.ts';
import type { BackendOrder, BackendReady } from './messages.ts';

const shared: BackendShared = { answers: new PreparedAnswers(), webSockets: new Set() };

async function listen(): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => new BackendConnection(socket, shared));
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

process.once('disconnect', () => process.exit());
process.on('message', (order: BackendOrder) => {
  if (order === 'end WebSockets') for (const socket of shared.webSockets) socket.end();
});
const port = await listen();
const morePorts = await Promise.all(Array.from({ length: Number(process.argv[2] ?? 0) }, listen));
const ready: BackendReady = { port, morePorts };
process.send?.(ready);
