// Alert rules and dashboard: they ask only for metrics that there are, with labels that they have.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { isMetricName, METRIC_LIST, METRIC_PREFIX } from '../../src/observe/metrics.ts';
import { CHART } from './rendering.ts';

type AlertRule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string };
};
type Panel = { readonly title: string; readonly targets: readonly { readonly expr: string }[] };

const PROMTOOL = 'promtool';
const alertsFile = join(CHART, 'files/alerts.yaml');
const alerts = parse(readFileSync(alertsFile, 'utf8')) as {
  readonly groups: readonly { readonly rules: readonly AlertRule[] }[];
};
const rules = alerts.groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(readFileSync(join(CHART, 'files/dashboard.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
};
const queries = [
  ...rules.map(({ alert, expr }) => ({ place: alert, expr })),
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ place: title, expr }))),
];

/** Names without the prefix; those of a histogram without what Prometheus appends. */
function metricsIn(expr: string): readonly string[] {
  return [...expr.matchAll(/mattermost_ingress_(?<name>[a-z0-9_]+)/gu)].map(({ groups }) => {
    const name = groups?.['name'] ?? '';
    const whole = name.replace(/_(bucket|sum|count)$/u, '');
    return METRIC_LIST.some(([each, { type }]) => each === whole && type === 'histogram') ? whole : name;
  });
}

describe('a query', () => {
  test.each(queries)('asks for metrics that there are: $place', ({ expr }) => {
    const names = metricsIn(expr);
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name) => !isMetricName(name))).toEqual([]);
  });

  test.each(queries)('groups by labels that its metrics have: $place', ({ expr }) => {
    const known = new Set(
      METRIC_LIST.filter(([name]) => metricsIn(expr).includes(name)).flatMap(([, { labels }]) => labels),
    );
    const asked = [...expr.matchAll(/\b(?:by|on) \((?<labels>[^)]*)\)/gu)].flatMap(
      ({ groups }) => groups?.['labels']?.split(',').map((label) => label.trim()) ?? [],
    );
    // Those that Prometheus itself gives: to what it scrapes, and to buckets.
    const given = ['job', 'instance', 'le'];
    expect(asked.filter((label) => !known.has(label) && !given.includes(label))).toEqual([]);
  });
});

describe('an alert', () => {
  test('is there for each thing that somebody must know', () => {
    const text = rules.map(({ expr }) => expr).join('\n');
    for (const metric of [
      'watch_staleness_seconds',
      'watch_missed_events_total',
      'leader',
      'requests_total',
      'tls_certificate_not_after_seconds',
      'worker_restarts_total',
      'configuration_last_success_timestamp_seconds',
    ]) {
      expect(text).toContain(METRIC_PREFIX + metric);
    }
  });

  test.each(rules)('says what happened and what to do: $alert', ({ alert, labels, annotations }) => {
    expect(alert).toMatch(/^MattermostIngress[A-Z]/u);
    expect(['warning', 'critical']).toContain(labels.severity);
    expect(annotations.summary.length).toBeGreaterThan(10);
    expect(annotations.description.length).toBeGreaterThan(30);
  });

  test('has a name of its own', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  test('is one that Prometheus can read', (context) => {
    if (spawnSync(PROMTOOL, ['--version']).error !== undefined) context.skip('promtool is not installed');
    const { status, stdout, stderr } = spawnSync(PROMTOOL, ['check', 'rules', alertsFile], {
      encoding: 'utf8',
    });
    expect([status, `${stdout}${stderr}`]).toEqual([
      0,
      expect.stringContaining(`${rules.length} rules found`),
    ]);
  });
});
