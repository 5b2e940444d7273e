// The schema as a CRD holds it: nothing an API server refuses, everything bounded and described.
import { Type, type TSchema } from 'typebox';
import { describe, expect, test } from 'vitest';
import { policyCrd } from './crd.ts';
import { asNode } from './schema-node.ts';
import { toStructural } from './structural.ts';

/** What apiextensions.k8s.io/v1 takes, and we use, at a node of a schema. */
const ALLOWED = new Set([
  'default',
  'description',
  'enum',
  'format',
  'items',
  'maxItems',
  'maxLength',
  'maximum',
  'minItems',
  'minLength',
  'minimum',
  'pattern',
  'properties',
  'required',
  'type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-validations',
]);

type Found = { readonly path: string; readonly node: Readonly<Record<string, unknown>> };

/** All nodes of the produced schema, read from the JSON that is written and not from the objects it comes from. */
const nodes = findNodes(
  '',
  dig(JSON.parse(JSON.stringify(policyCrd())), 'spec.versions.0.schema.openAPIV3Schema'),
);

describe('the produced schema', () => {
  test('is found whole', () => {
    expect(nodes.length).toBeGreaterThan(80);
    expect(nodes.map(({ path }) => path)).toContain('.spec.admission.rules[].headers[].secretRef.name');
  });

  test.each(nodes)('$path', ({ path, node }) => {
    expect(Object.keys(node).filter((key) => !ALLOWED.has(key))).toEqual([]);
    expect(node['type']).toMatch(/^(object|array|string|integer|boolean)$/u);
    if (path !== '.metadata') expect(node['description']).toMatch(/^[A-Z].*[.]$/su);
    if (path !== '' && !path.startsWith('.status')) expect(node).not.toHaveProperty('default');
    expect(String(node['pattern'])).not.toContain('(?');
    if (node['type'] === 'array') {
      expect(node).toHaveProperty('maxItems');
      expect(node['x-kubernetes-list-type']).toMatch(/^(atomic|set|map)$/u);
    }
  });

  test('asks of a map list that its keys are required scalars', () => {
    const maps = nodes.filter(({ node }) => node['x-kubernetes-list-type'] === 'map');
    expect(maps.length).toBeGreaterThan(2);
    for (const { node } of maps) {
      expect(dig(node, 'items.required')).toEqual(
        expect.arrayContaining([...items(node['x-kubernetes-list-map-keys'])]),
      );
    }
  });

  test('has sets of scalars only', () => {
    const sets = nodes.filter(({ node }) => node['x-kubernetes-list-type'] === 'set');
    expect(sets.map(({ node }) => dig(node, 'items.type'))).not.toContain('object');
  });

  test('says at each field what kubectl explain would not show', () => {
    const described = new Map(nodes.map(({ path, node }) => [path, String(node['description'])]));
    expect(described.get('.spec.websocket.idleTimeout')).toContain('Default: 1h.');
    expect(described.get('.spec.route.service.port')).toContain('from 1 to 65535');
    expect(described.get('.spec.route.service')).toContain('Exactly one of port and portName');
    expect(described.get('.spec.admission.deny.rejectReason')).toContain('Default: PreAuth when a rule');
    expect(described.get('.spec.sessionPersistence.fallback')).toContain(
      'Default: [UserIdentity, SourceAddress].',
    );
  });
});

describe('what TypeBox can say and an API server refuses', () => {
  const text = { description: 'A text.', maxLength: 8 };

  test('a plain node passes', () => {
    expect(toStructural(asNode(Type.String(text)), [])).toMatchObject({ type: 'string', maxLength: 8 });
  });

  test.each<[string, TSchema, RegExp]>([
    ['an enum without type', Type.Enum(['a', 'b'], { description: 'One.' }), /no type/u],
    ['a union', Type.Union([Type.Literal('a'), Type.Literal('b')], { description: 'One.' }), /anyOf/u],
    ['a literal', Type.Literal('a', { description: 'One.' }), /const/u],
    ['a record', Type.Record(Type.String(), Type.String(), { description: 'Map.' }), /Properties/u],
    [
      'additionalProperties',
      Type.Object({}, { description: 'O.', additionalProperties: false }),
      /additionalProperties/u,
    ],
    ['examples', Type.String({ ...text, examples: ['a'] }), /examples/u],
    ['$id', Type.String({ ...text, $id: 'a' }), /\$id/u],
    ['a default', Type.String({ ...text, default: 'a' }), /default/u],
    [
      'exclusiveMinimum',
      Type.Integer({ description: 'N.', exclusiveMinimum: 0, maximum: 9 }),
      /exclusiveMinimum/u,
    ],
    ['uniqueItems', Type.Array(Type.String(text), { description: 'L.', uniqueItems: true }), /uniqueItems/u],
    ['a number', Type.Number({ description: 'N.', minimum: 0, maximum: 9 }), /no type/u],
    ['null', Type.Null({ description: 'Nothing.' }), /no type/u],
    ['a look-ahead', Type.String({ ...text, pattern: '^(?!a)', hint: 'no a' }), /RE2/u],
    ['a back reference', Type.String({ ...text, pattern: '^(a)\\1$', hint: 'aa' }), /RE2/u],
    ['a pattern without words', Type.String({ ...text, pattern: '^a$' }), /hint/u],
    ['no description', Type.String({ maxLength: 8 }), /description/u],
    ['an unbounded string', Type.String({ description: 'T.' }), /maxLength/u],
    ['an unbounded integer', Type.Integer({ description: 'N.', minimum: 0 }), /maximum/u],
    [
      'an unbounded list',
      Type.Array(Type.String(text), { description: 'L.', 'x-kubernetes-list-type': 'set' }),
      /maxItems/u,
    ],
    [
      'a list without list type',
      Type.Array(Type.String(text), { description: 'L.', maxItems: 2 }),
      /list-type/u,
    ],
  ])('%s', (_, schema, fault) => {
    const parent = asNode(Type.Object({ bad: schema }, { description: 'Parent.' }));
    expect(() => toStructural(parent, ['parent'])).toThrow(fault);
    expect(() => toStructural(parent, ['parent'])).toThrow('parent.bad');
  });
});

function findNodes(path: string, value: unknown): readonly Found[] {
  const node = Object.fromEntries(Object.entries(value ?? {}));
  const below = Object.entries(node['properties'] ?? {}).flatMap(([name, member]) =>
    findNodes(`${path}.${name}`, member),
  );
  return [
    { path, node },
    ...below,
    ...(node['items'] === undefined ? [] : findNodes(`${path}[]`, node['items'])),
  ];
}

function dig(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((at, key) => Object.entries(at ?? {}).find(([name]) => name === key)?.[1], value);
}

function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
