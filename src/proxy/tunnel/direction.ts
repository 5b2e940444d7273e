// One direction of a tunnel: the owner of the socket that it comes from. Bytes pass at once; that a side has ended is
// told in its turn, since a network that fails or a node that dies ends thousands in one moment.
import type { Socket } from 'node:net';
import type { FrameFollower, FrameSender } from '../../wire/websocket-frame.ts';
import type { Crowd, Errand } from '../crowd.ts';
import type { SocketOwner } from '../socket-owner.ts';

/** The tunnel, as its directions see it. */
export type Passage = {
  pass(direction: Direction, chunk: Buffer, start: number, end: number): void;
  onEnd(incoming: Direction): void;
  onDrain(incoming: Direction): void;
  onClose(incoming: Direction): void;
};

export class Direction implements SocketOwner, Errand {
  bytes = 0;
  ended = false;
  /** Bytes are read but go nowhere any more. */
  discards = false;
  readonly follower: FrameFollower;
  readonly sender: FrameSender;
  readonly from: Socket;
  readonly to: Socket;
  readonly #passage: Passage;
  readonly #crowd: Crowd;
  /** What the passage is to be told at the next turn. */
  #hasEnded = false;
  #hasClosed = false;

  constructor(
    passage: Passage,
    sockets: { readonly from: Socket; readonly to: Socket },
    follower: FrameFollower,
    crowd: Crowd,
  ) {
    this.#passage = passage;
    this.from = sockets.from;
    this.to = sockets.to;
    this.sender = follower.sender;
    this.follower = follower;
    this.#crowd = crowd;
  }

  onBytes(chunk: Buffer, start: number, end: number): void {
    this.#passage.pass(this, chunk, start, end);
  }

  onDrain(): void {
    this.#passage.onDrain(this);
  }

  onEnd(): void {
    this.#awaitTurn();
    this.#hasEnded = true;
  }

  onClose(): void {
    this.#awaitTurn();
    this.#hasClosed = true;
  }

  #awaitTurn(): void {
    if (!this.#hasEnded && !this.#hasClosed) this.#crowd.add(this);
  }

  run(): void {
    const hasEnded = this.#hasEnded;
    const hasClosed = this.#hasClosed;
    this.#hasEnded = false;
    this.#hasClosed = false;
    if (hasEnded) this.#passage.onEnd(this);
    if (hasClosed) this.#passage.onClose(this);
  }

  abandon(): void {
    this.from.destroy();
  }
}
