// README.md of the chart: a short text, and the table of values from values.yaml and its comments.
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { CHART_README_HEAD } from './chart-readme-head.ts';

/** One row: the whole name of a value, its default as JSON, and what it does. */
export type ValueRow = { readonly name: string; readonly fallback: string; readonly meaning: string };

/** A heading of its own for each map of values, in the order of the file. */
type Section = { readonly title: string; readonly rows: readonly ValueRow[] };

/**
 * Values with their meaning. A map with comments inside has a row for each member; any other is one value.
 * Throws with the name of a value that has no comment.
 */
export function readValues(yaml: string): readonly ValueRow[] {
  const { contents, errors } = parseDocument(withoutTitle(yaml));
  if (errors.length > 0 || !isMap(contents)) throw new Error('Values must be one YAML map');
  return rowsOf(contents, '');
}

function rowsOf(map: YAMLMap, prefix: string): readonly ValueRow[] {
  return map.items.flatMap((pair, index) => {
    const name = `${prefix}${keyOf(pair)}`;
    const { value } = pair;
    // The parser gives the comment before a map's first member to the map.
    const comment = commentOf(pair) ?? (index === 0 ? (map.commentBefore ?? undefined) : undefined);
    if (isMap(value) && hasComments(value)) return rowsOf(value, `${name}.`);
    if (comment === undefined) throw new Error(`Value ${name} has no comment`);
    const text = comment.split('\n').map((line) => line.trim());
    return [{ name, fallback: JSON.stringify(value), meaning: text.join(' ').trim() }];
  });
}

function hasComments(map: YAMLMap): boolean {
  if (map.commentBefore) return true;
  return map.items.some(
    (pair) => commentOf(pair) !== undefined || (isMap(pair.value) && hasComments(pair.value)),
  );
}

function keyOf({ key }: Pair): string {
  if (isScalar(key) && typeof key.value === 'string') return key.value;
  throw new Error('Names of values must be strings');
}

function commentOf({ key }: Pair): string | undefined {
  return isScalar(key) ? (key.commentBefore ?? undefined) : undefined;
}

/** The whole page. @param version of chart and program */
export function chartReadme(yaml: string, version: string): string {
  const sections = sectionsOf(readValues(yaml));
  const tables = sections.map(({ title, rows }) => `### ${title}\n\n${tableOf(rows)}`);
  return `${CHART_README_HEAD.replaceAll('VERSION', version)}\n${tables.join('\n\n')}\n`;
}

/** Single values first, then each map of values with a heading of its own. */
function sectionsOf(rows: readonly ValueRow[]): readonly Section[] {
  const byMap = Map.groupBy(rows, ({ name }) => (name.includes('.') ? (name.split('.')[0] ?? '') : ''));
  return [...byMap]
    .toSorted(([a], [b]) => Number(a !== '') - Number(b !== ''))
    .map(([title, members]) => ({ title: title === '' ? 'Single values' : `\`${title}\``, rows: members }));
}

function tableOf(rows: readonly ValueRow[]): string {
  const cells = rows.map(
    ({ name, fallback, meaning }) =>
      `| \`${name}\` | ${fallback === '""' ? '' : `\`${cell(fallback)}\``} | ${cell(meaning)} |`,
  );
  return ['| Value | Default | Meaning |', '| --- | --- | --- |', ...cells].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** The first block of comments speaks of the file. */
function withoutTitle(yaml: string): string {
  return yaml.replace(/^(?:#.*\n)+\n/u, '');
}
