// Several releases in one cluster, the chart below another one, and names that are long.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CHART, containerOf, identity, needHelm, only, render, type Values } from './rendering.ts';

const made: string[] = [];

beforeEach(needHelm);

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
});

/** As the chart's README says for a second release. */
const second: Values = {
  crds: { enabled: false },
  ingressClass: { name: 'internal', controllerValue: 'mattermost-ingress.io/internal' },
};

describe('two releases share no object', () => {
  test.each([
    ['in two namespaces, under one name', { name: 'mm', namespace: 'a' }, { name: 'mm', namespace: 'b' }],
    ['in one namespace', { name: 'one', namespace: 'a' }, { name: 'two', namespace: 'a' }],
    ['with names that meet at a hyphen', { name: 'b-c', namespace: 'a' }, { name: 'c', namespace: 'a-b' }],
    [
      'with long names that begin alike',
      { name: `${'x'.repeat(50)}-1`, namespace: 'a' },
      { name: `${'x'.repeat(50)}-2`, namespace: 'a' },
    ],
  ])('%s', (_title, one, other) => {
    const narrow = { watchNamespaces: ['chat'] };
    const names = [render(narrow, one), render({ ...narrow, ...second }, other)].map((objects) =>
      objects.map(identity),
    );
    expect(names[0]?.length).toBeGreaterThan(15);
    expect(names[0]?.filter((name) => names[1]?.includes(name))).toEqual([]);
  });

  test('nor a Lease, keys or the name that they go by', () => {
    const flags = (values: Values, name: string) =>
      containerOf(render(values, { name })).args.filter((flag) =>
        /^--(controller-name|ingress-class|election-id|sticky-key-secret|ticket-key-secret|publish-service)=/u.test(
          flag,
        ),
      );
    const [one, other] = [flags({}, 'one'), flags(second, 'two')];
    expect([one.length, other.length]).toEqual([6, 6]);
    expect(one.filter((flag) => other.includes(flag))).toEqual([]);
  });
});

test('no name is longer than its kind allows', () => {
  const objects = render({ watchNamespaces: ['chat'] }, { name: 'r'.repeat(53), namespace: 'n'.repeat(63) });
  for (const object of objects) {
    expect(object.metadata.name.length, identity(object)).toBeLessThanOrEqual(
      /Role/u.test(object.kind) ? 253 : 63,
    );
    for (const [name, value] of Object.entries(object.metadata.labels ?? {})) {
      expect(value.length, name).toBeLessThanOrEqual(63);
    }
  }
  const [kept] = objects.filter(({ kind }) => kind === 'Deployment');
  expect(kept?.metadata.name).toMatch(/^r{37}-[0-9a-f]{8}$/u);
});

test.each([
  [{}, 'mattermost-ingress', 'mattermost-ingress'],
  [{}, 'web', 'web-mattermost-ingress'],
  [{ nameOverride: 'mm' }, 'web', 'web-mm'],
  [{ fullnameOverride: 'door' }, 'web', 'door'],
])('%j as release %s is called %s', (values, name, wanted) => {
  expect(only(render(values, { name }), 'Deployment').metadata.name).toBe(wanted);
});

describe('below another chart', () => {
  test('it can be switched off, renamed and given values', () => {
    const chart = parentChart();
    const image = { repository: 'example.com/mattermost-ingress' };
    const values = { global: { a: 1 }, door: { image, workers: 3 } };
    const objects = render(values, { chart, name: 'chat' });
    expect(containerOf(objects).args).toContain('--workers=3');
    expect(only(objects, 'Deployment').metadata.name).toBe('chat-door');
    expect(render({ door: { enabled: false } }, { chart, name: 'chat' }).map(identity)).toEqual([
      'ConfigMap parent',
    ]);
  });

  test('a misspelt value of it is refused', () => {
    const values = { door: { image: { repository: 'a' }, worker: 3 } };
    expect(() => render(values, { chart: parentChart() })).toThrow(
      /additional properties 'worker' not allowed/u,
    );
  });
});

/** A chart that has ours as dependency `door`. */
function parentChart(): string {
  const folder = mkdtempSync(join(tmpdir(), 'parent-chart-'));
  made.push(folder);
  mkdirSync(join(folder, 'templates'));
  cpSync(CHART, join(folder, 'charts/mattermost-ingress'), { recursive: true });
  writeFileSync(
    join(folder, 'Chart.yaml'),
    JSON.stringify({
      apiVersion: 'v2',
      name: 'parent',
      version: '1.0.0',
      dependencies: [
        {
          name: 'mattermost-ingress',
          version: '*',
          repository: '',
          alias: 'door',
          condition: 'door.enabled',
        },
      ],
    }),
  );
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'parent' } };
  writeFileSync(join(folder, 'templates/parent.yaml'), JSON.stringify(configMap));
  return folder;
}
