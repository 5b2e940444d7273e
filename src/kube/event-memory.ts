// Which notes were told as Events: one that comes back, or stays for long, is told again in its series.
import type { EventNote } from './event-note.ts';
import { identityOf } from './event-note.ts';

export type ToldEvent = {
  /** Of the Event object. */
  readonly name: string;
  readonly count: number;
};

type Told = ToldEvent & { readonly isOver: boolean; readonly toldMs: number };

/** The API server forgets Events after an hour; what still is so must not look mended then (client-go: the same half hour). */
const TELL_AGAIN_MS = 1_800_000;

/** More notes at a time are not looked at. */
const MAX_NOTES = 5_000;
/** Told ones that are remembered; more than can be there at a time. */
const MAX_TOLD = 2 * MAX_NOTES;

export class EventMemory {
  #present: ReadonlyMap<string, EventNote> = new Map();
  /** Of those, the ones that were there at the look before as well: what passes at once is not worth an Event. */
  #lasting: ReadonlyMap<string, EventNote> = new Map();
  readonly #told = new Map<string, Told>();

  /** The notes as they are now, some time after the look before. @returns whether some are new */
  see(notes: readonly EventNote[]): boolean {
    const before = this.#present;
    this.#present = new Map(notes.slice(0, MAX_NOTES).map((note) => [identityOf(note), note]));
    this.#lasting = new Map([...this.#present].filter(([identity]) => before.has(identity)));
    for (const [identity, told] of this.#told) {
      if (!told.isOver && !this.#present.has(identity)) this.#told.set(identity, { ...told, isOver: true });
    }
    return this.#lasting.size < this.#present.size;
  }

  /** Notes that have lasted and were not told since they came, or not for long. @param nowMs any clock that only moves forward */
  untold(nowMs: number): readonly (readonly [identity: string, note: EventNote])[] {
    return [...this.#lasting].filter(([identity]) => this.#isDue(identity, nowMs));
  }

  isUntold(identity: string, nowMs: number): boolean {
    return this.#present.has(identity) && this.#isDue(identity, nowMs);
  }

  /** The Event that told it the last time. */
  lastOf(identity: string): ToldEvent | undefined {
    return this.#told.get(identity);
  }

  tell(identity: string, event: ToldEvent, nowMs: number): void {
    // Behind all others: the oldest ones go first.
    this.#told.delete(identity);
    this.#told.set(identity, { ...event, isOver: !this.#present.has(identity), toldMs: nowMs });
    if (this.#told.size <= MAX_TOLD) return;
    for (const [oldest, { isOver }] of this.#told) {
      if (!isOver) continue;
      this.#told.delete(oldest);
      return;
    }
  }

  /** Its Event is gone. */
  forget(identity: string): void {
    this.#told.delete(identity);
  }

  #isDue(identity: string, nowMs: number): boolean {
    const told = this.#told.get(identity);
    return told === undefined || told.isOver || nowMs - told.toldMs >= TELL_AGAIN_MS;
  }
}
