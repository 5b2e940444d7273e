// Files together: who wins, what stays the same value, where things stand.
import { describe, expect, test } from 'vitest';
import { assemble } from './assembly.ts';
import { adoptText } from './manifest-file.ts';
import type { ManifestFile } from './manifest-file.ts';

function service(name: string, port: number): string {
  return `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {ports: [{port: ${port}}]}\n`;
}

function files(texts: Readonly<Record<string, string>>): readonly ManifestFile[] {
  return Object.entries(texts).map(([file, text]) => adoptText(undefined, file, text));
}

const endpoints =
  'apiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\nsubsets: [{addresses: [{ip: 192.0.2.1}]}]\n';
const everyKind = `${service('a', 80)}---\n${endpoints}---
{apiVersion: v1, kind: Secret, metadata: {name: a}}
---
{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: a, labels: {kubernetes.io/service-name: a}}, addressType: IPv4}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
---
{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: a}, spec: {controller: b/c}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a}, spec: {rules: [{host: a.example.com}]}}
---
{apiVersion: mattermost-ingress.io/v1alpha1, kind: MattermostIngressPolicy, metadata: {name: a, namespace: b}}
`;

describe('assembly', () => {
  test('every kind has its map, keyed by namespace and name', () => {
    const { objects, findings } = assemble(files({ 'a.yaml': everyKind }));
    expect(findings).toEqual([]);
    expect([...objects.policies.keys()]).toEqual(['b/a']);
    expect([...objects.services.keys()]).toEqual(['default/a']);
    expect([...objects.secrets.keys()]).toEqual(['default/a']);
    expect([...objects.configMaps.keys()]).toEqual(['default/a']);
    expect([...objects.ingresses.keys()]).toEqual(['default/a']);
    expect([...objects.ingressClasses.keys()]).toEqual(['/a']);
    expect([...objects.endpointSlices.keys()]).toEqual(['default/endpoints:a:0:IPv4', 'default/a']);
  });

  test('of two objects with one identity the first by file name wins, whatever the order of reading', () => {
    const texts = {
      'b.yaml': `# x\n${service('a', 2)}`,
      'B.yaml': service('a', 1),
      'c/a.yaml': service('b', 3),
    };
    const { objects, findings } = assemble(files(texts));
    expect(objects.services.get('default/a')?.ports).toEqual([{ port: 1 }]);
    expect(objects.services.get('default/b')?.ports).toEqual([{ port: 3 }]);
    expect(findings).toEqual([
      {
        severity: 'error',
        object: { kind: 'Service', namespace: 'default', name: 'a' },
        location: { file: 'b.yaml', line: 2 },
        field: '',
        reason: 'ObjectDuplicate',
        message: 'Service default/a is already in B.yaml line 1, which wins',
        remedy: 'Remove one of the two, or give it another name',
      },
    ]);
  });

  test('within one file the first wins too', () => {
    const { objects, findings } = assemble(files({ 'a.yaml': `${service('a', 1)}---\n${service('a', 2)}` }));
    expect(objects.services.get('default/a')?.ports).toEqual([{ port: 1 }]);
    expect(findings.map(({ location }) => location?.line)).toEqual([6]);
  });

  test('findings of the files come along, in the order of their names', () => {
    const { findings } = assemble(files({ 'b.yaml': 'x: [', 'a.yaml': 'x: "' }));
    expect(findings.map(({ location }) => location?.file)).toEqual(['a.yaml', 'b.yaml']);
  });
});

describe('what stays equal stays the same value', () => {
  const before = assemble(files({ 'a.yaml': everyKind })).objects;

  test('the whole set, where only text or places changed', () => {
    const moved = files({ 'a.yaml': '', 'z.yaml': `# comment\n${everyKind}` });
    expect(assemble(moved, before).objects).toBe(before);
  });

  test('all but the changed object', () => {
    const text = `${everyKind.replace('port: 80', 'port: 81')}---\n${service('b', 1)}`;
    const after = assemble(files({ 'a.yaml': text }), before).objects;
    expect(after).not.toBe(before);
    expect(after.policies).toBe(before.policies);
    expect(after.secrets).toBe(before.secrets);
    expect(after.endpointSlices).toBe(before.endpointSlices);
    expect(after.services).not.toBe(before.services);
    expect([...after.services.values()].map(({ ports }) => ports[0]?.port)).toEqual([81, 1]);
    expect(before.services.get('default/a')?.ports).toEqual([{ port: 80 }]);
  });

  test('the others, where one is gone', () => {
    const after = assemble(files({ 'a.yaml': service('a', 80) }), before).objects;
    expect(after.services).toBe(before.services);
    expect(after.policies.size + after.secrets.size + after.endpointSlices.size).toBe(0);
  });
});

describe('places', () => {
  const assembly = assemble(files({ 'a.yaml': everyKind }));
  const at = (kind: string, name: string, namespace = 'default') => ({ kind, namespace, name });

  test.each([
    { object: at('Service', 'a'), field: 'spec.ports[0]', line: 4 },
    { object: at('Endpoints', 'a'), field: 'subsets[0].addresses[0].ip', line: 9 },
    { object: at('EndpointSlice', 'endpoints:a:0:IPv4'), field: 'subsets', line: 9 },
    { object: at('MattermostIngressPolicy', 'a', 'b'), field: 'spec', line: 21 },
  ])('$object.kind $field on line $line', ({ object, field, line }) => {
    expect(assembly.locate(object, field)).toEqual({ file: 'a.yaml', line });
  });

  test('an unknown object has none', () => expect(assembly.locate(at('Service', 'x'), '')).toBeUndefined());
});
