// The page of metrics holds every metric with what a reader needs of it.
import { expect, test } from 'vitest';
import { METRIC_LIST } from './metrics.ts';
import { metricsReference } from './metrics-reference.ts';

const sections = new Map(
  metricsReference()
    .split('\n## ')
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), section]),
);

test('one section a metric', () => {
  expect([...sections.keys()]).toEqual(METRIC_LIST.map(([name]) => `\`mattermost_ingress_${name}\``));
});

test.each(METRIC_LIST)('%s', (name, { help, labels, type, buckets }) => {
  const section = sections.get(`\`mattermost_ingress_${name}\``) ?? '';
  for (const text of [help, `Type: ${type}.`, ...labels.map((label) => `\`${label}\``)]) {
    expect(section).toContain(text);
  }
  expect(section.includes('Buckets:')).toBe(buckets !== undefined);
});

test('it ends in one line feed', () => {
  expect(metricsReference()).toMatch(/[^\n]\n$/);
});
