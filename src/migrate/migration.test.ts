// What may keep somebody out and is not understood leaves nobody in; the golden tests show the words.
import { describe, expect, test } from 'vitest';
import type { JsonMap } from '../translate/objects/json-value.ts';
import { readInput } from './input.ts';
import { migrate } from './migration.ts';
import type { Section } from './section.ts';

function ingress(annotations: Readonly<Record<string, string>> = {}): JsonMap {
  const backend = { service: { name: 'mattermost', port: { number: 8065 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'chat', namespace: 'mattermost', annotations },
    spec: {
      rules: [{ host: 'chat.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

function settings(name: string, data: Readonly<Record<string, string>>): JsonMap {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'test' }, data };
}

function migrated(...documents: readonly JsonMap[]): Section {
  const section = migrate(readInput(documents)).at(-1);
  if (section === undefined) throw new Error('The Ingress of the test is lost');
  return section;
}

const OPEN = { defaultAction: 'Allow' };
const CLOSED = { defaultAction: 'Deny' };

describe('annotations of other controllers', () => {
  test.each([
    ['alb.ingress.kubernetes.io/inbound-cidrs', '192.0.2.0/24'],
    ['alb.ingress.kubernetes.io/auth-type', 'oidc'],
    ['appgw.ingress.kubernetes.io/waf-policy-for-path', 'office'],
    ['konghq.com/plugins', 'ip-restriction'],
  ])('%s closes, and is told of', (key, value) => {
    const section = migrated(ingress({ [key]: value }));
    expect(section).toMatchObject({ isClosed: true, policy: { spec: { admission: CLOSED } } });
    expect(section.remarks).toEqual([expect.stringMatching(`CLOSED .*: ${key} kept somebody out`)]);
    expect(section.notes).toEqual([expect.objectContaining({ kind: 'lost', subject: key })]);
  });

  test.each([
    ['alb.ingress.kubernetes.io/scheme', 'internal'],
    ['cert-manager.io/cluster-issuer', 'acme'],
    ['kubectl.kubernetes.io/last-applied-configuration', '{"auth": "x"}'],
  ])('%s leaves open what was', (key, value) => {
    expect(migrated(ingress({ [key]: value })).policy?.spec.admission).toEqual(OPEN);
  });

  test('what is judged by a running controller is told of as it tells it', () => {
    const key = 'alb.ingress.kubernetes.io/scheme';
    const text = expect.stringMatching(/^Is of another controller and has no effect here\. /u);
    expect(migrated(ingress({ [key]: 'internal' })).notes).toEqual([{ kind: 'lost', subject: key, text }]);
  });

  test('of a controller that is not known, what may keep somebody out closes all the same', () => {
    const section = migrated(ingress({ 'gateway.example.com/auth-policy': 'office' }));
    expect(section).toMatchObject({ isClosed: true, policy: { spec: { admission: CLOSED } } });
  });

  test('one that the Ingress says to pass over does not', () => {
    const key = 'konghq.com/plugins';
    const passed = { [key]: 'x', 'mattermost-ingress.io/ignore-annotations': key };
    expect(migrated(ingress(passed)).policy?.spec.admission).toEqual(OPEN);
  });
});

describe('settings that do not hold since others came first', () => {
  const first = settings('first', { 'worker-processes': '4' });

  test.each([
    [{ 'whitelist-source-range': '192.0.2.0/24' }],
    [{ 'block-cidrs': '192.0.2.0/24' }],
    [{ 'global-auth-url': 'https://auth.example.com' }],
    [{ 'server-snippet': 'deny all;' }],
  ])('%j closes', (data) => {
    const section = migrated(first, settings('second', data), ingress());
    expect(section).toMatchObject({ isClosed: true, policy: { spec: { admission: CLOSED } } });
    expect(section.remarks).toEqual([expect.stringContaining('CLOSED until you say who may come in: ')]);
    expect(section.remarks[0]).toContain('ConfigMap test/second kept somebody out');
  });

  test('those that keep nobody out leave open what was', () => {
    const second = settings('second', { 'proxy-body-size': '8m' });
    expect(migrated(first, second, ingress()).policy?.spec.admission).toEqual(OPEN);
  });
});
