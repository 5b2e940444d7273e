// Runs each case of this folder: objects in, configuration, conditions and findings out.
// UPDATE_GOLDEN=1 rewrites what is expected; read the difference before it is committed.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { describe, expect, test } from 'vitest';
import { type ApiObject, keyOf, type ObjectMeta, type ObjectSet } from '../../src/api/objects.ts';
import { specSchema } from '../../src/api/policy.ts';
import { asNode, type SchemaNode } from '../../src/api/schema-node.ts';
import { readObjects } from '../../src/manifests/parse.ts';
import type { Finding } from '../../src/model/finding.ts';
import { compileRanges, NO_ADDRESSES } from '../../src/translate/address-ranges.ts';
import { EMPTY_MEMORY, translate, type TranslateSettings } from '../../src/translate/translate.ts';
import {
  type GoldenCase,
  type GoldenOptions,
  readCase,
  writeExpected,
  type YamlObject,
} from './case-file.ts';
import { type Fixtures, makeFixtures } from './fixtures.ts';

const FOLDER = import.meta.dirname;
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
const IS_UPDATE = process.env['UPDATE_GOLDEN'] === '1';
const fixtures = await makeFixtures();

describe('golden', () => {
  test.each(FILES)('%s', (name) => {
    const path = join(FOLDER, name);
    const golden = readCase(path);
    const actual = run(golden, fixtures);
    if (IS_UPDATE) writeExpected(path, actual);
    expect(actual).toEqual(readCase(path).expected);
    for (const value of secretTexts(golden)) expect(JSON.stringify(actual)).not.toContain(value);
  });

  test('cases are named by a stem and a sentence', () => {
    const odd = FILES.filter((name) => !/^[a-z]+(-[a-z0-9]+){2,}\.yaml$/u.test(name));
    expect(odd).toEqual([]);
  });

  test('every field of the policy stands in at least one case', () => {
    const used = new Set<string>();
    for (const name of FILES) {
      const { before = [], objects } = readCase(join(FOLDER, name));
      for (const object of [...before, ...objects]) collectFields(object['spec'], 'spec', used);
    }
    const missing = [...schemaFields(asNode(specSchema), 'spec')].filter((field) => !used.has(field));
    expect(missing).toEqual([]);
  });
});

function run(golden: GoldenCase, { fill, redact }: Fixtures): unknown {
  const settings = settingsOf(golden.options);
  const earlier = golden.before && translate(readSet(golden.before, fill).set, settings, EMPTY_MEMORY);
  const { set, findings } = readSet(golden.objects, fill);
  const result = translate(set, settings, earlier?.memory ?? EMPTY_MEMORY);
  return plain(
    {
      configuration: result.configuration,
      policies: result.policies,
      ...(result.ingresses.length === 0 ? {} : { ingresses: result.ingresses }),
      findings: [...findings, ...result.findings],
    },
    redact,
  );
}

/** Values of Secrets that a case writes out; keys of certificates are places in it, and told apart by `<`. */
function secretTexts({ objects }: GoldenCase): readonly string[] {
  const values = objects.flatMap(({ stringData }) => Object.values(Object(stringData)).map(String));
  return values.map((value) => value.trim()).filter((value) => value.length >= 8 && !value.startsWith('<'));
}

function settingsOf(options: GoldenOptions): TranslateSettings {
  const { now, denyEndpointCIDRs, stickyKeys, ...same } = options;
  return {
    ...same,
    deniedEndpoints: compileRanges(denyEndpointCIDRs) ?? NO_ADDRESSES,
    stickyKeys: stickyKeys.map((key) => Buffer.from(key)),
    secretDigestKey: Buffer.from('golden-digest-key'),
    nowMs: Date.parse(now),
  };
}

/** The objects as the manifests folder reads them, plus what only the API server would add. */
function readSet(
  objects: readonly YamlObject[],
  fill: (text: string) => string,
): { readonly set: ObjectSet; readonly findings: readonly Finding[] } {
  const set = {
    policies: new Map(),
    ingresses: new Map(),
    ingressClasses: new Map(),
    services: new Map(),
    endpointSlices: new Map(),
    secrets: new Map(),
    configMaps: new Map(),
  };
  const findings: Finding[] = [];
  for (const object of objects) {
    const reading = readObjects(stringify(plain(object, fill), { version: '1.1' }), 'case.yaml');
    findings.push(...reading.findings);
    for (const { produced } of reading.objects)
      for (const each of produced) add(set, each, serverMetadata(object));
  }
  return { set, findings };
}

type MutableSet = { readonly [Kind in keyof ObjectSet]: Map<string, ApiObject> };

function add(set: MutableSet, object: ApiObject, added: Partial<ObjectMeta>): void {
  const maps = {
    MattermostIngressPolicy: set.policies,
    Ingress: set.ingresses,
    IngressClass: set.ingressClasses,
    Service: set.services,
    EndpointSlice: set.endpointSlices,
    Secret: set.secrets,
    ConfigMap: set.configMaps,
  };
  maps[object.kind].set(keyOf(object.metadata), { ...object, metadata: { ...object.metadata, ...added } });
}

function serverMetadata({ metadata }: YamlObject): Partial<ObjectMeta> {
  const { generation, creationTimestamp } = metadata as ObjectMeta;
  return {
    ...(generation === undefined ? {} : { generation }),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
  };
}

/** Maps as objects, without undefined, each text passed through `replace`. */
function plain(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value);
  if (Array.isArray(value)) return value.map((item) => plain(item, replace));
  if (typeof value !== 'object' || value === null) return value;
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(
    entries.filter(([, item]) => item !== undefined).map(([key, item]) => [key, plain(item, replace)]),
  );
}

function collectFields(value: unknown, field: string, into: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collectFields(item, field, into);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [name, member] of Object.entries(value)) {
    into.add(`${field}.${name}`);
    collectFields(member, `${field}.${name}`, into);
  }
}

function* schemaFields(node: SchemaNode, field: string): Generator<string> {
  if (node.items !== undefined) yield* schemaFields(node.items, field);
  for (const [name, member] of Object.entries(node.properties ?? {})) {
    yield `${field}.${name}`;
    yield* schemaFields(member, `${field}.${name}`);
  }
}
