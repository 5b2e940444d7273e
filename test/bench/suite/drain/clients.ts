// WebSockets of clients that come back as Mattermost's do: three seconds after they were closed, and up to two more.
import type { Socket } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import type { ClientSockets } from '../../load/client-socket.ts';
import { openWebSocket } from '../../load/websocket-opening.ts';

/** How one of them ended: the code of a Close frame, or `cut` without one. */
export type Ending = { readonly atMs: number; readonly code: number | 'cut' };

const OPENING_AT_ONCE = 32;
const RETRY_MS = 3_000;
const JITTER_MS = 2_000;
const CLOSE_FRAME = 0x88;
const CLOSE_ANSWER = Buffer.from([CLOSE_FRAME, 0x80, 0, 0, 0, 0]);

export class ReturningClients {
  readonly endings: Ending[] = [];
  /** When a connection was asked for again. */
  readonly returnsMs: number[] = [];
  /** Further attempts that were refused. */
  refusals = 0;
  readonly #sockets: ClientSockets;
  readonly #port: number;
  readonly #open = new Set<Socket>();
  readonly #waits = new Set<NodeJS.Timeout>();
  #isOver = false;

  constructor(sockets: ClientSockets, port: number) {
    this.#sockets = sockets;
    this.#port = port;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Resolves when so many are open. */
  async open(count: number): Promise<void> {
    let left = count;
    const openInTurn = async (): Promise<void> => {
      while (left-- > 0) await this.#openOne();
    };
    await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openInTurn));
  }

  stop(): void {
    this.#isOver = true;
    for (const wait of this.#waits) clearTimeout(wait);
    for (const socket of this.#open) socket.destroy();
  }

  /** Resolves when it is open, or has failed and waits for its next turn. */
  #openOne(): Promise<void> {
    return new Promise((resolve) => {
      let isOpen = false;
      let code: Ending['code'] = 'cut';
      const socket = openWebSocket({
        sockets: this.#sockets,
        transport: 'plain',
        port: this.#port,
        onOpen: () => {
          isOpen = true;
          this.#open.add(socket);
          resolve();
        },
        onBytes: (buffer, length) => {
          if (buffer[0] !== CLOSE_FRAME || length < 4) return;
          code = buffer.readUInt16BE(2);
          socket.end(CLOSE_ANSWER);
        },
        onEnd: () => {
          socket.destroy();
          if (this.#isOver) return;
          if (isOpen) this.endings.push({ atMs: performance.now(), code });
          else this.refusals++;
          // A head that was no 101 is told before the close, which then has nothing to tell.
          if (isOpen && !this.#open.delete(socket)) return;
          isOpen = false;
          resolve();
          this.#comeBack();
        },
      });
    });
  }

  #comeBack(): void {
    const wait = setTimeout(
      () => {
        this.#waits.delete(wait);
        this.returnsMs.push(performance.now());
        void this.#openOne();
      },
      RETRY_MS + Math.random() * JITTER_MS,
    );
    this.#waits.add(wait);
  }
}
