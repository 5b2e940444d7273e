// The table of defaults fits the schema: each is a value the field would take, and no optional field is forgotten.
import { expect, test } from 'vitest';
import { defaultOf, DEFAULTS, DERIVED_DEFAULTS } from './defaults.ts';
import { asNode, type SchemaNode } from './schema-node.ts';
import { walk } from './schema-walk.ts';
import { specSchema } from './policy.ts';

type Leaf = { readonly path: string; readonly node: SchemaNode; readonly isRequired: boolean };

/** What is simply not asked for where it is absent. */
const WITHOUT_DEFAULT = [
  'ingressClassName',
  'targetRefs',
  'route.service.port',
  'route.service.portName',
  'admission.rules',
  'admission.rules.sourceCIDRs',
  'admission.rules.paths',
  'admission.rules.methods',
  'admission.rules.headers',
  'admission.rules.headers.values',
  'admission.rules.request',
  'admission.rules.cookies',
  'admission.rules.bearerToken',
  'admission.rules.clientCertificate',
  'sessionPersistence.absoluteTimeout',
  'limits.exemptCIDRs',
];

const leaves = leavesOf(asNode(specSchema), [], true);

test.each(pathsIn(DEFAULTS))('%s has a default that it would take', (path) => {
  const leaf = leaves.find((one) => one.path === path);
  expect(leaf).toBeDefined();
  expect(leaf && walk(leaf.node, defaultOf(path.split('.')), path)).toEqual([]);
});

test('every optional field has a default, a derived one, or stands in the list of those without', () => {
  const optional = leaves.filter(({ isRequired }) => !isRequired).map(({ path }) => path);
  const known = [...pathsIn(DEFAULTS), ...Object.keys(DERIVED_DEFAULTS), ...WITHOUT_DEFAULT];
  expect(optional.toSorted()).toEqual(known.toSorted());
});

test.each(['', 'route', 'route.tls', 'route.hosts', 'no.such.field', 'route.path.length', 'constructor'])(
  'there is no default for %j',
  (path) => {
    expect(defaultOf(path.split('.'))).toBeUndefined();
  },
);

function leavesOf(node: SchemaNode, path: readonly string[], isRequired: boolean): readonly Leaf[] {
  const inner = node.items ?? node;
  const own = inner.properties === undefined || node.items !== undefined;
  const below = Object.entries(inner.properties ?? {}).flatMap(([name, member]) =>
    leavesOf(member, [...path, name], inner.required?.includes(name) === true),
  );
  return [...(own ? [{ path: path.join('.'), node, isRequired }] : []), ...below];
}

function pathsIn(value: object, prefix = ''): readonly string[] {
  return Object.entries(value).flatMap(([name, member]: [string, unknown]) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? pathsIn(member, `${prefix}${name}.`)
      : [`${prefix}${name}`],
  );
}
