// Each rule of the policy has a case that keeps it and one that breaks it; the twins judge them, a real server later.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RULE_CASES } from '../../test/support/policy-cases.ts';
import { policyWith } from '../../test/support/policy-edits.ts';
import { RULES } from './policy-rules.ts';
import { checkPolicy } from './validate.ts';
import { asNode, type SchemaNode } from './schema-node.ts';
import { specSchema } from './policy.ts';

const ids = Object.keys(RULES).toSorted();

test('every rule has a case, and every case a rule', () => {
  expect([...new Set(RULE_CASES.map(({ rule }) => rule))].toSorted()).toEqual(ids);
});

test('every rule stands somewhere in the schema', () => {
  const used = new Set(nodesOf(asNode(specSchema)).flatMap((node) => (node.rules ?? []).map(({ id }) => id)));
  expect([...used].toSorted()).toEqual(ids);
});

test.each(RULE_CASES)('$rule is kept: $good', ({ good }) => {
  expect(checkPolicy(policyWith(good)).issues).toEqual([]);
});

test.each(RULE_CASES)('$rule is broken: $bad', ({ rule, field, bad }) => {
  const { policy, issues } = checkPolicy(policyWith(bad));
  expect(policy).toBeUndefined();
  expect(issues.map((issue) => [issue.field, issue.rule])).toEqual([
    [field === '' ? 'spec' : `spec.${field}`, rule],
  ]);
});

test('no twin ever throws, and the CEL text can stand in one line of YAML', () => {
  for (const [id, { holds, cel }] of Object.entries(RULES)) {
    expect(cel, id).not.toMatch(/[\n"\\]/u);
    fc.assert(fc.property(fc.jsonValue(), (value) => typeof holds(value) === 'boolean'));
  }
});

test('every rule speaks in a sentence without full stop, and has a remedy', () => {
  for (const [id, { message, remedy }] of Object.entries(RULES)) {
    expect(message, id).toMatch(/^[A-Z].*[^.]$/su);
    expect(remedy, id).toMatch(/^[A-Z].*[^.]$/su);
  }
});

function nodesOf(node: SchemaNode): readonly SchemaNode[] {
  const below = [...Object.values(node.properties ?? {}), ...(node.items === undefined ? [] : [node.items])];
  return [node, ...below.flatMap(nodesOf)];
}
