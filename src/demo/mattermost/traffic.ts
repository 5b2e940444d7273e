// The running requests and open connections of a node, so that its stop can wait for the first and cut the second.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Counts what a listener serves. */
export class Traffic {
  readonly #running = new Set<ServerResponse>();
  readonly #connections = new Set<Socket>();
  #onIdle: () => void = () => {};
  #requests = 0;

  /** Requests so far, handshakes of WebSockets among them, health checks not. */
  get requests(): number {
    return this.#requests;
  }

  /** A connection was accepted. */
  connect(socket: Socket): void {
    this.#connections.add(socket);
    socket.once('close', () => this.#connections.delete(socket));
  }

  /** A request became a WebSocket. */
  upgrade(): void {
    this.#requests += 1;
  }

  /** A request has begun. */
  begin(response: ServerResponse, kind: 'request' | 'check'): void {
    if (kind === 'request') this.#requests += 1;
    this.#running.add(response);
    response.once('close', () => {
      this.#running.delete(response);
      if (this.#running.size === 0) this.#onIdle();
    });
  }

  /** Resolves when no request is running, at the latest after `graceMs`. */
  async finishRequests(graceMs: number): Promise<void> {
    if (this.#running.size === 0) return;
    for (const response of this.#running) {
      if (!response.headersSent) response.setHeader('Connection', 'close');
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const socket of this.#connections) socket.destroy();
  }
}
