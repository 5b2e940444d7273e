// Values that the chart refuses, and whether people can read why.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readValues } from '../../scripts/chart-readme.ts';
import { CHART, needHelm, refusal, render, type Values } from './rendering.ts';

beforeEach(needHelm);

describe('a value that breaks the schema is named with what is allowed', () => {
  test.each<[Values, string]>([
    [{ replicas: 3 }, "additional properties 'replicas' not allowed"],
    [{ service: { typ: 'NodePort' } }, "at '/service': additional properties 'typ' not allowed"],
    [
      { metrics: { serviceMonitor: { enable: true } } },
      "at '/metrics/serviceMonitor': additional properties 'enable'",
    ],
    [{ kind: 'StatefulSet' }, "at '/kind': value must be one of 'Deployment', 'DaemonSet'"],
    [
      { secrets: { mode: 'all' } },
      "at '/secrets/mode': value must be one of 'cluster', 'namespaces', 'named'",
    ],
    [{ secrets: { named: { web: 'tls' } } }, "at '/secrets/named/web': got string, want array"],
    [{ workers: 0 }, "at '/workers': minimum: got 0, want 1"],
    [{ workers: 'two' }, "at '/workers': got string, want integer"],
    [{ shutdownDelaySeconds: '30s' }, "at '/shutdownDelaySeconds': got string, want integer"],
    [{ watchNamespaces: 'web' }, "at '/watchNamespaces': got string, want array"],
    [{ watchNamespaces: ['Web'] }, "at '/watchNamespaces/0': 'Web' does not match pattern"],
    [{ trustedProxies: ['10.0.0.1'] }, "at '/trustedProxies/0': '10.0.0.1' does not match pattern"],
    [{ defaultTlsSecret: 'tls' }, "at '/defaultTlsSecret': 'tls' does not match pattern"],
    [{ ingressClass: { controllerValue: 'internal' } }, "at '/ingressClass/controllerValue'"],
    [{ containerPorts: { http: 0 } }, "at '/containerPorts/http': minimum: got 0, want 1"],
    [{ podAnnotations: { a: 1 } }, "at '/podAnnotations/a': got number, want string"],
    [{ image: { repository: 'a', digest: 'abc' } }, "at '/image/digest': 'abc' does not match pattern"],
  ])('%j', (values, message) => {
    expect(refusal(values)).toContain(message);
  });
});

describe('values that do not fit together are refused with what to do', () => {
  test.each<[Values, RegExp]>([
    [{ hostNetwork: true, hostPort: { enabled: true } }, /hostPort\.enabled is of no use with hostNetwork/u],
    [{ secrets: { mode: 'namespaces' } }, /secrets\.mode is namespaces, and watchNamespaces names none/u],
    [
      { watchNamespaces: ['a'], defaultTlsSecret: 'b/c' },
      /defaultTlsSecret is in namespace b.*secrets\.mode=named/u,
    ],
    [{ secrets: { named: { a: ['b'] } } }, /secrets\.named is read with secrets\.mode=named alone/u],
    [{ kind: 'DaemonSet', autoscaling: { enabled: true } }, /autoscaling\.enabled needs kind=Deployment/u],
    [{ autoscaling: { enabled: true, minReplicas: 9, maxReplicas: 2 } }, /minReplicas is larger than/u],
    [
      { metrics: { service: { enabled: false }, serviceMonitor: { enabled: true } } },
      /needs metrics\.service\.enabled/u,
    ],
    [
      { ingressClass: { byName: true, default: true } },
      /ingressClass\.default cannot be with ingressClass\.byName/u,
    ],
    [{ keys: { stickySecret: 'a', ticketSecret: 'a' } }, /are the same Secret/u],
  ])('%j', (values, message) => {
    expect(refusal(values)).toMatch(message);
  });

  test('all of them at once', () => {
    const message = refusal({
      hostNetwork: true,
      hostPort: { enabled: true },
      secrets: { mode: 'namespaces' },
    });
    expect(message.match(/^- /gmu)).toHaveLength(2);
  });
});

test('what a parent chart puts beside our values is allowed', () => {
  expect(render({ global: { registry: 'example.com' }, enabled: true }).length).toBeGreaterThan(10);
});

describe('the schema', () => {
  const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as SchemaNode;

  test('knows exactly the values that there are', () => {
    const known = namesIn(schema).filter((name) => !['global', 'enabled'].includes(name));
    const there = readValues(readFileSync(join(CHART, 'values.yaml'), 'utf8')).map(({ name }) => name);
    expect(known.toSorted()).toEqual(there.toSorted());
  });

  test('is closed wherever it lists names: nothing that is misspelt goes unnoticed', () => {
    expect(openPlaces(schema, 'root')).toEqual([]);
  });
});

type SchemaNode = {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: unknown;
};

function namesIn({ properties = {} }: SchemaNode, prefix = ''): readonly string[] {
  return Object.entries(properties).flatMap(([name, node]) => {
    // Requests and limits are one value.
    const isOne = node.properties === undefined || name === 'resources';
    return isOne ? [`${prefix}${name}`] : namesIn(node, `${prefix}${name}.`);
  });
}

function openPlaces(node: SchemaNode, path: string): readonly string[] {
  const own = node.properties !== undefined && node.additionalProperties !== false ? [path] : [];
  const below = Object.entries(node.properties ?? {});
  return [...own, ...below.flatMap(([name, member]) => openPlaces(member, `${path}.${name}`))];
}
