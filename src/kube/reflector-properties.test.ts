// Whatever goes wrong in whatever order, the store of a reflector ends up as a fresh list would be.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  configMap,
  type Draft,
  ingress,
  ingressClass,
  policy,
  secret,
  service,
} from '../../test/support/kube/cluster-objects.ts';
import type { Plural } from '../../test/support/kube/cluster-objects.ts';
import type { EventFault, FakeApi } from '../../test/support/kube/fake-api.ts';
import { type ManualTimers, settled } from '../../test/support/kube/manual-timers.ts';
import { runReflector } from '../../test/support/kube/virtual-reflector.ts';
import { ApiFailure } from './api-failure.ts';
import type { ApiObject } from '../api/objects.ts';
import {
  configMaps,
  ingressClasses,
  ingresses,
  onlyNamed,
  policies,
  type Resource,
  secrets,
  services,
} from './resource.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd');
const reasons = [
  'connection',
  'expired',
  'unauthorized',
  'forbidden',
  'throttled',
  'server',
  'not-found',
  'malformed',
] as const;
const step = fc.oneof(
  fc.record({ do: fc.constant('put' as const), name, port: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('put' as const), name, port: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('delete' as const), name }),
  fc.record({ do: fc.constant('recreate' as const), name }),
  fc.record({ do: fc.constant('compact' as const) }),
  fc.record({ do: fc.constant('bookmark' as const) }),
  fc.record({ do: fc.constant('garbage' as const) }),
  fc.record({ do: fc.constant('end' as const) }),
  fc.record({ do: fc.constant('break' as const), reason: fc.constantFrom(...reasons) }),
  fc.record({ do: fc.constant('fail' as const), reason: fc.constantFrom(...reasons) }),
  fc.record({
    do: fc.constant('event' as const),
    fault: fc.constantFrom<EventFault>('drop', 'duplicate', 'hold'),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 1_000, 60_000, 600_000, 1_800_000) }),
);
type World = { readonly api: FakeApi; readonly timers: ManualTimers };
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A kind that is watched; `draft` makes an object of it that differs by the number. */
type Subject = {
  readonly resource: Resource<ApiObject>;
  readonly plural: Plural;
  readonly draft: (name: string, number: number) => Draft;
};

async function perform(step: Step, subject: Subject, world: World): Promise<void> {
  const { plural, draft } = subject;
  const { api, timers } = world;
  const namespace = plural === 'ingressclasses' ? '' : 'test';
  switch (step.do) {
    case 'put':
      return api.cluster.put(plural, draft(step.name, step.port));
    case 'delete':
      return void api.cluster.delete(plural, step.name, namespace);
    case 'recreate':
      api.cluster.delete(plural, step.name, namespace);
      return api.cluster.put(plural, draft(step.name, 1));
    case 'compact':
      return api.cluster.compact();
    case 'bookmark':
      return api.bookmark();
    case 'garbage':
      return api.say('<html>');
    case 'end':
      return api.break();
    case 'break':
      return api.break(new ApiFailure(step.reason, 'broken'));
    case 'fail':
      return void api.failures.push(new ApiFailure(step.reason, 'failed'));
    case 'event':
      return void api.eventFaults.push(step.fault);
    case 'wait':
      return timers.advance(step.ms);
  }
}

/** From the end of all faults to the check at the latest: pauses, and half an hour with a bookmark a minute. */
const MAX_MINUTES = 60;
const chances = fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true }));

/** @returns how many missed events were repaired */
async function live(subject: Subject, steps: readonly Step[], draws: Iterator<number>): Promise<number> {
  const reflected = runReflector(subject.resource, () => Number(draws.next().value));
  const { api, timers, reflector, seen, known, wanted } = reflected;
  await settled();
  for (const each of steps) {
    await perform(each, subject, { api, timers });
    await settled();
  }
  api.failures.length = 0;
  api.eventFaults.length = 0;
  for (let left = MAX_MINUTES; left > 0 && !isSame(known(), wanted()); left -= 1) {
    api.bookmark();
    await timers.advance(60_000);
  }
  expect(known()).toEqual(wanted());
  expect(reflected.snapshot()).toEqual(reflector.store.objects());
  // What is held back for a while is not reported as missed.
  if (!subject.resource.confirmsDeletion) expect(seen.missed).toBe(seen.expectedMissed);
  // Without lost or swapped events nothing is ever reported as missed.
  const isFaithful = steps.every((each) => each.do !== 'event' || each.fault === 'duplicate');
  if (isFaithful) expect(seen.missed).toBe(0);
  await reflected.end();
  return seen.missed;
}

const serviceSubject: Subject = { resource: services, plural: 'services', draft: service };

test('after any schedule of changes and faults the store is a fresh list, and repairs are counted', async () => {
  let repaired = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), chances, async (steps, draws) => {
      repaired += await live(serviceSubject, steps, draws);
    }),
    { numRuns: 1_000 },
  );
  expect(repaired).toBeGreaterThan(0);
});

test.each<[string, Subject]>([
  [
    'Ingresses',
    { resource: ingresses, plural: 'ingresses', draft: (name, number) => ingress(name, `class-${number}`) },
  ],
  [
    'IngressClasses',
    {
      resource: ingressClasses,
      plural: 'ingressclasses',
      draft: (name, number) => ingressClass(name, `x/${number}`),
    },
  ],
  [
    'one ConfigMap of many',
    {
      resource: onlyNamed(configMaps, 'b'),
      plural: 'configmaps',
      draft: (name, number) => configMap(name, String(number)),
    },
  ],
  [
    'one Secret of many',
    {
      resource: onlyNamed(secrets, 'c'),
      plural: 'secrets',
      draft: (name, number) => secret(name, String(number)),
    },
  ],
  [
    'policies',
    {
      resource: policies,
      plural: 'mattermostingresspolicies',
      draft: (name, number) => ({ ...policy(name), spec: { number } }),
    },
  ],
])('the same of %s', async (_, subject) => {
  const schedule = fc.array(step, { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(schedule, chances, async (steps, draws) => void (await live(subject, steps, draws))),
    { numRuns: 200 },
  );
});

function isSame(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, version]) => b.get(key) === version);
}
