// What a benchmark is to main.ts.
import type { Bodies } from './load/messages.ts';
import type { ProcessSet } from './stage/process-set.ts';
import type { Progress } from './progress.ts';

export type BenchmarkOptions = {
  /** Bound of the load in all turns of all proxies together, in seconds. */
  readonly seconds: number;
  /** Counted rounds; in each of them every proxy has one turn. */
  readonly rounds: number;
};

/** What only some benchmarks take. */
export type Choices = {
  readonly bodies: Bodies;
  /** Keys of the peers that take part; undefined for all. */
  readonly peers: readonly string[] | undefined;
  /** Folder that ours writes profiles of its threads to. */
  readonly profile: string | undefined;
};

export type BenchmarkContext = BenchmarkOptions &
  Choices & {
    readonly processes: ProcessSet;
    readonly progress: Progress;
  };

export type BenchmarkResult = {
  /** For people: a table and what it says. */
  readonly text: string;
  /** For programs: one object, units in its names. */
  readonly json: Readonly<Record<string, unknown>>;
};

export type Benchmark = {
  /** One line for the help. */
  readonly summary: string;
  readonly defaults: BenchmarkOptions;
  readonly takes: readonly (keyof Choices)[];
  run(context: BenchmarkContext): Promise<BenchmarkResult>;
};
