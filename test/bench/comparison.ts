// From the turns of all proxies to a table for people and an object for programs.
import type { BenchmarkResult } from './benchmark.ts';
import { OURS, type ProxyKind } from './proxies.ts';

/** One number that each turn yields. */
export type Column<Turn> = {
  readonly title: string;
  /** Its name in the JSON, unit included. */
  readonly name: string;
  readonly digits: number;
  readonly of: (turn: Turn) => number;
};

export type ComparisonOptions<Turn> = {
  readonly absent: readonly ProxyKind[];
  /** What is compared: less is better. */
  readonly metric: Pick<Column<Turn>, 'name' | 'of'>;
  readonly columns: readonly Column<Turn>[];
};

type Turns<Turn> = ReadonlyMap<ProxyKind, readonly Turn[]>;

/** Medians of the rounds. A ratio is the median of the ratios of each round, since its neighbours saw the same machine. */
export function compare<Turn>(turns: Turns<Turn>, options: ComparisonOptions<Turn>): BenchmarkResult {
  const { absent, metric, columns } = options;
  const json: Record<string, unknown> = {
    [metric.name]: byKey(turns, (own) => round(median(own.map(metric.of)), 2)),
    ratio: ratiosOf(turns, OURS, metric.of),
  };
  for (const kind of turns.keys()) {
    if (kind.isOurs && kind !== OURS)
      json[`ratio${capitalized(kind.key)}`] = ratiosOf(turns, kind, metric.of);
  }
  for (const column of columns) {
    json[column.name] = byKey(turns, (own) => round(median(own.map(column.of)), column.digits));
  }
  json['rounds'] = Math.min(...[...turns.values()].map((own) => own.length));
  json['absent'] = absent.map(({ key }) => key);
  return { text: [...tableOf(turns, options), ...absent.map(absentLine)].join('\n'), json };
}

function absentLine({ name }: ProxyKind): string {
  return `${name}: absent, not installed (make bench-peers)`;
}

function byKey<Turn>(turns: Turns<Turn>, of: (own: readonly Turn[]) => number): Record<string, number> {
  return Object.fromEntries([...turns].map(([kind, own]) => [kind.key, of(own)]));
}

/** What one of ours costs in parts of what each peer costs. */
function ratiosOf<Turn>(
  turns: Turns<Turn>,
  ours: ProxyKind,
  of: (turn: Turn) => number,
): Record<string, number> {
  const peers = [...turns].filter(([kind]) => !kind.isOurs);
  return Object.fromEntries(peers.map(([kind, own]) => [kind.key, ratio(turns.get(ours) ?? [], own, of)]));
}

function ratio<Turn>(ours: readonly Turn[], peer: readonly Turn[], of: (turn: Turn) => number): number {
  const ratios = ours.flatMap((turn, at) => {
    const other = peer[at];
    return other === undefined ? [] : [of(turn) / of(other)];
  });
  return round(median(ratios), 3);
}

function tableOf<Turn>(turns: Turns<Turn>, { metric, columns }: ComparisonOptions<Turn>): readonly string[] {
  const titles = ['', metric.name, 'ours/it', ...columns.map(({ title }) => title)];
  const rows = [...turns].map(([kind, own]) => [
    kind.name,
    median(own.map(metric.of)).toFixed(1),
    kind === OURS ? '' : `${ratio(turns.get(OURS) ?? [], own, metric.of).toFixed(2)}x`,
    ...columns.map(({ of, digits }) => median(own.map(of)).toFixed(digits)),
  ]);
  const widths = titles.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)),
  );
  return [titles, ...rows].map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
