// Hosts that are kept: closed only where somebody else would answer, and the same values as long as nothing changes.
import { expect, test } from 'vitest';
import type { ObjectReference } from '../model/finding.ts';
import { keptHosts } from './kept-hosts.ts';

const PINS = [{ host: 'chat.example.com', namespace: 'chat' }];

function owned(...hosts: readonly (readonly [host: string, namespace: string])[]) {
  const reference = (namespace: string): ObjectReference => ({ kind: 'Ingress', namespace, name: 'x' });
  return new Map(hosts.map(([host, namespace]) => [host, reference(namespace)]));
}

test.each<[string, ReturnType<typeof owned>, readonly string[]]>([
  ['nobody answers', owned(), []],
  ['its namespace has it', owned(['chat.example.com', 'chat'], ['*.example.com', 'other']), []],
  ['a wildcard of its namespace answers', owned(['*.example.com', 'chat']), []],
  ['a wildcard of another answers', owned(['*.example.com', 'other']), ['chat.example.com']],
  ['a wildcard of other names is there', owned(['*.com', 'other'], ['*.example.org', 'other']), []],
])('where %s', (_, owners, expected) => {
  const sites = keptHosts(owners, PINS, []);
  expect(sites.flatMap(({ hosts }) => hosts)).toEqual(expected);
  expect(sites.map(({ service }) => service.kind)).toEqual(expected.map(() => 'closed'));
  keptHosts(owners, PINS, sites).forEach((site, at) => expect(site).toBe(sites[at]));
});
