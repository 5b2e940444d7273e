// One WebSocket client: sends a message of 100 bytes, waits for its echo, sends the next.
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Asker, AnswerSink } from './load.ts';
import { openWebSocket } from './websocket-opening.ts';

const PAYLOAD_BYTES = 100;
/** A text frame masked with zeros (RFC 6455 section 5.3): the mask of a test need not surprise anybody. */
const MESSAGE = Buffer.concat([
  Buffer.from([0x81, 0x80 | PAYLOAD_BYTES, 0, 0, 0, 0]),
  Buffer.alloc(PAYLOAD_BYTES, 'x'),
]);
const ECHO_BYTES = 2 + PAYLOAD_BYTES;

export class WebSocketAsker implements Asker {
  readonly #port: number;
  readonly #sink: AnswerSink;
  #socket: Socket | undefined;
  #missing = ECHO_BYTES;
  #isStopped = false;
  #askedMs = 0;

  constructor(port: number, sink: AnswerSink) {
    this.#port = port;
    this.#sink = sink;
  }

  start(): void {
    this.#socket = openWebSocket(this.#port, {
      onOpen: () => this.#ask(),
      onBytes: (length) => this.#onBytes(length),
      onLost: (error) => {
        if (!this.#isStopped) this.#sink.failed(error);
      },
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#socket?.destroy();
  }

  #ask(): void {
    this.#missing = ECHO_BYTES;
    this.#askedMs = performance.now();
    this.#socket?.write(MESSAGE);
  }

  #onBytes(length: number): void {
    this.#missing -= length;
    if (this.#missing > 0 || this.#isStopped) return;
    this.#sink.answered(this.#askedMs);
    this.#ask();
  }
}
