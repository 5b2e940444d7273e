// One WebSocket client: a message of 100 bytes, its echo, the next.
import type { Socket } from 'node:net';
import type { Asker, AskerParts } from './asker.ts';
import { type FramePair, textFrame } from './client-frames.ts';
import { EchoCheck } from './echo-check.ts';
import { openWebSocket } from './websocket-opening.ts';

const MESSAGE_BYTES = 100;

export class WebSocketAsker implements Asker {
  readonly #parts: AskerParts<'ws'>;
  readonly #message: FramePair;
  readonly #check: EchoCheck;
  #socket: Socket | undefined;
  #dueMs = 0;

  /** @param name makes its messages unlike those of others, so that nobody is given another one's echo unseen */
  constructor(parts: AskerParts<'ws'>, name: string) {
    this.#parts = parts;
    this.#message = textFrame(`${name} `.padEnd(MESSAGE_BYTES, 'x'));
    this.#check = new EchoCheck(this.#message.echo);
  }

  open(): void {
    const { question, events, ...place } = this.#parts;
    const socket = openWebSocket({
      ...place,
      transport: question.transport,
      onOpen: () => events.onReady(this),
      onBytes: (buffer, length) => this.#onBytes(buffer, length),
      onEnd: (reason) => {
        if (socket === this.#socket) this.#fail(reason);
      },
    });
    this.#socket = socket;
  }

  ask(dueMs: number): void {
    this.#dueMs = dueMs;
    this.#socket?.write(this.#message.frame);
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #onBytes(buffer: Buffer, length: number): void {
    const outcome = this.#check.read(buffer, length);
    if (outcome === 'wrong') this.#fail('An echo is not what was sent');
    if (outcome !== 'whole') return;
    const { events } = this.#parts;
    events.onAnswer(this.#dueMs);
    events.onReady(this);
  }

  #fail(reason: string): void {
    this.close();
    this.#parts.events.onFailure(this, new Error(`Port ${this.#parts.port}: ${reason}`));
  }
}
