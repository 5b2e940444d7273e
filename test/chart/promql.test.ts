// The reader of expressions finds what is wrong with them.
import { expect, test } from 'vitest';
import { mistakesIn, resultLabels } from './promql.ts';

const known = new Map([
  ['mattermost_ingress_requests_total', ['host', 'code', 'job', 'instance']],
  ['mattermost_ingress_leader', ['job', 'instance']],
  ['mattermost_ingress_seconds_bucket', ['host', 'le', 'job', 'instance']],
]);

test.each([
  ['sum by (host) (rate(mattermost_ingress_requests_total{code=~"5.."}[5m]))', []],
  ['rate(mattermost_ingress_request_total[5m])', ['There is no mattermost_ingress_request_total']],
  [
    'sum(rate(mattermost_ingress_requests_total{status="200"}[5m]))',
    ['mattermost_ingress_requests_total has no label status'],
  ],
  [
    'sum by (hosts) (mattermost_ingress_requests_total)',
    ['mattermost_ingress_requests_total has no label hosts'],
  ],
  [
    'mattermost_ingress_leader and on (host) mattermost_ingress_requests_total',
    ['mattermost_ingress_leader has no label host'],
  ],
  [
    'sum by (code) (max by (host) (mattermost_ingress_requests_total))',
    ['code is gone after the inner aggregation'],
  ],
  // Each metric of two is asked for its own labels only.
  ['sum by (host) (mattermost_ingress_requests_total) / sum by (job) (mattermost_ingress_leader)', []],
])('%s', (expr, mistakes) => {
  expect(mistakesIn(expr, known)).toEqual(mistakes);
});

test.each([
  ['sum by (host) (mattermost_ingress_requests_total) / 2', ['host']],
  ['(min by (host) (mattermost_ingress_requests_total) - time())', ['host']],
  ['histogram_quantile(0.5, sum by (le, host) (mattermost_ingress_seconds_bucket))', ['le', 'host']],
  ['sum(mattermost_ingress_leader)', []],
  ['increase(mattermost_ingress_leader[1h]) > 0', ['job', 'instance']],
])('the labels of %s', (expr, labels) => {
  expect(resultLabels(expr, known)).toEqual(labels);
});
