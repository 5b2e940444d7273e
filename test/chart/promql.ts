// Reads as much of a PromQL expression as tells which labels it asks of which metrics. Prometheus itself would answer
// a label that does not exist with nothing at all.
import { collectDefaultMetrics, Registry } from 'prom-client';
import { METRIC_PREFIX } from '../../src/observe/metric-definition.ts';
import { METRIC_LIST } from '../../src/observe/metrics.ts';

/** What Prometheus itself gives to all that it scrapes. */
const OF_THE_SCRAPE = ['job', 'instance'];

/** Labels by the name a series has in Prometheus. */
export async function knownSeries(): Promise<ReadonlyMap<string, readonly string[]>> {
  const known = new Map<string, readonly string[]>();
  for (const [name, { type, labels }] of METRIC_LIST) {
    const whole = METRIC_PREFIX + name;
    if (type !== 'histogram') known.set(whole, [...labels, ...OF_THE_SCRAPE]);
    else {
      known.set(`${whole}_bucket`, [...labels, ...OF_THE_SCRAPE, 'le']);
      for (const end of ['sum', 'count']) known.set(`${whole}_${end}`, [...labels, ...OF_THE_SCRAPE]);
    }
  }
  const register = new Registry();
  collectDefaultMetrics({ register });
  for (const { name } of await register.getMetricsAsJSON()) known.set(name, OF_THE_SCRAPE);
  return known;
}

export type Mistake = string;

/** @returns metrics that there are not, and labels that they have not */
export function mistakesIn(expr: string, known: ReadonlyMap<string, readonly string[]>): readonly Mistake[] {
  const selectors = selectorsIn(expr);
  const unknown = selectors.filter(({ metric }) => !known.has(metric));
  const matchers = selectors.flatMap(({ metric, labels }) => missing(labels, metric, known));
  const groups = groupingsIn(expr).flatMap(({ labels, inner }) => {
    const kept = keptLabels(inner);
    const lost = kept === undefined ? [] : labels.filter((label) => !kept.includes(label));
    return [
      ...lost.map((label) => `${label} is gone after the inner aggregation`),
      ...selectorsIn(inner).flatMap(({ metric }) => missing(labels, metric, known)),
    ];
  });
  return [...unknown.map(({ metric }) => `There is no ${metric}`), ...matchers, ...groups];
}

/** Labels that the result has: those of its outermost grouping, else of its metric; undefined where neither is plain. */
export function resultLabels(expr: string, known: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const [first] = selectorsIn(expr);
  return keptLabels(expr) ?? (first === undefined ? [] : (known.get(first.metric) ?? []));
}

type Selector = { readonly metric: string; readonly labels: readonly string[] };

function selectorsIn(expr: string): readonly Selector[] {
  const pattern = /\b(?<metric>(?:mattermost_ingress|process|nodejs)_\w+)(?:\{(?<matchers>[^}]*)\})?/gu;
  return [...expr.matchAll(pattern)].map(({ groups = {} }) => ({
    metric: groups['metric'] ?? '',
    labels: [...(groups['matchers'] ?? '').matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/gu)].map(
      ([, label = '']) => label,
    ),
  }));
}

/** `sum by (a, b) (INNER)`; of `A and on (a) B` both sides must have the label. */
function groupingsIn(
  expr: string,
): readonly { readonly labels: readonly string[]; readonly inner: string }[] {
  return [...expr.matchAll(/\b(?<word>by|on) \((?<labels>[^)]*)\)/gu)].map((match) => ({
    labels: wordsIn(match.groups?.['labels']),
    inner: match.groups?.['word'] === 'on' ? expr : balanced(expr, match.index + match[0].length),
  }));
}

/** From the next opening bracket to the one that closes it. */
function balanced(expr: string, from: number): string {
  const start = expr.indexOf('(', from);
  let depth = 0;
  for (let at = start; at < expr.length; at++) {
    if (expr[at] === '(') depth += 1;
    if (expr[at] === ')') depth -= 1;
    if (depth === 0) return expr.slice(start + 1, at);
  }
  throw new Error(`A bracket is not closed: ${expr}`);
}

function keptLabels(expr: string): readonly string[] | undefined {
  const outermost =
    /^[\s(]*(?:histogram_quantile\([\d.]+, )?(?<operator>\w+)(?: by \((?<labels>[^)]*)\))? ?\(/u.exec(expr);
  const { operator = '', labels } = outermost?.groups ?? {};
  if (!['sum', 'max', 'min', 'count', 'avg'].includes(operator)) return undefined;
  return wordsIn(labels);
}

function wordsIn(list: string | undefined): readonly string[] {
  return (list ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function missing(
  labels: readonly string[],
  metric: string,
  known: ReadonlyMap<string, readonly string[]>,
): readonly Mistake[] {
  const own = known.get(metric);
  return labels
    .filter((label) => own?.includes(label) === false)
    .map((label) => `${metric} has no label ${label}`);
}
