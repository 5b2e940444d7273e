// Fields that a served schema lacks: found at any depth, and not where the server keeps what it does not know.
import { expect, test } from 'vitest';
import { missingFields, policySchemaIn } from './schema-fields.ts';

const wanted = {
  properties: {
    route: { properties: { hosts: { items: { type: 'string' } } } },
    rules: { items: { properties: { name: {}, action: {} } } },
  },
};

test.each<[string, unknown, readonly string[]]>([
  ['the same schema', wanted, []],
  ['a field that is not ours', { properties: { ...wanted.properties, extra: {} } }, []],
  ['no schema', undefined, ['spec']],
  ['a field less', { properties: { rules: wanted.properties.rules } }, ['spec.route']],
  [
    'a field of items less',
    { properties: { ...wanted.properties, rules: { items: { properties: { name: {} } } } } },
    ['spec.rules[].action'],
  ],
  ['items without a schema', { properties: { ...wanted.properties, rules: {} } }, ['spec.rules[]']],
  ['one that keeps unknown fields', { 'x-kubernetes-preserve-unknown-fields': true }, []],
])('%s', (_, served, missing) => {
  expect(missingFields(wanted, served, 'spec')).toEqual(missing);
});

test.each([
  ['nothing', undefined],
  ['no schemas', { components: {} }],
  [
    'schemas of other kinds',
    {
      components: {
        schemas: {
          other: { 'x-kubernetes-group-version-kind': [{ group: 'g', version: 'v', kind: 'Other' }] },
        },
      },
    },
  ],
])('a document with %s has no schema of policies', (_, document) => {
  expect(policySchemaIn(document)).toBeUndefined();
});
