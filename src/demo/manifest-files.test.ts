// The templates and what the demo makes of them.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { editManifest, fillTemplate, type ManifestValues, writeManifests } from './manifest-files.ts';
import { findFreePort, findMissing, TEMPLATES } from './stage.ts';

const values: ManifestValues = {
  ports: new Map([
    ['node-1', 1001],
    ['node-2', 1002],
    ['node-3', 1003],
  ]),
  preauthSecret: 'a+b/c=',
  certificate: { authority: 'A', chain: 'line 1\nline 2\n', privateKey: 'K' },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mattermost-ingress-manifests-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.each([
  ['ports: [{name: app, port: 8065}] # node-2', 'ports: [{name: app, port: 1002}] # node-2'],
  ['  port: 8065 # node-1', '  port: 1001 # node-1'],
  ['port: 8065 # node-9', 'port: 8065 # node-9'],
  ['service: {name: mattermost, port: 8065}', 'service: {name: mattermost, port: 8065}'],
  ['current: replace-with-a-random-secret', 'current: a+b/c='],
])('%s becomes %s', (template, expected) => {
  expect(fillTemplate(template, values)).toBe(expected);
});

test('the folder holds all templates and the certificate, readable as YAML', async () => {
  await writeManifests(TEMPLATES, folder, values);
  const names = await readdir(folder);
  expect(names.toSorted()).toEqual([...(await readdir(TEMPLATES)), 'tls.yaml'].toSorted());
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  const objects = texts.flatMap((text) =>
    parseAllDocuments(text).map((document): unknown => document.toJS()),
  );
  const kinds = [
    'EndpointSlice',
    'EndpointSlice',
    'EndpointSlice',
    'MattermostIngressPolicy',
    'MattermostIngressPolicy',
    'Secret',
    'Secret',
    'Service',
  ];
  expect(objects.map((object) => (object as { readonly kind: string }).kind).toSorted()).toEqual(kinds);
  expect(objects).toContainEqual(
    expect.objectContaining({ stringData: { 'tls.crt': 'line 1\nline 2\n', 'tls.key': 'K' } }),
  );
  expect(texts.join('')).not.toContain('replace-with-a-random-secret');
  for (const port of values.ports.values()) expect(texts.join('')).toContain(`port: ${port}`);
});

test('an edit saves the change and returns what was there; one that finds nothing to change fails', async () => {
  const file = join(folder, 'edited');
  await writeFile(file, 'one two');
  expect(await editManifest(file, (text) => text.replace('two', 'three'))).toBe('one two');
  expect(await readFile(file, 'utf8')).toBe('one three');
  await expect(editManifest(file, (text) => text.replace('two', 'three'))).rejects.toThrow(
    `Nothing to change was found in ${file}`,
  );
});

test('a free port is one, and an address of another network is missing here', async () => {
  expect(await findFreePort()).toBeGreaterThan(0);
  expect(await findMissing(['127.0.0.1', '192.0.2.1'])).toEqual(['192.0.2.1']);
});
