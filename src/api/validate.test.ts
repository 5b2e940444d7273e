// The run-time check of policies: every keyword, every field, all issues at once, and never an exception.
import fc from 'fast-check';
import { Check } from 'typebox/value';
import { describe, expect, test } from 'vitest';
import { policyWith } from '../../test/support/policy-edits.ts';
import { FULL_POLICIES, KEYWORD_CASES } from '../../test/support/policy-keyword-cases.ts';
import { specSchema } from './policy.ts';
import { asNode, type SchemaNode } from './schema-node.ts';
import { checkPolicy } from './validate.ts';

const full = Object.entries(FULL_POLICIES).map(([name, edits]) => ({ name, object: policyWith(edits) }));

describe('good policies', () => {
  test.each(full)('$name', ({ object }) => {
    const { policy, issues } = checkPolicy(object);
    expect(issues).toEqual([]);
    expect(policy).toEqual(object);
  });

  test('together they reach every field', () => {
    const reached = new Set(full.flatMap(({ object }) => pathsIn(object)));
    const known = fieldsOf(asNode(specSchema), 'spec');
    expect(known.length).toBeGreaterThan(50);
    expect(known.filter((field) => !reached.has(field))).toEqual([]);
  });

  test('without namespace it is default, and only what identifies the object is taken over', () => {
    const metadata = { name: 'chat', uid: 'u', generation: 3, creationTimestamp: null, managedFields: [] };
    const { policy } = checkPolicy({ ...spread(policyWith({})), metadata, status: 'not ours to judge' });
    expect(policy?.metadata).toEqual({ name: 'chat', namespace: 'default', uid: 'u', generation: 3 });
  });
});

describe('keywords', () => {
  test.each(KEYWORD_CASES)('$rule at $field', ({ rule, field, bad }) => {
    const { policy, issues } = checkPolicy(policyWith(bad));
    expect(policy).toBeUndefined();
    expect(issues.map((issue) => [issue.field, issue.rule])).toEqual([[`spec.${field}`, rule]]);
    for (const { message, remedy } of issues) {
      expect(message).toMatch(/^[A-Z].*[^.]$/u);
      expect(remedy).toMatch(/^[A-Z].*[^.]$/u);
    }
  });
});

describe('the object around the spec', () => {
  test.each<[string, unknown, string]>([
    ['apiVersion', 'mattermost-ingress.io/v1', 'enum'],
    ['kind', 'mattermostingresspolicy', 'enum'],
    ['metadata.name', { name: '' }, 'required'],
    ['metadata.namespace', { name: 'chat', namespace: 42 }, 'required'],
    ['spec', undefined, 'required'],
    ['spec', null, 'null'],
    ['spec', [], 'type'],
    ['Spec', {}, 'unknown-field'],
  ])('%s: %j', (field, value, rule) => {
    const name = field.split('.')[0] ?? '';
    const { issues } = checkPolicy({ ...spread(policyWith({})), [name]: value });
    expect(issues.map((issue) => [issue.field, issue.rule])).toEqual([[field, rule]]);
  });

  test.each([null, undefined, 42, 'policy', [], true])('%j is no policy', (value) => {
    expect(checkPolicy(value).issues).toMatchObject([{ field: '', rule: 'type' }]);
  });
});

test('all issues are reported at once, each at its field', () => {
  const { issues } = checkPolicy(
    policyWith({
      'route.hosts': ['Chat.example.com'],
      'route.service': { name: 'mattermost' },
      'admission.defaultAction': undefined,
      'admission.rules': [
        {
          name: 'one',
          sourceCIDRs: ['192.0.2.1/24', '10.0.0.0/8'],
          action: 'Deny',
          cookies: [{ name: 'a' }],
        },
        { name: 'one', request: 'HTTP', action: 'Allow' },
        { name: 'three', sourceCIDR: ['10.0.0.0/8'], action: 'allow' },
      ],
      'websocket.idleTimeout': '60s',
      retries: {},
    }),
  );
  expect(issues.map(({ field, rule }) => `${field} ${rule}`).toSorted()).toEqual([
    'spec.admission.defaultAction required',
    'spec.admission.rules rule-names-unique',
    'spec.admission.rules[0] refusal-conditions',
    'spec.admission.rules[0].sourceCIDRs[0] cidr-canonical',
    'spec.admission.rules[1] allow-needs-proof',
    'spec.admission.rules[2].action enum',
    'spec.admission.rules[2].sourceCIDR unknown-field',
    'spec.retries unknown-field',
    'spec.route.hosts[0] pattern',
    'spec.route.service service-port',
    'spec.websocket.idleTimeout idle-timeout-minimum',
  ]);
});

test.each<[string, Readonly<Record<string, unknown>>, string]>([
  ['a misspelt field', { admision: {} }, 'Did you mean admission?'],
  ['a misspelt value', { 'admission.defaultAction': 'deny' }, 'Did you mean Deny?'],
  ['a version that YAML reads as a number', { 'client.tls.minVersion': 1.2 }, 'Put it in quotes: "1.2"'],
  [
    'an unknown field',
    { websocket: { drain: '1m' } },
    'Remove it; known here: idleTimeout, maxDuration, onPolicyChange, reconnects, maxPerSource',
  ],
  ['a required field', { admission: undefined }, 'Add it: an object'],
])('the remedy for %s helps', (_, edits, remedy) => {
  expect(checkPolicy(policyWith(edits)).issues.map((issue) => issue.remedy)).toEqual([remedy]);
});

test('a value that may be a secret is never repeated', () => {
  const secret = 'hunter2\u0000hunter2';
  const { issues } = checkPolicy(
    policyWith({ 'admission.rules.0.headers': [{ name: 'X-App', values: [secret], type: secret }] }),
  );
  expect(issues).toHaveLength(2);
  expect(JSON.stringify(issues)).not.toContain('hunter2');
});

describe('any input', () => {
  test('is judged without an exception', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => checkPolicy(value).issues.length > 0));
  });

  test('put anywhere into a good policy gives issues, or a policy that its type describes', () => {
    const paths = full.flatMap(({ object }, index) => placesIn(object).map((path) => ({ index, path })));
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.jsonValue(), ({ index, path }, value) => {
        const { policy, issues } = checkPolicy(replaced(full[index]?.object, path, value));
        if (policy === undefined) expect(issues.length).toBeGreaterThan(0);
        else expect(Check(specSchema, policy.spec)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  test('with names that JavaScript objects inherit is nothing special', () => {
    const spec = '{"__proto__": {"defaultAction": "Allow"}, "constructor": 1, "toString": null}';
    const { issues } = checkPolicy({ ...spread(policyWith({})), spec: JSON.parse(spec) });
    expect(issues.map(({ field }) => field).toSorted()).toEqual([
      'spec.admission',
      'spec.constructor',
      'spec.toString',
      'spec["__proto__"]',
    ]);
  });

  test('of great length is not searched to its end', () => {
    const { issues } = checkPolicy(policyWith({ 'route.hosts': Array.from({ length: 50_000 }, () => 42) }));
    expect(issues.length).toBeLessThan(50);
  });
});

function spread(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

/** Paths of all fields below a node, `[]` for items of lists. */
function fieldsOf(node: SchemaNode, field: string): readonly string[] {
  const below = Object.entries(node.properties ?? {}).flatMap(([name, member]) =>
    fieldsOf(member, `${field}.${name}`),
  );
  return [field, ...below, ...(node.items === undefined ? [] : fieldsOf(node.items, `${field}[]`))];
}

function pathsIn(value: unknown, field = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [field];
  if (Array.isArray(value)) return [field, ...value.flatMap((item) => pathsIn(item, `${field}[]`))];
  const below = Object.entries(value).flatMap(([name, member]) =>
    pathsIn(member, field === '' ? name : `${field}.${name}`),
  );
  return [field, ...below];
}

function placesIn(value: unknown): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [[]];
  return [
    [],
    ...Object.entries(value).flatMap(([name, member]) => placesIn(member).map((path) => [name, ...path])),
  ];
}

function replaced(value: unknown, path: readonly string[], replacement: unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined || typeof value !== 'object' || value === null) return replacement;
  const entries = Object.entries(value).map(([key, member]) => [
    key,
    key === name ? replaced(member, rest, replacement) : member,
  ]);
  return Array.isArray(value) ? entries.map(([, member]) => member) : Object.fromEntries(entries);
}
