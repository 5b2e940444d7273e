// The memory of one reliable WebSocket: which events were sent under which number, and which wait for its return.
import type { ServerEvent } from './events.ts';

/** What a returning client gets: the frames it missed, or `lost` when they are not all here any more. */
export type Resumption =
  | { readonly kind: 'replay'; readonly frames: readonly string[] }
  | { readonly kind: 'lost' };

type SentEvent = { readonly sequence: number; readonly frame: string };

/** Mattermost's deadQueueSize: the sent events that can be replayed. */
export const maxSentEvents = 128;
/** Mattermost's sendQueueSize: the events that may wait to be sent. */
export const maxWaitingEvents = 256;

/** Numbers events and keeps what a resumption needs. */
export class ResumeQueue {
  #sent: SentEvent[] = [];
  readonly #waiting: ServerEvent[] = [];
  #nextSequence = 0;

  /** Gives the event its number and returns the frame to send. */
  stamp(event: ServerEvent): string {
    const sequence = this.#nextSequence;
    const frame = JSON.stringify({ ...event, seq: sequence });
    this.#nextSequence += 1;
    this.#sent.push({ sequence, frame });
    if (this.#sent.length > maxSentEvents) this.#sent.shift();
    return frame;
  }

  /** Keeps an event while no socket is there; false when too many wait: the connection is then given up. */
  hold(event: ServerEvent): boolean {
    if (this.#waiting.length >= maxWaitingEvents) return false;
    this.#waiting.push(event);
    return true;
  }

  /** The events that waited, now to be stamped and sent. */
  takeWaiting(): readonly ServerEvent[] {
    return this.#waiting.splice(0);
  }

  /** Continues at the number the client expects next. After `lost` the numbers start again at 0. */
  resume(sequence: number): Resumption {
    // A real server compares nothing for 0: it just goes on counting from there.
    const at = sequence === 0 ? -1 : this.#sent.findIndex((one) => one.sequence === sequence);
    const frames = at < 0 ? [] : this.#sent.slice(at).map((one) => one.frame);
    const last = this.#sent.at(-1)?.sequence;
    if (sequence === 0 || at >= 0 || last === undefined || last === sequence - 1) {
      this.#nextSequence = sequence + frames.length;
      return { kind: 'replay', frames };
    }
    this.#sent = [];
    this.#nextSequence = 0;
    return { kind: 'lost' };
  }
}
