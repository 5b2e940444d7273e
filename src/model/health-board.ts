// The health of endpoints by slot, in memory that the main thread writes and workers read; shared-state.ts allocates it.
// A change of health costs no message: who holds a list made of it looks whether the version is still the same.

/**
 * In this order of numbers; whoever stands before `unhealthy` takes users. Draining is no health: it is configured, and
 * only since when it holds is told here.
 */
export const HEALTH_STATES = ['ready', 'slow-start', 'unhealthy', 'ejected'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

const SLOW_START = HEALTH_STATES.indexOf('slow-start');
const VERSION = 0;
const STARTING_SLOWLY = 1;
const HEADER_FIELDS = 2;
const SLOT_FIELDS = 3;
const STATE = 0;
const SINCE = 1;
const DRAINING_SINCE = 2;

/** How much memory that many slots need. */
export function healthBoardBytes(slots: number): number {
  return (HEADER_FIELDS + slots * SLOT_FIELDS) * Int32Array.BYTES_PER_ELEMENT;
}

/** What a worker sees of it. */
export type HealthView = {
  /** Another number whenever the health of any endpoint has changed. */
  healthVersion(): number;
  takesUsers(slot: number): boolean;
  isStartingSlowly(slot: number): boolean;
  /** Whether one of all endpoints does. */
  isAnyStartingSlowly(): boolean;
  /** Milliseconds since it has been in its state. */
  stateAgeMs(slot: number, nowMs: number): number;
  /** Milliseconds for which an endpoint has been draining that is. */
  drainingMs(slot: number, nowMs: number): number;
};

export class HealthBoard implements HealthView {
  readonly #numbers: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.#numbers = new Int32Array(buffer);
  }

  healthVersion(): number {
    return Atomics.load(this.#numbers, VERSION);
  }

  takesUsers(slot: number): boolean {
    return this.#read(slot, STATE) <= SLOW_START;
  }

  isStartingSlowly(slot: number): boolean {
    return this.#read(slot, STATE) === SLOW_START;
  }

  isAnyStartingSlowly(): boolean {
    return (this.#numbers[STARTING_SLOWLY] ?? 0) > 0;
  }

  stateAgeMs(slot: number, nowMs: number): number {
    return this.#since(slot, SINCE, nowMs);
  }

  drainingMs(slot: number, nowMs: number): number {
    return this.#since(slot, DRAINING_SINCE, nowMs);
  }

  /** The clock is cut to 32 bits, so that the difference is right over its wrap, for 24 days. */
  #since(slot: number, field: number, nowMs: number): number {
    return (Math.trunc(nowMs) - this.#read(slot, field)) | 0;
  }

  state(slot: number): HealthState {
    return HEALTH_STATES[this.#read(slot, STATE)] ?? 'ready';
  }

  /** For the main thread: the version changes last, so that who sees it sees the state. */
  set(slot: number, state: HealthState, nowMs: number): void {
    const at = HEADER_FIELDS + slot * SLOT_FIELDS;
    const change = Number(state === 'slow-start') - Number(this.isStartingSlowly(slot));
    Atomics.add(this.#numbers, STARTING_SLOWLY, change);
    Atomics.store(this.#numbers, at + SINCE, Math.trunc(nowMs) | 0);
    Atomics.store(this.#numbers, at + STATE, HEALTH_STATES.indexOf(state));
    Atomics.add(this.#numbers, VERSION, 1);
  }

  /** For the main thread, before the workers hear that the endpoint is draining. */
  setDraining(slot: number, sinceMs: number): void {
    const at = HEADER_FIELDS + slot * SLOT_FIELDS;
    Atomics.store(this.#numbers, at + DRAINING_SINCE, Math.trunc(sinceMs) | 0);
  }

  #read(slot: number, field: number): number {
    return this.#numbers[HEADER_FIELDS + slot * SLOT_FIELDS + field] ?? 0;
  }
}
