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
/** Times of a slot, ahead of all states. */
const TIME_FIELDS = 2;
const SINCE = 0;
const DRAINING_SINCE = 1;

/** How much memory that many slots need. */
export function healthBoardBytes(slots: number): number {
  const times = slots * TIME_FIELDS * Float64Array.BYTES_PER_ELEMENT;
  return times + (HEADER_FIELDS + slots) * Int32Array.BYTES_PER_ELEMENT;
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
  readonly #times: Float64Array;
  readonly #numbers: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    const bytesOfSlot = healthBoardBytes(1) - healthBoardBytes(0);
    const slots = (buffer.byteLength - healthBoardBytes(0)) / bytesOfSlot;
    this.#times = new Float64Array(buffer, 0, slots * TIME_FIELDS);
    this.#numbers = new Int32Array(buffer, this.#times.byteLength);
  }

  healthVersion(): number {
    return Atomics.load(this.#numbers, VERSION);
  }

  takesUsers(slot: number): boolean {
    return this.#state(slot) <= SLOW_START;
  }

  isStartingSlowly(slot: number): boolean {
    return this.#state(slot) === SLOW_START;
  }

  isAnyStartingSlowly(): boolean {
    return (this.#numbers[STARTING_SLOWLY] ?? 0) > 0;
  }

  stateAgeMs(slot: number, nowMs: number): number {
    return nowMs - this.#time(slot, SINCE);
  }

  drainingMs(slot: number, nowMs: number): number {
    return nowMs - this.#time(slot, DRAINING_SINCE);
  }

  state(slot: number): HealthState {
    return HEALTH_STATES[this.#state(slot)] ?? 'ready';
  }

  /** For the main thread: the version changes last, so that who sees it sees the state. */
  set(slot: number, state: HealthState, nowMs: number): void {
    const change = Number(state === 'slow-start') - Number(this.isStartingSlowly(slot));
    Atomics.add(this.#numbers, STARTING_SLOWLY, change);
    this.#times[slot * TIME_FIELDS + SINCE] = nowMs;
    Atomics.store(this.#numbers, HEADER_FIELDS + slot, HEALTH_STATES.indexOf(state));
    Atomics.add(this.#numbers, VERSION, 1);
  }

  /** For the main thread, before the workers hear that the endpoint is draining. */
  setDraining(slot: number, sinceMs: number): void {
    this.#times[slot * TIME_FIELDS + DRAINING_SINCE] = sinceMs;
  }

  #state(slot: number): number {
    return this.#numbers[HEADER_FIELDS + slot] ?? 0;
  }

  #time(slot: number, field: number): number {
    return this.#times[slot * TIME_FIELDS + field] ?? 0;
  }
}
