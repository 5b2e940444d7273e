// What holds for any world of policies, Ingresses and classes: a mistake in one object opens nothing, and translating
// from memory gives what translating from nothing gives.
import fc from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { type ApiObject, type Ingress, keyOf, type RawPolicy } from '../../src/api/objects.ts';
import { objectSet, SETTINGS } from '../../src/translate/test-objects.ts';
import {
  EMPTY_MEMORY,
  translate,
  type TranslateMemory,
  type Translation,
} from '../../src/translate/translate.ts';
import { servingOf } from '../support/serving-of.ts';
import { isForwarded, PROBES } from './probes.ts';
import { anyIngress, anyPolicy, anyWorld, CLASSES, SURROUNDINGS, unique } from './worlds.ts';

const RUNS = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 1500) / 3);
const SEED = process.env['FUZZ_SEED'];
const TIMEOUT_MS = Math.max(60_000, RUNS * 240);
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const NGINX = 'nginx.ingress.kubernetes.io';

function run(objects: readonly ApiObject[], memory: TranslateMemory = EMPTY_MEMORY): Translation {
  return translate(objectSet(...objects), { ...SETTINGS, defaultBackendNamespace: 'chat' }, memory);
}

/** Mistakes that leave what the object means to be read from the rest of it, or from what it was before. */
const rubbish = fc.constantFrom<unknown>(7, null, 'rubbish', [], {}, [7], [{}], { hosts: 7 });
const brokenPolicies: fc.Arbitrary<(policy: RawPolicy) => RawPolicy> = fc
  .record({
    what: fc.constantFrom('admission', 'surplus', 'route', 'targetRefs', 'ingressClassName'),
    value: rubbish,
  })
  .map(({ what, value }) => (before) => {
    // The surplus alone makes it invalid, whatever else the rubbish would have done.
    // A class that can be read is another meaning, not a mistake.
    const written = what === 'ingressClassName' ? 7 : value;
    const spec = { ...Object(before['spec']), [what]: written, surplus: true };
    return { ...before, spec };
  });
const brokenIngresses = fc
  .constantFrom<Readonly<Record<string, string>>>(
    { [`${NGINX}/auth-type`]: 'basic' },
    { [`${NGINX}/whitelist-source-range`]: 'the office' },
    { [`${NGINX}/denylist-source-range`]: '' },
    { [`${NGINX}/server-snippet`]: 'deny all;' },
    { 'mattermost-ingress.io/require-policy': 'perhaps' },
  )
  .map(
    (more) =>
      (before: Ingress): Ingress => ({ ...before, annotations: { ...before.annotations, ...more } }),
  );

const mistakes = fc.record({ at: fc.nat(), policy: brokenPolicies, ingress: brokenIngresses });

const oddTexts = fc.oneof(
  fc.constantFrom('', '*', '/', '//', '*.', 'x/y', '__proto__', '0.0.0.0/0'),
  fc.string(),
);
const oddPolicies = fc
  .tuple(anyPolicy, fc.jsonValue())
  .map(([object, spec]): RawPolicy => ({ ...object, spec }));
const oddIngresses = fc
  .record({
    object: anyIngress,
    host: oddTexts,
    path: oddTexts,
    name: oddTexts,
    value: oddTexts,
    certificate: oddTexts,
  })
  .map(({ object, host, path, name, value, certificate }): Ingress => {
    const backend = { serviceName: name };
    return {
      ...object,
      annotations: { [`${NGINX}/${name}`]: value, [name]: value },
      tls: [{ hosts: [host], secretName: certificate }],
      rules: [...object.rules, { host, paths: [{ path, pathType: 'ImplementationSpecific', backend }] }],
    };
  });

test('whatever the objects say, it returns, and no host and path is served twice', {
  timeout: TIMEOUT_MS,
}, () => {
  fc.assert(
    fc.property(anyWorld, fc.array(fc.oneof(oddPolicies, oddIngresses), { maxLength: 6 }), (world, odd) => {
      const first = run(world);
      const { configuration } = run(unique([...world, ...odd]), first.memory);
      const places = [...configuration.sites.values()].flatMap(({ hosts, path, pathType }) =>
        hosts.map((host) => `${host} ${pathType} ${path}`),
      );
      expect(new Set(places).size).toBe(places.length);
      expect(servingOf(configuration).hosts.exact.size).toBeLessThanOrEqual(places.length);
    }),
    PARAMETERS,
  );
});

test('a mistake in one object opens nothing that was not open', { timeout: TIMEOUT_MS }, () => {
  let closed = 0;
  fc.assert(
    fc.property(anyWorld, mistakes, (world, mistake) => {
      const victims = world.filter(({ kind }) => kind === 'Ingress' || kind === 'MattermostIngressPolicy');
      const victim = victims[mistake.at % Math.max(1, victims.length)];
      if (victim === undefined) return;
      const broken =
        victim.kind === 'Ingress'
          ? mistake.ingress(victim)
          : victim.kind === 'MattermostIngressPolicy'
            ? mistake.policy(victim)
            : victim;
      const first = run(world);
      const [before, after] = [
        servingOf(first.configuration),
        servingOf(run(unique([...world, broken]), first.memory).configuration),
      ];
      const opened = PROBES.filter((probe) => isForwarded(after, probe) && !isForwarded(before, probe));
      expect(opened).toEqual([]);
      if (PROBES.some((probe) => isForwarded(before, probe) && !isForwarded(after, probe))) closed++;
    }),
    PARAMETERS,
  );
  // Mistakes that closed nothing would prove nothing.
  expect(closed).toBeGreaterThan(RUNS / 20);
});

test('what is missing opens nothing either', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(anyWorld, fc.constantFrom(...SURROUNDINGS), (world, lost) => {
      const first = run(world);
      const rest = world.filter((each) => each !== lost);
      const [before, after] = [
        servingOf(first.configuration),
        servingOf(run(rest, first.memory).configuration),
      ];
      expect(PROBES.filter((probe) => isForwarded(after, probe) && !isForwarded(before, probe))).toEqual([]);
    }),
    PARAMETERS,
  );
});

/** All that a translation says, but for times and for what only its memory can know. */
function told({ configuration, findings, policies, ingresses, wants }: Translation): unknown {
  const text = JSON.stringify([...policies], (name, value: unknown) =>
    name === 'lastTransitionTime' ? undefined : value,
  );
  const own = findings.filter(({ reason }) => reason !== 'HostOwnerChanged');
  return { configuration, findings: own, policies: JSON.parse(text) as unknown, ingresses, wants };
}

type Edit = (world: readonly ApiObject[]) => readonly ApiObject[];

const put =
  (object: ApiObject): Edit =>
  (world) =>
    unique([...world.filter((each) => !isSameKey(each, object)), object]);
const remove =
  (at: number): Edit =>
  (world) =>
    world.filter((_, index) => index !== at % world.length);
const edits: fc.Arbitrary<Edit> = fc.oneof(
  anyPolicy.map(put),
  anyIngress.map(put),
  fc.constantFrom(...SURROUNDINGS, ...CLASSES).map(put),
  fc.nat().map(remove),
  fc.constant<Edit>((world) => world.toReversed()),
);

function isSameKey(a: ApiObject, b: ApiObject): boolean {
  return a.kind === b.kind && keyOf(a.metadata) === keyOf(b.metadata);
}

test('from memory comes what comes from nothing, and in any order', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(anyWorld, fc.array(edits, { minLength: 1, maxLength: 6 }), (start, changes) => {
      let world = start;
      let { memory } = run(world);
      for (const change of changes) {
        world = change(world);
        const incremental = run(world, memory);
        expect(told(incremental)).toEqual(told(run(world)));
        expect(JSON.stringify([...incremental.configuration.sites])).toBe(
          JSON.stringify([...run(world.toReversed()).configuration.sites]),
        );
        memory = incremental.memory;
      }
    }),
    PARAMETERS,
  );
});

test('sites and backends that nothing has happened to are the same values', { timeout: TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(anyWorld, anyIngress, (world, added) => {
      const stranger: Ingress = {
        ...added,
        metadata: { ...added.metadata, namespace: 'zoo', name: 'stranger' },
        rules: [{ host: 'zoo.test', paths: [] }],
      };
      const first = run(world);
      const second = run([...world, stranger], first.memory).configuration;
      for (const kind of ['sites', 'backends', 'certificates'] as const) {
        for (const [key, entry] of first.configuration[kind]) {
          const after = second[kind].get(key);
          expect(isDeepStrictEqual(after, entry), key).toBe(true);
          if (!hasProblem(first, key)) expect(after, key).toBe(entry);
        }
      }
    }),
    PARAMETERS,
  );
});

/** A place that was refused something, or has its admission from another, is looked at again with its neighbours. */
function hasProblem({ memory, configuration }: Translation, key: string): boolean {
  const results = [...memory.results.values()].filter(
    ({ made }) => made.sites.some((site) => site.key === key) || made.compiled?.backend.key === key,
  );
  const isBackend = configuration.backends.has(key);
  return results.some(
    ({ hostFindings, place }) =>
      isBackend ||
      hostFindings.length > 0 ||
      (place.content.kind === 'open' && place.content.spec.inheritsAdmission),
  );
}
