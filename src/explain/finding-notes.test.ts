// Which mistakes of objects are told beside an explanation, and in which order.
import { expect, test } from 'vitest';
import { HOST } from '../decide/test-objects.ts';
import type { Finding } from '../model/finding.ts';
import { explain } from './explain.ts';
import { withFindings } from './finding-notes.ts';
import { described, knowledge, siteOf } from './test-knowledge.ts';

function mistake(namespace: string, name: string, severity: Finding['severity'] = 'error'): Finding {
  return {
    severity,
    object: { kind: 'Ingress', namespace, name },
    field: 'spec.tls',
    reason: 'SecretNotFound',
    message: 'Secret is missing',
    remedy: 'Create it',
  };
}

const notesOf = (...findings: readonly Finding[]) =>
  withFindings(explain(described('GET /'), knowledge(siteOf())), findings).notes;
const note = (place: string) => `Mistake of Ingress ${place} spec.tls [SecretNotFound]: Secret is missing`;

test('mistakes of the site and its neighbours come first, and the rest is counted', () => {
  const findings = [mistake('a', 'a'), mistake('b', 'b'), mistake('chat', 'near'), mistake('chat', HOST)];
  expect(notesOf(...findings)).toEqual([
    note(`chat/${HOST}`),
    note('chat/near'),
    note('a/a'),
    '1 more mistake: check and the dashboard name all of them',
  ]);
});

test('warnings are none', () => {
  expect(notesOf(mistake('chat', HOST, 'warning'))).toEqual([]);
});
