// The layout of the memory that the main thread and all workers share, and the only code that indexes it.
// Each worker writes only its own row and readers sum, so no number needs a lock; see `docs/architecture.md`.
import { CloseCounts, closeCountIntegers } from './close-counts.ts';
import { HealthBoard, healthBoardBytes } from './health-board.ts';

export type SharedLayout = {
  readonly workers: number;
  /** Endpoints that can be counted at a time (--max-endpoints). */
  readonly slots: number;
  /** Numbers a worker may keep for metrics; what does not fit is counted as lost. */
  readonly cells: number;
};

/** What crosses to a worker by `workerData`: memory is shared, not copied. */
export type SharedMemory = {
  readonly layout: SharedLayout;
  readonly buffer: SharedArrayBuffer;
  /** Written by the main thread alone; health-board.ts says what is where. */
  readonly health: SharedArrayBuffer;
};

/** A worker's own signals to the main thread. */
const SIGNALS = {
  heartbeat: 0,
  tunnels: 1,
  logTakenBytes: 2,
  failures: 3,
  loopLagMs: 4,
  heapKibibytes: 5,
} as const;
const SIGNAL_COUNT = 8;
const SLOT_FIELDS = 4;
const IN_FLIGHT = 0;
const TUNNELS = 1;
const FAILURES_IN_A_ROW = 2;
const ANSWERS = 3;

export type Signal = keyof typeof SIGNALS;

/** Shared memory for that many workers, all zero. */
export function allocateSharedMemory(layout: SharedLayout): SharedMemory {
  const bytes = layout.workers * rowBytes(layout);
  const health = new SharedArrayBuffer(healthBoardBytes(layout.slots));
  return { layout, buffer: new SharedArrayBuffer(bytes), health };
}

function rowBytes(layout: SharedLayout): number {
  const integers = SIGNAL_COUNT + layout.slots * SLOT_FIELDS + closeCountIntegers(layout.slots);
  const bytes = integers * Int32Array.BYTES_PER_ELEMENT;
  return layout.cells * Float64Array.BYTES_PER_ELEMENT + Math.ceil(bytes / 8) * 8;
}

/** One worker's row. */
export class SharedRow {
  /** Metric values; observe/series.ts says which cell is what. */
  readonly cells: Float64Array;
  readonly closes: CloseCounts;
  readonly #signals: Int32Array;
  readonly #slots: Int32Array;

  constructor(memory: SharedMemory, worker: number) {
    const { layout, buffer } = memory;
    const start = worker * rowBytes(layout);
    const integersAt = start + layout.cells * Float64Array.BYTES_PER_ELEMENT;
    this.cells = new Float64Array(buffer, start, layout.cells);
    this.#signals = new Int32Array(buffer, integersAt, SIGNAL_COUNT);
    const slotsAt = integersAt + SIGNAL_COUNT * Int32Array.BYTES_PER_ELEMENT;
    this.#slots = new Int32Array(buffer, slotsAt, layout.slots * SLOT_FIELDS);
    const closesAt = slotsAt + layout.slots * SLOT_FIELDS * Int32Array.BYTES_PER_ELEMENT;
    this.closes = new CloseCounts(new Int32Array(buffer, closesAt, closeCountIntegers(layout.slots)));
  }

  signal(name: Signal): number {
    return Atomics.load(this.#signals, SIGNALS[name]);
  }

  setSignal(name: Signal, value: number): void {
    Atomics.store(this.#signals, SIGNALS[name], value);
  }

  addSignal(name: Signal, delta: number): void {
    Atomics.add(this.#signals, SIGNALS[name], delta);
  }

  inFlight(slot: number): number {
    return this.#slots[slot * SLOT_FIELDS + IN_FLIGHT] ?? 0;
  }

  tunnels(slot: number): number {
    return this.#slots[slot * SLOT_FIELDS + TUNNELS] ?? 0;
  }

  /** Both; see `SharedState.loadNow`. */
  loadNow(slot: number): number {
    const at = slot * SLOT_FIELDS;
    return Atomics.load(this.#slots, at + IN_FLIGHT) + Atomics.load(this.#slots, at + TUNNELS);
  }

  addInFlight(slot: number, delta: number): void {
    Atomics.add(this.#slots, slot * SLOT_FIELDS + IN_FLIGHT, delta);
  }

  addTunnels(slot: number, delta: number): void {
    Atomics.add(this.#slots, slot * SLOT_FIELDS + TUNNELS, delta);
  }

  /** Attempts at the endpoint in that slot since it last answered here. */
  failuresInARow(slot: number): number {
    return this.#slots[slot * SLOT_FIELDS + FAILURES_IN_A_ROW] ?? 0;
  }

  /** Changes with each answer of the endpoint; what it is says nothing. */
  answers(slot: number): number {
    return this.#slots[slot * SLOT_FIELDS + ANSWERS] ?? 0;
  }

  endpointFailed(slot: number): void {
    this.#slots[slot * SLOT_FIELDS + FAILURES_IN_A_ROW] = this.failuresInARow(slot) + 1;
    this.addSignal('failures', 1);
  }

  endpointAnswered(slot: number): void {
    this.#slots[slot * SLOT_FIELDS + FAILURES_IN_A_ROW] = 0;
    this.#slots[slot * SLOT_FIELDS + ANSWERS] = this.answers(slot) + 1;
  }

  /** What a worker leaves behind when it ends: nothing is in flight there any more. */
  clear(): void {
    this.cells.fill(0);
    this.#slots.fill(0);
    this.#signals.fill(0);
    this.closes.clear();
  }
}

/** All rows, for sums. */
export class SharedState {
  readonly layout: SharedLayout;
  readonly health: HealthBoard;
  readonly #rows: readonly SharedRow[];

  constructor(memory: SharedMemory) {
    this.layout = memory.layout;
    this.health = new HealthBoard(memory.health);
    this.#rows = Array.from({ length: memory.layout.workers }, (_, worker) => new SharedRow(memory, worker));
  }

  get rows(): readonly SharedRow[] {
    return this.#rows;
  }

  row(worker: number): SharedRow {
    const row = this.#rows[worker];
    if (row === undefined) throw new RangeError(`No worker ${worker} in shared memory`);
    return row;
  }

  /** Requests in flight plus tunnels of one endpoint, over all workers. */
  load(slot: number): number {
    let sum = 0;
    for (const row of this.#rows) sum += row.inFlight(slot) + row.tunnels(slot);
    return sum;
  }

  /**
   * The same for who has counted himself and must see all who have done so before him: a plain number may reach the
   * others after he has looked. Costs four times as much.
   */
  loadNow(slot: number): number {
    let sum = 0;
    for (const row of this.#rows) sum += row.loadNow(slot);
    return sum;
  }

  /** Requests in flight of one endpoint, over all workers. */
  inFlight(slot: number): number {
    let sum = 0;
    for (const row of this.#rows) sum += row.inFlight(slot);
    return sum;
  }

  /** Open tunnels of one endpoint, over all workers. */
  tunnels(slot: number): number {
    let sum = 0;
    for (const row of this.#rows) sum += row.tunnels(slot);
    return sum;
  }

  /** Tunnels that wait to be closed, over all workers. */
  closing(cell: number): number {
    let sum = 0;
    for (const row of this.#rows) sum += row.closes.waiting(cell);
    return sum;
  }

  /** Tunnels that the endpoint broke off within the last second, over all workers. */
  losses(slot: number, half: number): number {
    let sum = 0;
    for (const row of this.#rows) sum += row.closes.losses(slot, half);
    return sum;
  }
}
