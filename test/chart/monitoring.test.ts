// Alert rules and dashboard: they ask only for metrics that there are, with labels that they have.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { METRIC_PREFIX } from '../../src/observe/metric-definition.ts';
import { isMetricName, METRIC_LIST } from '../../src/observe/metrics.ts';
import { CHART } from './rendering.ts';

type AlertRule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
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
      'endpoint_state',
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

  test.each(rules)('leads to its section of the runbook: $alert', ({ alert, annotations }) => {
    const [page = '', section] = annotations.runbook.split('#');
    expect(section).toBe(alert.toLowerCase());
    expect(readFileSync(join(CHART, '../..', page), 'utf8')).toContain(`\n### ${alert}\n`);
  });

  test('has a name of its own', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });

  test('is one that Prometheus can read, and fires when it must', (context) => {
    if (spawnSync(PROMTOOL, ['--version']).error !== undefined) context.skip('promtool is not installed');
    const checked = spawnSync(PROMTOOL, ['check', 'rules', alertsFile], { encoding: 'utf8' });
    expect([checked.status, checked.stdout]).toEqual([
      0,
      expect.stringContaining(`${rules.length} rules found`),
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'alerts-'));
    try {
      const file = join(folder, 'tests.json');
      writeFileSync(
        file,
        JSON.stringify({ rule_files: [alertsFile], evaluation_interval: '1m', tests: alertTests() }),
      );
      const { status, stdout, stderr } = spawnSync(PROMTOOL, ['test', 'rules', file], { encoding: 'utf8' });
      expect([status, `${stdout}${stderr}`]).toEqual([0, expect.stringContaining('SUCCESS')]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The slowest rule waits for an hour. */
const EVALUATED_AT = '70m';
const site = 'namespace="chat",kind="Ingress",name="chat",host="chat.example.com",method="GET"';
const endpoint = (name: string) => `namespace="chat",service="chat",port="8065",endpoint="${name}"`;
const healthy: Readonly<Record<string, string>> = {
  'build_info{}': '1x90',
  'leader{}': '1x90',
  'watch_staleness_seconds{kind="Service"}': '60x90',
  'watch_missed_events_total{}': '0x90',
  'policy_schema_outdated{}': '0x90',
  [`requests_total{${site},code="200"}`]: '0+600x90',
  [`requests_total{${site},code="502"}`]: '0+6x90',
  [`endpoint_state{${endpoint('a')},state="unhealthy"}`]: '0x90',
  [`endpoint_state{${endpoint('b')},state="unhealthy"}`]: '0x90',
  [`endpoint_state{${endpoint('c')},state="unhealthy"}`]: '1x90',
  'tls_certificate_not_after_seconds{certificate="chat/tls"}': '9000000x90',
  'worker_restarts_total{}': '0x90',
  'configuration_generation{}': '1x60 2x30',
  'configuration_last_success_timestamp_seconds{}': '0x60 3660x30',
  'log_lines_dropped_total{}': '0x90',
};
/** What differs from a healthy replica for half an hour or more, and the alert that says so. */
const troubles: readonly (readonly [alert: string, series: Readonly<Record<string, string>>])[] = [
  ['Absent', { 'build_info{}': '_x90' }],
  ['WatchStale', { 'watch_staleness_seconds{kind="Service"}': '60x10 400x80' }],
  ['WatchMissedEvents', { 'watch_missed_events_total{}': '0x60 1x30' }],
  ['SchemaOutdated', { 'policy_schema_outdated{}': '1x90' }],
  ['NoLeader', { 'leader{}': '0x90' }],
  ['Errors', { [`requests_total{${site},code="502"}`]: '0+60x90' }],
  ['NodesUnhealthy', { [`endpoint_state{${endpoint('b')},state="unhealthy"}`]: '1x90' }],
  ['CertificateExpires', { 'tls_certificate_not_after_seconds{certificate="chat/tls"}': '90000x90' }],
  ['CertificateExpired', { 'tls_certificate_not_after_seconds{certificate="chat/tls"}': '60x90' }],
  ['WorkerRestarts', { 'worker_restarts_total{}': '0x60 1x30' }],
  ['ConfigurationStalled', { 'configuration_last_success_timestamp_seconds{}': '0x90' }],
  ['LogLinesDropped', { 'log_lines_dropped_total{}': '0x60 9x30' }],
];

/** For `promtool test rules`: each trouble fires its alert, and a healthy replica none. */
function alertTests(): readonly object[] {
  expect(troubles.map(([alert]) => `MattermostIngress${alert}`)).toEqual(rules.map(({ alert }) => alert));
  const firing = (selector: string) => `count(ALERTS{alertstate="firing"${selector}})`;
  const quiet = alertTest({}, firing(''), []);
  return [
    quiet,
    ...troubles.map(([alert, series]) =>
      alertTest(series, firing(`,alertname="MattermostIngress${alert}"`), [{ labels: '{}', value: 1 }]),
    ),
  ];
}

function alertTest(
  changed: Readonly<Record<string, string>>,
  expr: string,
  samples: readonly object[],
): object {
  const input = Object.entries({ ...healthy, ...changed }).map(([series, values]) => ({
    series: `${METRIC_PREFIX}${series.replace('{', '{job="a",instance="1",').replace(',}', '}')}`,
    values,
  }));
  return {
    interval: '1m',
    input_series: input,
    promql_expr_test: [{ expr, eval_time: EVALUATED_AT, exp_samples: samples }],
  };
}
