// From the turns of all proxies to a table for people and an object for programs.
import type { BenchmarkResult } from '../benchmark.ts';
import type { ProxyKind } from '../stage/proxy-kind.ts';
import { median, round } from './statistics.ts';
import { textTable } from './text-table.ts';

/** One number that each turn yields. */
export type Column<Turn> = {
  readonly title: string;
  /** Its name in the JSON, unit included. */
  readonly name: string;
  readonly digits: number;
  readonly of: (turn: Turn) => number;
};

/** Who did not take part, and why. */
export type Absence = { readonly kind: ProxyKind; readonly reason: string };

export type ComparisonOptions<Turn> = {
  readonly absent: readonly Absence[];
  /** What is compared: less is better. One digit is shown unless it says otherwise. */
  readonly metric: Pick<Column<Turn>, 'name' | 'of'> & Partial<Pick<Column<Turn>, 'digits'>>;
  readonly columns: readonly Column<Turn>[];
  /** Lines below the table. */
  readonly notes?: readonly string[];
};

type Turns<Turn> = ReadonlyMap<ProxyKind, readonly Turn[]>;

/** Medians of the rounds. A ratio is the median of the ratios of each round, since its neighbours saw the same machine. */
export function compare<Turn>(turns: Turns<Turn>, options: ComparisonOptions<Turn>): BenchmarkResult {
  const { absent, metric, columns, notes = [] } = options;
  const json: Record<string, unknown> = {
    [metric.name]: byKey(turns, (own) => round(median(own.map(metric.of)), 2)),
  };
  const [first, ...others] = [...turns.keys()].filter(({ isOurs }) => isOurs);
  json['ratio'] = ratiosOf(turns, first, metric.of);
  for (const kind of others) json[`ratio${capitalized(kind.key)}`] = ratiosOf(turns, kind, metric.of);
  for (const column of columns)
    json[column.name] = byKey(turns, (own) => round(median(own.map(column.of)), column.digits));
  json['rounds'] = Math.min(...[...turns.values()].map((own) => own.length));
  json['absent'] = absent.map(({ kind }) => kind.key);
  const absences = absent.map(({ kind, reason }) => `${kind.name}: absent, ${reason}`);
  return { text: [...tableOf(turns, first, options), ...notes, ...absences].join('\n'), json };
}

function byKey<Turn>(turns: Turns<Turn>, of: (own: readonly Turn[]) => number): Record<string, number> {
  return Object.fromEntries([...turns].map(([kind, own]) => [kind.key, of(own)]));
}

/** What one of ours costs in parts of what each peer costs; empty where it takes no part. */
function ratiosOf<Turn>(
  turns: Turns<Turn>,
  ours: ProxyKind | undefined,
  of: (turn: Turn) => number,
): Record<string, number> {
  if (ours === undefined) return {};
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

function tableOf<Turn>(
  turns: Turns<Turn>,
  ours: ProxyKind | undefined,
  { metric, columns }: ComparisonOptions<Turn>,
): readonly string[] {
  const ratioCell = (own: readonly Turn[]): string =>
    `${ratio((ours && turns.get(ours)) ?? [], own, metric.of).toFixed(2)}x`;
  return textTable([
    ['', metric.name, 'ours/it', ...columns.map(({ title }) => title)],
    ...[...turns].map(([kind, own]) => [
      kind.name,
      median(own.map(metric.of)).toFixed(metric.digits ?? 1),
      kind === ours || ours === undefined ? '' : ratioCell(own),
      ...columns.map(({ of, digits }) => median(own.map(of)).toFixed(digits)),
    ]),
  ]);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
