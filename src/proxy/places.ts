// The places of a worker's clients: each takes a descriptor, so there are only so many. When all are taken, whoever
// says nothing gives his up for whoever comes: a flood of silent connections keeps nobody out.
import type { Socket } from 'node:net';
import type { OpenConnection } from './services.ts';

/** So many are asked for one who comes, so that a flood costs no more than it must. */
const MAX_ASKED = 64;

export class Places {
  readonly connections = new Set<OpenConnection>();
  /** Sockets that do not speak HTTP yet, oldest first. */
  readonly arriving = new Set<Socket>();
  readonly #limit: number;
  /** Goes round and round, oldest first; whoever came meanwhile is met at the end of the round. */
  #round: Iterator<OpenConnection> = this.connections.values();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** `freed`: somebody had to go for it. */
  take(): 'free' | 'freed' | 'none' {
    if (this.connections.size + this.arriving.size < this.#limit) return 'free';
    return this.#dropSilent() || this.#dropArriving() ? 'freed' : 'none';
  }

  #dropSilent(): boolean {
    for (let asked = Math.min(MAX_ASKED, this.connections.size); asked > 0; asked--) {
      const { value } = this.#next();
      if (value?.dropIfIdle() === true) return true;
    }
    return false;
  }

  #next(): IteratorResult<OpenConnection, undefined> {
    const next = this.#round.next();
    if (next.done !== true) return next;
    this.#round = this.connections.values();
    return this.#round.next();
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
