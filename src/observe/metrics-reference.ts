// The page of all metrics, written from the catalogue so that it cannot fall behind it.
import { METRIC_PREFIX, type MetricDefinition } from './metric-definition.ts';
import { METRIC_LIST } from './metrics.ts';

/** Markdown of docs/reference/metrics.md, line feed at the end included. */
export function metricsReference(): string {
  return `${[...introduction(), ...METRIC_LIST.flatMap(([name, definition]) => entry(name, definition))].join('\n')}\n`;
}

function introduction(): readonly string[] {
  return [
    '# Metrics',
    '',
    '<!-- Generated from src/observe/metrics.ts; do not edit. -->',
    '',
    'Served as Prometheus text at `/metrics` of the admin port, together with the `process_*` and `nodejs_*` metrics',
    'of the main thread. Labels are bounded by the configuration, never by what clients send:',
    '',
    '- `namespace`, `kind`, `name` say which object a site comes from, `host` is the host pattern it was configured',
    '  with. Requests that no site answers for share one series: `host="unknown"`, the other three empty.',
    '- `method` is one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, else `OTHER`.',
    '',
    'Totals go on when a worker is replaced; gauges lose what that worker held. Durations are in seconds.',
  ];
}

function entry(name: string, definition: MetricDefinition): readonly string[] {
  const { type, help, labels, buckets } = definition;
  const facts = [`Type: ${type}.`];
  if (labels.length > 0) facts.push(`Labels: ${labels.map((label) => `\`${label}\``).join(', ')}.`);
  if (buckets !== undefined) facts.push(`Buckets: ${buckets.join(', ')}.`);
  return ['', `## \`${METRIC_PREFIX}${name}\``, '', help, '', facts.join(' ')];
}
