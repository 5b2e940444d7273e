// One listening port of one worker. All workers bind the same port; the kernel spreads the connections.
import { createServer, type Server, type Socket } from 'node:net';
import type { Acceptor } from './accept.ts';

const BACKLOG = 4096;
const KEEP_ALIVE_DELAY_MS = 30_000;

export class Listener {
  readonly #server: Server;
  readonly #acceptor: Acceptor;
  readonly #takePlace: () => boolean;

  /** @param takePlace whether one more connection may be open in this worker */
  constructor(acceptor: Acceptor, takePlace: () => boolean) {
    this.#acceptor = acceptor;
    this.#takePlace = takePlace;
    this.#server = createServer(
      {
        allowHalfOpen: true,
        pauseOnConnect: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
      },
      (shell) => this.#onConnection(shell),
    );
  }

  /** Resolves with the port that was bound; rejects with the system's reason. */
  listen(address: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: address, port, backlog: BACKLOG, reusePort: true }, () => {
        this.#server.off('error', reject);
        // Out of descriptors: the connection is lost, the listener is not.
        this.#server.on('error', () => undefined);
        const bound = this.#server.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
      });
    });
  }

  /** Stops accepting; what is open stays open. */
  close(): void {
    this.#server.close();
  }

  #onConnection(shell: Socket): void {
    // A socket without a listener for errors ends the process.
    shell.on('error', () => undefined);
    if (this.#takePlace()) this.#acceptor.accept(shell);
    else this.#acceptor.reject(shell, 'connection-limit');
  }
}
