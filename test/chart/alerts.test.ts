// Alert rules: they ask only for what there is, lead to the runbook, and fire when they must and not before.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { METRIC_PREFIX } from '../../src/observe/metric-definition.ts';
import { ALERTS_FILE, alertRules } from './monitoring.ts';
import { knownSeries, mistakesIn, resultLabels } from './promql.ts';
import { CHART } from './rendering.ts';

const PROMTOOL = 'promtool';
const rules = alertRules();
const known = await knownSeries();

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
      'session_checks_total',
      'source_address_failures_total',
      'connections_rejected_total',
      'configuration_findings',
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

  test.each(rules)('asks for metrics and labels that there are: $alert', ({ expr, annotations }) => {
    expect(expr).toContain(METRIC_PREFIX);
    expect(mistakesIn(expr, known)).toEqual([]);
    const said = `${annotations.summary} ${annotations.description}`;
    const asked = [...said.matchAll(/\$labels\.(\w+)/gu)].map(([, label = '']) => label);
    const result = resultLabels(expr, known);
    expect(asked.filter((label) => !result.includes(label))).toEqual([]);
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
    const checked = spawnSync(PROMTOOL, ['check', 'rules', ALERTS_FILE], { encoding: 'utf8' });
    expect([checked.status, checked.stdout]).toEqual([
      0,
      expect.stringContaining(`${rules.length} rules found`),
    ]);
    const folder = mkdtempSync(join(tmpdir(), 'alerts-'));
    try {
      const file = join(folder, 'tests.json');
      writeFileSync(
        file,
        JSON.stringify({ rule_files: [ALERTS_FILE], evaluation_interval: '1m', tests: alertTests() }),
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
const host = 'namespace="chat",kind="Ingress",name="chat",host="chat.example.com"';
const site = `${host},method="GET"`;
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
  [`session_checks_total{${host},result="valid"}`]: '0+60x90',
  [`session_checks_total{${host},result="failed"}`]: '0+1x90',
  'source_address_failures_total{address="192.0.2.7",reason="exhausted"}': '0x90',
  'connections_rejected_total{reason="connection-limit"}': '0x90',
  'connections_rejected_total{reason="proxy-header"}': '0+9x90',
  'configuration_findings{severity="error"}': '0x90',
  'configuration_findings{severity="warning"}': '3x90',
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
  ['SessionsUnverified', { [`session_checks_total{${host},result="failed"}`]: '0+9x90' }],
  [
    'SourceAddressesFail',
    { 'source_address_failures_total{address="192.0.2.7",reason="exhausted"}': '0+1x90' },
  ],
  ['ConnectionsRejected', { 'connections_rejected_total{reason="connection-limit"}': '0+1x90' }],
  ['CertificateExpires', { 'tls_certificate_not_after_seconds{certificate="chat/tls"}': '90000x90' }],
  ['CertificateExpired', { 'tls_certificate_not_after_seconds{certificate="chat/tls"}': '60x90' }],
  ['WorkerRestarts', { 'worker_restarts_total{}': '0x60 1x30' }],
  ['ConfigurationStalled', { 'configuration_last_success_timestamp_seconds{}': '0x90' }],
  ['ConfigurationErrors', { 'configuration_findings{severity="error"}': '2x90' }],
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
