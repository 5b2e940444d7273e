// Ports for programs that must be told one and get it again when they are started again.
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that outgoing connections are given, so that none takes it while the program is away. */
const LOWEST = 20_000;
const SPAN = 10_000;

/** A port of 127.0.0.1 that nobody listens at. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * SPAN);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
      return port;
    } catch {
      // Taken: another one.
    }
  }
}
