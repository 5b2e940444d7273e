// Whoever may create Ingresses in a namespace comes around none of its policies, whatever the world looks like.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ApiObject, Ingress } from '../../src/api/objects.ts';
import type { Serving } from '../../src/decide/compiled.ts';
import { findHost, findSite } from '../../src/decide/match.ts';
import { objectSet, SETTINGS } from '../../src/translate/test-objects.ts';
import { EMPTY_MEMORY, translate, type Translation } from '../../src/translate/translate.ts';
import { servingOf } from '../support/serving-of.ts';
import { isForwarded, judge, type Probe, PROBES } from './probes.ts';
import { anyIngress, anyWorld } from './worlds.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 1500);
const SEED = process.env['FUZZ_SEED'];
const TIMEOUT_MS = Math.max(60_000, RUNS * 80);
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

function run(objects: readonly ApiObject[], memory = EMPTY_MEMORY): Translation {
  return translate(objectSet(...objects), { ...SETTINGS, defaultBackendNamespace: 'chat' }, memory);
}

function isServedBy({ hosts }: Serving, host: string, path: string, name: string): boolean {
  const served = findHost(hosts, host);
  return served !== undefined && findSite(served, path)?.site.owner.name === name;
}

/** The namespace of the policy that refuses the visitor; undefined where it is no policy. */
function refuserOf({ memory }: Translation, serving: Serving, probe: Probe): string | undefined {
  const { host, path } = probe;
  const decision = judge(serving, probe);
  const served = findHost(serving.hosts, host);
  const site = served === undefined ? undefined : findSite(served, path)?.site;
  if (decision.kind !== 'reject' || decision.reason !== 'admission' || site === undefined) return undefined;
  const results = [...memory.results.values()];
  const place = results.find(({ made }) => made.sites.some(({ key }) => key === site.key))?.place;
  return place?.policy === undefined ? undefined : site.owner.namespace;
}

test('an Ingress without policy opens nothing that a policy refuses', { timeout: TIMEOUT_MS }, () => {
  let refused = 0;
  fc.assert(
    fc.property(anyWorld, anyIngress, (world, any) => {
      // The youngest of all: an older one takes the path from the policy.
      const metadata = { namespace: any.metadata.namespace, name: 'zz' };
      const added: Ingress = { ...any, metadata, ingressClassName: 'mattermost' };
      const first = run(world);
      const before = servingOf(first.configuration);
      const guarded = PROBES.filter((probe) => refuserOf(first, before, probe) === metadata.namespace);
      if (guarded.length === 0) return;
      const after = servingOf(run([...world, added], first.memory).configuration);
      expect(guarded.filter((probe) => isForwarded(after, probe))).toEqual([]);
      if (guarded.some(({ host, path }) => isServedBy(after, host, path, 'zz'))) refused++;
    }),
    PARAMETERS,
  );
  // Ingresses that got none of its paths would prove nothing.
  expect(refused).toBeGreaterThan(RUNS / 50);
});
