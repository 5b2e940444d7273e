// One client that opens a WebSocket, ends it by the closing handshake, and opens the next once it is gone.
import type { Socket } from 'node:net';
import type { Asker, AskerParts } from './asker.ts';
import { closeFrame } from './client-frames.ts';
import { EchoCheck } from './echo-check.ts';
import { openWebSocket } from './websocket-opening.ts';

export class ConnectAsker implements Asker {
  readonly #parts: AskerParts<'connect'>;
  readonly #close = closeFrame();
  #socket: Socket | undefined;

  constructor(parts: AskerParts<'connect'>) {
    this.#parts = parts;
  }

  open(): void {
    this.#parts.events.onReady(this);
  }

  ask(dueMs: number): void {
    const { question, events, ...place } = this.#parts;
    const check = new EchoCheck(this.#close.echo);
    let isClosed = false;
    const socket = openWebSocket({
      ...place,
      transport: question.transport,
      onOpen: () => void socket.write(this.#close.frame),
      onBytes: (buffer, length) => {
        const outcome = check.read(buffer, length);
        if (outcome === 'wrong') this.#fail('A Close frame did not come back');
        isClosed = outcome === 'whole';
      },
      // The server ends the connection (RFC 6455 section 7.1.1).
      onEnd: (reason) => {
        if (socket !== this.#socket) return;
        if (!isClosed) {
          this.#fail(reason);
          return;
        }
        events.onAnswer(dueMs);
        events.onReady(this);
      },
    });
    this.#socket = socket;
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #fail(reason: string): void {
    this.close();
    this.#parts.events.onFailure(this, new Error(`Port ${this.#parts.port}: ${reason}`));
  }
}
