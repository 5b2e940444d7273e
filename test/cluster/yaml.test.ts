// YAML as people write it: what a scalar means to kubectl and the API server, it means to us.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readDocument, splitDocuments } from '../../src/manifests/yaml-document.ts';
import type { Cluster } from './harness/cluster.ts';
import { sharedCluster } from './harness/shared.ts';

const WORDS = `on off yes no y n Y True FALSE tRUE null ~ Null 0 -0 010 08 0o17 0x1F 0b11 +12 1_000 1:30
  190:20:30 12345678901 1.0 .5 1e3 1E3 12e03 -1.5e-3 1. 1.2.3 6.02e23 1e e1 2026-01-01 2026-01-01T00:00:00Z
  10.0.0.0/8 ::1 ::/0 1h30m 110Mi 'on' "010" "\\u00e9" 'it''s' "1:30" a:b é = <<`.split(/\s+/u);
/** Each as it stands behind a colon. */
const SCALARS = [
  ...WORDS,
  '',
  '!!str 010',
  '!!str on',
  'a b',
  '[on, 010, "no"]',
  '{on: yes, 1: 2}',
  '|\n    on\n    off',
  '>-\n    a\n    b',
];
const BROKEN = ['- a', 'a: b', '"open', '[open', '@at', '`tick', '*nobody', '"\\q"'];

let cluster: Cluster;

beforeAll(() => {
  cluster = sharedCluster();
});

afterAll(() => cluster.close());

function documentOf(scalars: readonly string[]): string {
  const lines = scalars.map((scalar, at) => `  k${at}: ${scalar}\n`);
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: scalars\ndata:\n${lines.join('')}`;
}

/** Values by key as kubectl sends them, or why it sends nothing. */
async function kubectlReads(text: string): Promise<unknown> {
  const file = join(cluster.folder, 'scalars.yaml');
  writeFileSync(file, text);
  const options = ['create', '--dry-run=client', '--validate=false', '-o', 'json', '-f', file];
  const { status, stdout } = await cluster.kubectl(...options);
  return status === 0 ? (JSON.parse(stdout) as { readonly data: unknown }).data : 'refused';
}

function weRead(text: string): unknown {
  const [document] = splitDocuments(text);
  if (document === undefined) return 'nothing';
  const reading = readDocument(document);
  return reading.kind === 'broken' ? 'refused' : Reflect.get(reading.value as object, 'data');
}

test('values mean the same', async () => {
  const text = documentOf(SCALARS);
  expect(weRead(text)).toEqual(await kubectlReads(text));
});

test.each(BROKEN)('what kubectl refuses is refused: %s', async (scalar) => {
  const text = documentOf([scalar]);
  expect([weRead(text), await kubectlReads(text)]).toEqual(['refused', 'refused']);
});
