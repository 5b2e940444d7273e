// A WebSocket after its 101: bytes pass untouched both ways with backpressure and half-close.
// Frame headers are followed so that messages are counted and a Close frame can be put between frames.
import type { Socket } from 'node:net';
import type { WebSocketCloseReason } from '../../observe/recorder.ts';
import { closeFrame, FrameFollower, type FrameSender } from '../../wire/websocket-frame.ts';
import { type Closing, CLOSINGS } from './closing.ts';
import type { ReadBuffer } from '../read-buffer.ts';
import { awaitDrain, type SocketOwner } from '../socket-owner.ts';
import { Timer, type TimerWheel } from '../timers.ts';
import type { Crowd, Errand } from '../crowd.ts';
import { Direction, type Passage } from './direction.ts';

export type TunnelSummary = {
  readonly reason: WebSocketCloseReason;
  readonly messagesFromClient: number;
  readonly messagesFromBackend: number;
  readonly bytesFromClient: number;
  readonly bytesFromBackend: number;
};

export type TunnelSettings = {
  readonly idleTimeoutMs: number;
  readonly extensions: boolean;
};

export type TunnelObserver = {
  /** Told of the messages since it was told last. */
  onMessages(fromClient: number, fromBackend: number): void;
  /**
   * The backend ends without a Close frame. `pass`: so does the client's side; `close`: after a Close frame of ours;
   * `hold`: the client's side stays until `closeByServer`.
   */
  onBackendLost(): 'pass' | 'hold' | 'close';
  /** Nothing passes any more. */
  onClosed(summary: TunnelSummary): void;
  /** The client's socket is closed: the last that is heard. */
  onClientGone(): void;
};

/** How long the other side may still talk after one side has ended (row U11), and a closing handshake may take. */
const HALF_CLOSE_GRACE_MS = 10_000;
const CLOSE_GRACE_MS = 5_000;
/** A client whose backend is lost is not kept longer than that, whatever happens to its turn. */
const MAX_HOLD_MS = 23_000;

/**
 * `open` passes both ways, `held` has lost its backend and keeps the client until its turn; `held` and the two behind
 * it have a deadline that traffic does not move.
 */
type Phase = 'open' | 'held' | 'half-closed' | 'closing' | 'closed';

export type TunnelServices = {
  readonly readBuffer: ReadBuffer;
  readonly timers: TimerWheel;
  readonly crowd: Crowd;
};

export class Tunnel implements Passage, Errand {
  readonly #services: TunnelServices;
  readonly #observer: TunnelObserver;
  readonly #idleTimeoutMs: number;
  readonly #up: Direction;
  readonly #down: Direction;
  readonly #timer: Timer;
  #phase: Phase = 'open';
  #toldFromClient = 0;
  #toldFromBackend = 0;
  #reason: WebSocketCloseReason = 'idle';
  /** Who sent a Close frame first; the other side only answers it, and ends the connection where it is the server. */
  #closer: FrameSender | undefined;
  /** The Close frame that waits for a boundary between two frames of the backend. */
  #pendingClose: Buffer | undefined;
  #isClientGone = false;
  /** The backend is gone without a word; the client stays until it was told. */
  #isBackendLost = false;

  constructor(
    { client, backend }: { readonly client: Socket; readonly backend: Socket },
    services: TunnelServices,
    settings: TunnelSettings,
    observer: TunnelObserver,
  ) {
    this.#services = services;
    this.#observer = observer;
    this.#idleTimeoutMs = settings.idleTimeoutMs;
    const { crowd } = services;
    const fromClient = new FrameFollower('client', settings.extensions);
    const fromBackend = new FrameFollower('backend', settings.extensions);
    this.#up = new Direction(this, { from: client, to: backend }, fromClient, crowd);
    this.#down = new Direction(this, { from: backend, to: client }, fromBackend, crowd);
    this.#timer = new Timer(() => crowd.add(this));
    services.timers.arm(this.#timer, settings.idleTimeoutMs);
  }

  /** It was asked to close, or its wait is over, unless something has come since. */
  run(): void {
    if (!this.#timer.isArmed) this.#finish();
    if (this.#phase !== 'closing') return;
    this.#advanceClosing();
    // The rest of a frame that the backend began never comes.
    if (this.#isBackendLost && this.#pendingClose !== undefined) this.#finish();
  }

  abandon(): void {
    this.#up.abandon();
    this.#down.abandon();
  }

  /** Owner of the client's socket. */
  get client(): SocketOwner {
    return this.#up;
  }

  /** Owner of the backend's socket. */
  get backend(): SocketOwner {
    return this.#down;
  }

  // === called by its directions ===

  pass(direction: Direction, chunk: Buffer, start: number, end: number): void {
    if (this.#phase === 'closed' || direction.discards) return;
    // A Close frame of ours that waits takes the first gap: who sends without a break ends no piece in one.
    const takesGap = this.#pendingClose !== undefined && direction === this.#down;
    const stop = direction.follower.push(chunk, start, end, takesGap);
    if (direction.follower.sawClose) this.#closer ??= direction.sender;
    if (this.#isBackendLost) {
      // It leaves, by itself or because it was asked to; nobody is there to hear anything else of it.
      if (direction.follower.closeComplete) this.#finish();
      return;
    }
    direction.bytes += stop - start;
    if (this.#phase === 'open') this.#services.timers.arm(this.#timer, this.#idleTimeoutMs);
    if (!this.#services.readBuffer.writeTo(direction.to, chunk, start, stop)) {
      awaitDrain(direction.to);
      direction.from.pause();
    }
    // RFC 6455 section 5.5.1: nothing follows a Close frame.
    if (direction.follower.closeComplete) direction.discards = true;
    if (this.#phase === 'closing') this.#advanceClosing();
  }

  onEnd(incoming: Direction): void {
    if (this.#phase === 'closed') return;
    incoming.ended = true;
    if (this.#keepsClient(incoming)) return;
    // A Close frame that waits for its turn cannot follow the end.
    if (this.#phase === 'closing') this.#advanceClosing();
    incoming.to.end();
    if (this.#phase === 'open') {
      this.#phase = 'half-closed';
      this.#reason = this.#endReason(incoming);
      this.#services.timers.arm(this.#timer, HALF_CLOSE_GRACE_MS);
    }
    if (this.#opposite(incoming).ended) this.#finish();
  }

  onDrain(incoming: Direction): void {
    this.#opposite(incoming).from.resume();
  }

  onClose(incoming: Direction): void {
    if (this.#keepsClient(incoming)) return;
    if (this.#phase === 'closing') this.#advanceClosing();
    if (this.#phase === 'open') this.#reason = this.#endReason(incoming);
    this.#finish();
    if (incoming !== this.#up || this.#isClientGone) return;
    this.#isClientGone = true;
    this.#observer.onClientGone();
  }

  /** The backend is gone, and its client is not to follow now. */
  #keepsClient(incoming: Direction): boolean {
    if (incoming !== this.#down) return false;
    if (this.#phase === 'open' && this.#closer === undefined) this.#loseBackend();
    return this.#isBackendLost;
  }

  #loseBackend(): void {
    const answer = this.#observer.onBackendLost();
    if (answer === 'pass') return;
    this.#phase = 'held';
    this.#isBackendLost = true;
    this.#reason = CLOSINGS.endpointLost.reason;
    this.#down.ended = true;
    this.#down.from.destroy();
    // It may have been waiting for the backend to read.
    this.#up.from.resume();
    this.#services.timers.arm(this.#timer, MAX_HOLD_MS);
    if (answer === 'close') this.closeByServer(CLOSINGS.endpointLost);
  }

  #opposite(direction: Direction): Direction {
    return direction === this.#up ? this.#down : this.#up;
  }

  /** What it means when that side goes: in good order after a Close frame, else it was lost. */
  #endReason({ sender }: Direction): WebSocketCloseReason {
    return this.#closer === undefined ? `${sender}-lost` : `${this.#closer}-closed`;
  }

  // === called by the worker ===

  /**
   * Asks the client to leave with a Close frame between two frames of the backend, and ends both sides when it has
   * answered, at the latest after five seconds. Where frames cannot be followed the connection just ends.
   * Says whether there was still something to close.
   */
  closeByServer({ code, text, reason }: Closing): boolean {
    if (!this.isOpen) return false;
    this.#phase = 'closing';
    if (!this.#isBackendLost) this.#reason = reason;
    const isClosing = this.#down.follower.sawClose || this.#up.follower.sawClose;
    this.#pendingClose = isClosing ? undefined : closeFrame(code, text);
    this.#services.timers.arm(this.#timer, CLOSE_GRACE_MS);
    this.#services.crowd.add(this);
    return true;
  }

  /** There is still a client to close. */
  get isOpen(): boolean {
    return this.#phase === 'open' || this.#phase === 'held';
  }

  /** Its client waits for a turn to hear that the backend is gone. */
  get isHeld(): boolean {
    return this.#phase === 'held';
  }

  #advanceClosing(): void {
    const { follower } = this.#down;
    if (follower.opaque || this.#up.follower.opaque) {
      this.#finish();
      return;
    }
    if (this.#pendingClose !== undefined && !follower.sawClose && follower.atBoundary) {
      this.#down.to.write(this.#pendingClose);
      this.#pendingClose = undefined;
      this.#down.discards = true;
    }
    const wasAsked = this.#down.discards;
    if (wasAsked && this.#up.follower.closeComplete) this.#finishSoon();
  }

  /** Tells what was counted so far: a WebSocket lives for days, so its end is too late to know. */
  tellMessages(): void {
    const fromClient = this.#up.follower.messages - this.#toldFromClient;
    const fromBackend = this.#down.follower.messages - this.#toldFromBackend;
    if (fromClient === 0 && fromBackend === 0) return;
    this.#toldFromClient += fromClient;
    this.#toldFromBackend += fromBackend;
    this.#observer.onMessages(fromClient, fromBackend);
  }

  /** Whoever was asked to leave answers at once, as do all the others who were asked with him. */
  #finishSoon(): void {
    this.#timer.cancel();
    this.#services.crowd.add(this);
  }

  #finish(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#timer.cancel();
    this.tellMessages();
    for (const { from } of [this.#up, this.#down]) this.#endSocket(from);
    this.#observer.onClosed({
      reason: this.#reason,
      messagesFromClient: this.#up.follower.messages,
      messagesFromBackend: this.#down.follower.messages,
      bytesFromClient: this.#up.bytes,
      bytesFromBackend: this.#down.bytes,
    });
  }

  /** What was written still goes out, for a while; what comes in is of no more use. */
  #endSocket(socket: Socket): void {
    if (socket.destroyed) return;
    socket.resume();
    socket.destroySoon();
    if (socket.destroyed) return;
    this.#services.timers.arm(new Timer(() => socket.destroy()), CLOSE_GRACE_MS);
  }
}
