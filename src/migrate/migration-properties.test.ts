// What holds for Ingresses with any annotations: the policy is valid, says the same to the translator as the annotations
// did, with them and without them, and no annotation is passed over in silence or told of twice.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ingress, RawPolicy } from '../api/objects.ts';
import { checkPolicy } from '../api/validate.ts';
import type { Site } from '../model/configuration.ts';
import { foreignAnnotations } from '../translate/annotations/foreign.ts';
import { nginxAnnotations } from '../translate/annotations/table.ts';
import type { JsonMap, JsonValue } from '../translate/objects/json-value.ts';
import { objectSet, service, SETTINGS, slice } from '../translate/test-objects.ts';
import { EMPTY_MEMORY, translate } from '../translate/translate.ts';
import { errorsOf } from '../../test/support/checked.ts';
import { readInput } from './input.ts';
import { migrate } from './migration.ts';
import { printSections } from './printed.ts';
import type { Section } from './section.ts';

const PREFIX = 'nginx.ingress.kubernetes.io/';
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);
const SEED = process.env['FUZZ_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

const words = [
  'cookie',
  'HTTPS',
  'on',
  'off',
  'true',
  'false',
  '60',
  '600',
  '1000m',
  '0',
  '5',
  'a/b',
  'mattermost/ca',
  '/x',
  'None',
  '192.0.2.0/24',
  '10.0.0.1/8,::1',
  '10.0.0.0/33',
  '$remote_addr',
  'round_robin',
  'TLSv1.3',
  'route',
  'deny all;',
  'gzip on;',
  'auth-url',
  'server.example.com',
];
const nginxNames = nginxAnnotations.map(({ name }) => `${PREFIX}${name}`);
const keptNames = nginxAnnotations
  .filter(({ fate }) => fate === 'kept')
  .map(({ name }) => `${PREFIX}${name}`);
const values = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...words) },
  fc.string(),
  fc.nat(2000).map(String),
);

/** Annotations of ingress-nginx, most of them such as are read. */
const ofNginx = fc.dictionary(
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...keptNames) }, fc.constantFrom(...nginxNames)),
  values,
  { maxKeys: 12 },
);
/** Also those of others, and keys that nobody would write. */
const ofAnybody = fc.dictionary(
  fc.oneof(
    fc.constantFrom(...nginxNames, ...foreignAnnotations.map(({ key }) => key)),
    fc.constantFrom(
      `${PREFIX}unknown`,
      `${PREFIX}auth-unknown`,
      'nginx.org/policies',
      'cert-manager.io/issuer',
      'kubernetes.io/ingress.class',
      'mattermost-ingress.io/ignore-annotations',
      '__proto__',
      'a\nb: c',
    ),
    fc.string(),
  ),
  values,
  { maxKeys: 12 },
);

function rawIngress(annotations: Readonly<Record<string, string>>, name = 'chat'): JsonMap {
  const backend = { service: { name: 'mattermost', port: { number: 8065 } } };
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'mattermost', annotations },
    spec: {
      ingressClassName: 'mattermost',
      tls: [{ hosts: ['chat.example.com'], secretName: 'chat-tls' }],
      rules: [{ host: 'chat.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }],
    },
  };
}

function migrateAll(...documents: readonly JsonValue[]): {
  readonly ingress: Ingress;
  readonly section: Section;
} {
  const input = readInput(documents);
  const section = migrate(input).at(-1);
  const ingress = input.ingresses[0]?.ingress;
  if (ingress === undefined || section === undefined) throw new Error('The Ingress of the test is lost');
  return { ingress, section };
}

function siteOf(ingress: Ingress, policy?: RawPolicy): Site | undefined {
  const own = policy === undefined ? [] : [policy];
  const objects = objectSet(
    ingress,
    service('mattermost/mattermost'),
    slice('mattermost/mattermost-1', [{ addresses: ['10.0.0.1'], conditions: { ready: true } }]),
    ...own,
  );
  return [...translate(objects, SETTINGS, EMPTY_MEMORY).configuration.sites.values()][0];
}

/** Without what nobody said: an open site by a policy says that it is open. */
function withoutOpenness(site: Site | undefined): unknown {
  if (site?.service.kind !== 'open') return site;
  const { admission, ...rest } = site.service;
  const isOpen =
    admission === undefined || (admission.rules.length === 0 && admission.defaultAction === 'Allow');
  return { ...site, service: isOpen ? rest : site.service };
}

describe('a policy that stands for annotations', () => {
  test('says the same beside them and in their place, or is closed', () => {
    fc.assert(
      fc.property(ofNginx, (written) => {
        const { canary: _, ...annotations } = written;
        const { ingress, section } = migrateAll(rawIngress(annotations));
        if (section.policy === undefined) return;
        const policy = section.policy as unknown as RawPolicy;
        const stays = new Set(
          section.notes.filter(({ kind }) => kind === 'stays').map(({ subject }) => subject),
        );
        const bare = {
          ...ingress,
          annotations: Object.fromEntries(
            Object.entries(annotations).filter(([key]) => stays.has(key.replace(PREFIX, ''))),
          ),
        };
        const [before, beside, instead] = [siteOf(ingress), siteOf(ingress, policy), siteOf(bare, policy)];
        expect(beside).toBeDefined();
        if (before?.service.kind === 'closed') {
          expect(beside?.service.kind).toBe('closed');
          expect(instead?.service).toMatchObject({ admission: { rules: [], defaultAction: 'Deny' } });
          return;
        }
        expect(withoutOpenness(beside)).toEqual(withoutOpenness(before));
        expect(withoutOpenness(instead)).toEqual(withoutOpenness(before));
      }),
      PARAMETERS,
    );
  });

  test('passes check together with its Ingress, whatever is written', () => {
    fc.assert(
      fc.property(ofAnybody, (annotations) => {
        const raw = rawIngress(annotations);
        const { section } = migrateAll(raw);
        const text = printSections(['Head'], [section]);
        if (section.policy !== undefined) expect(checkPolicy(section.policy).issues).toEqual([]);
        // What closes an Ingress stands in the Ingress, and is an error of its own until it is removed.
        const isClosed = section.policy === undefined || section.isClosed === true;
        const found = errorsOf(text, JSON.stringify(raw)).filter(
          (each) => !(isClosed && each.includes('UnsupportedRestriction')),
        );
        expect(found).toEqual([]);
      }),
      PARAMETERS,
    );
  });

  test('comes with exactly one note about every annotation', () => {
    fc.assert(
      fc.property(ofAnybody, (annotations) => {
        const { section } = migrateAll(rawIngress(annotations));
        const subjects = section.notes.map(({ subject }) => subject);
        const wanted = Object.keys(annotations).map((key) =>
          key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key,
        );
        expect(subjects.toSorted()).toEqual(wanted.toSorted());
      }),
      PARAMETERS,
    );
  });
});

test('any JSON is read without an error', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.jsonValue(), (documents, spec) => {
      const odd = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name: 'odd' }, spec };
      const input = readInput([...documents, odd] as readonly JsonValue[]);
      expect(printSections([], migrate(input))).toBeTypeOf('string');
      expect(input.ingresses.length + input.broken.length).toBe(1);
    }),
    PARAMETERS,
  );
});
