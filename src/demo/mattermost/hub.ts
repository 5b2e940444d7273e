// The hub of one node: the WebSockets it serves, those that broke and may come back, and the town's events for them.
import type { ServerEvent } from './events.ts';
import type { NodeContext } from './node-context.ts';
import type { ResumeQueue } from './resume-queue.ts';

/** A WebSocket as the hub sees it. */
export type HubMember = {
  readonly id: string;
  readonly userId: string;
  readonly queue: ResumeQueue;
  /** False when the connection is to be given up. */
  hear(event: ServerEvent): boolean;
};

/** Node-local, as on a real server: no other node knows these connections or their missed events. */
export class Hub {
  readonly #node: NodeContext;
  readonly #open = new Set<HubMember>();
  readonly #registered = new Set<HubMember>();
  readonly #brokenSince = new Map<HubMember, number>();
  readonly #unsubscribe: () => void;
  readonly #reaper: NodeJS.Timeout;

  constructor(node: NodeContext) {
    this.#node = node;
    this.#unsubscribe = node.town.events.subscribe((event) => this.#broadcast(event));
    this.#reaper = setInterval(() => this.#reap(), node.timing.resumeMs).unref();
  }

  /** How many WebSockets are open, authenticated or not. */
  get size(): number {
    return this.#open.size;
  }

  /** A socket was accepted. */
  enter(connection: HubMember): void {
    this.#open.add(connection);
  }

  /** A socket has a user: from now on it hears events. */
  register(connection: HubMember): void {
    this.#registered.add(connection);
    this.#node.town.presence.enter(connection.userId);
  }

  /** A socket has closed: what it misses is kept for its return. */
  leave(connection: HubMember): void {
    this.#open.delete(connection);
    if (connection.userId === '') return;
    this.#node.town.presence.leave(connection.userId);
    if (this.#registered.has(connection)) this.#brokenSince.set(connection, this.#node.town.now());
  }

  /** Takes a broken connection out for its return. One whose socket is still open is not found, as in Mattermost. */
  takeBroken(userId: string, id: string): HubMember | undefined {
    for (const connection of this.#brokenSince.keys()) {
      if (connection.id === id && connection.userId === userId) {
        this.#forget(connection);
        return connection;
      }
    }
    return undefined;
  }

  /** Hears no more events and lets nobody return. The sockets are cut with the node's other connections. */
  stop(): void {
    this.#unsubscribe();
    clearInterval(this.#reaper);
    this.#registered.clear();
    this.#brokenSince.clear();
  }

  #broadcast(event: ServerEvent): void {
    for (const connection of this.#registered) {
      if (!connection.hear(event)) this.#forget(connection);
    }
  }

  #reap(): void {
    const oldest = this.#node.town.now() - this.#node.timing.resumeMs;
    for (const [connection, since] of this.#brokenSince) {
      if (since < oldest) this.#forget(connection);
    }
  }

  #forget(connection: HubMember): void {
    this.#registered.delete(connection);
    this.#brokenSince.delete(connection);
  }
}
