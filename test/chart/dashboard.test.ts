// The dashboard: as Grafana wants it, and asking only for what there is. test/feature/prometheus.test.ts asks it all.
import { describe, expect, test } from 'vitest';
import { METRIC_PREFIX } from '../../src/observe/metric-definition.ts';
import { METRIC_LIST } from '../../src/observe/metrics.ts';
import { guideQueries, panelsOf, readDashboard } from './monitoring.ts';
import { knownSeries, mistakesIn, resultLabels } from './promql.ts';

const dashboard = readDashboard();
const panels = panelsOf(dashboard);
const known = await knownSeries();
const queries = panels.flatMap(({ title, targets }) => targets.map((target) => ({ title, ...target })));
const variables = dashboard.templating.list;
const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
/** Of Grafana's own list; another word would be shown behind the number as it is. */
const UNITS = ['short', 'reqps', 'ops', 's', 'd', 'Bps', 'bytes', 'percentunit'];
/** What is not worth a look day by day, or has an alert of its own. */
const NOT_SHOWN = [
  'websocket_duration_seconds',
  'log_lines_dropped_total',
  'series_lost_total',
  'configuration_generation',
  'configuration_last_success_timestamp_seconds',
  'watch_missed_events_total',
  'policy_schema_outdated',
  'host_owner_changes_total',
  'status_writes_total',
];

describe('the dashboard', () => {
  test('has a name by which an update finds it, and variables for source, release and host', () => {
    expect(dashboard.uid).toBe('mattermost-ingress');
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
    expect(variables.map(({ name }) => name)).toEqual(['datasource', 'job', 'host']);
  });

  test('gives each panel a number and a place of its own', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const taken = new Set<string>();
    for (const { title, gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x},${y}`), `${title} lies on another panel`).toBe(false);
          taken.add(`${x},${y}`);
        }
      }
    }
  });

  test('shows every metric that is not left out on purpose', () => {
    const text = queries.map(({ expr }) => expr).join('\n');
    const hidden = METRIC_LIST.map(([name]) => name).filter(
      (name) => !new RegExp(String.raw`\b${METRIC_PREFIX}${name}(?:_bucket)?\b`, 'u').test(text),
    );
    expect(hidden.toSorted()).toEqual(NOT_SHOWN.toSorted());
  });
});

describe.each(panels)('panel $title', ({ description, type, datasource, fieldConfig, targets }) => {
  test('says what it shows, in a unit, of the source that was chosen', () => {
    expect(description).toMatch(/^[A-Z(].{4,}\.$/u);
    expect(['timeseries', 'stat']).toContain(type);
    expect(UNITS).toContain(fieldConfig.defaults.unit);
    expect([datasource, ...targets.map((target) => target.datasource)]).toEqual(
      Array.from({ length: targets.length + 1 }, () => DATASOURCE),
    );
    expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
  });
});

describe.each(queries)('query $expr', ({ expr, legendFormat }) => {
  test('asks for metrics and labels that there are', () => {
    expect(mistakesIn(expr, known)).toEqual([]);
  });

  test('looks at the chosen release alone', () => {
    const selectors = [
      ...expr.matchAll(/\b(?:mattermost_ingress|process|nodejs)_\w+(?<matchers>\{[^}]*\})?/gu),
    ];
    expect(selectors.length).toBeGreaterThan(0);
    for (const { groups } of selectors) expect(groups?.['matchers']).toContain('job=~"$job"');
  });

  test('has a legend of labels that its result has', () => {
    const asked = [...legendFormat.matchAll(/\{\{(\w+)\}\}/gu)].map(([, label = '']) => label);
    const result = resultLabels(expr, known);
    expect(asked.filter((label) => !result.includes(label))).toEqual([]);
    expect(legendFormat).not.toBe('');
  });
});

test.each(guideQueries())('the guide asks for metrics and labels that there are: %s', (query) => {
  expect(mistakesIn(query, known)).toEqual([]);
});

test.each(variables.flatMap(({ query }) => (typeof query === 'string' ? [] : [query.query])))(
  'variable %s asks for metrics and labels that there are',
  (query) => {
    const { selector = '', label = '' } =
      /^label_values\((?<selector>.*), (?<label>\w+)\)$/u.exec(query)?.groups ?? {};
    expect(mistakesIn(`sum by (${label}) (${selector})`, known)).toEqual([]);
  },
);
