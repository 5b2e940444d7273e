// One listening port of one worker. All workers bind the same port; the kernel spreads the connections.
import { createServer, type Server } from 'node:net';
import type { Acceptor } from './accept.ts';
import { type Accepted, onAccepted, SERVER_OPTIONS } from './accepted.ts';

const BACKLOG = 4096;

export class Listener {
  readonly #server: Server = createServer(SERVER_OPTIONS);
  readonly #acceptor: Acceptor;
  readonly #takePlace: () => boolean;

  /** @param takePlace whether one more connection may be open in this worker */
  constructor(acceptor: Acceptor, takePlace: () => boolean) {
    this.#acceptor = acceptor;
    this.#takePlace = takePlace;
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
        const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
        onAccepted(this.#server, (accepted) => this.#onConnection(accepted, boundPort));
        resolve(boundPort);
      });
    });
  }

  /** Stops accepting; what is open stays open. */
  close(): void {
    this.#server.close();
  }

  #onConnection(accepted: Accepted, localPort: number): void {
    if (this.#takePlace()) this.#acceptor.accept(accepted, localPort);
    else this.#acceptor.refuse(accepted);
  }
}
