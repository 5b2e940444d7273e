// The places of a worker's clients: each takes a descriptor, so there are only so many. When all are taken, whoever
// says nothing gives his up for whoever comes: a flood of silent connections keeps nobody out.
import type { Socket } from 'node:net';
import type { OpenConnection } from '../services.ts';

/** So many are asked for one who comes, so that a flood costs no more than it must. */
const MAX_ASKED = 64;

export class Places {
  /** In the order in which they will be asked to go: at first the order in which they came. */
  readonly connections = new Set<OpenConnection>();
  /** Sockets that do not speak HTTP yet, oldest first. */
  readonly arriving = new Set<Socket>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** `freed`: somebody had to go for it. */
  take(): 'free' | 'freed' | 'none' {
    if (this.connections.size + this.arriving.size < this.#limit) return 'free';
    return this.#dropSilent() || this.#dropArriving() ? 'freed' : 'none';
  }

  #dropSilent(): boolean {
    let left = Math.min(MAX_ASKED, this.connections.size);
    for (const connection of this.connections) {
      if (left-- === 0) return false;
      if (connection.dropIfIdle()) return true;
      // Whoever is busy is asked again when all others were. (An iterator kept over time would keep all that was.)
      this.connections.delete(connection);
      this.connections.add(connection);
    }
    return false;
  }

  /** Whoever has spoken least of all: not even a handshake came to its end. */
  #dropArriving(): boolean {
    for (const socket of this.arriving) {
      this.arriving.delete(socket);
      socket.destroy();
      return true;
    }
    return false;
  }
}
