// A WebSocket server that says back what it hears, with everything the library can negotiate: to see that bytes pass.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { EndpointPlace } from './manifest-builders.ts';

export type EchoServer = {
  readonly place: EndpointPlace;
  /** Sockets accepted so far, in order. */
  readonly sockets: readonly WebSocket[];
  stop(): Promise<void>;
};

/** Speaks the subprotocol `echo.test` and compresses what is larger than a few bytes. */
export async function startEchoServer(name: string): Promise<EchoServer> {
  const http = createServer((_, response) => response.writeHead(404).end());
  const sockets: WebSocket[] = [];
  const server = new WebSocketServer({
    server: http,
    maxPayload: 256 * 1024 * 1024,
    perMessageDeflate: { threshold: 16 },
    handleProtocols: (offered) => (offered.has('echo.test') ? 'echo.test' : false),
  });
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      for (const socket of server.clients) socket.terminate();
      http.close(() => resolve());
    });
  return { place: { name, port: (http.address() as AddressInfo).port }, sockets, stop };
}
