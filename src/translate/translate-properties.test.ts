// What holds for any objects whatever: translate is total, closed under mistakes, and the same whatever the order.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ObjectSet, RawPolicy } from '../api/objects.ts';
import { objectSet, policy, route, secret, service, SETTINGS, slice } from './test-objects.ts';
import { EMPTY_MEMORY, translate, type TranslateMemory, type Translation } from './translate.ts';

const NODES = [
  service('chat/mattermost'),
  slice('chat/one', [{ addresses: ['10.0.0.1'], conditions: { ready: true }, targetUid: 'uid-1' }]),
];

function run(objects: ObjectSet, memory: TranslateMemory = EMPTY_MEMORY): Translation {
  return translate(objects, SETTINGS, memory);
}

describe('total and deterministic', () => {
  const hosts = fc.subarray(['chat.example.com', 'a.example.com', '*.example.com', 'a_b', '*.example.org'], {
    minLength: 1,
  });
  const junk = fc.oneof(fc.jsonValue(), fc.constant(undefined));
  const path = fc.constantFrom('/', '/chat', '/chat/', '/x y', '/../', undefined);
  const tls = fc.option(fc.record({ secretName: fc.constantFrom('tls', 'gone') }), { nil: undefined });
  const admission = fc.oneof(
    { weight: 3, arbitrary: fc.constant({ defaultAction: 'Deny' }) },
    { weight: 1, arbitrary: junk },
  );
  const spec = fc
    .oneof(
      {
        weight: 4,
        arbitrary: fc.record({ hosts, path, tls }).map(({ hosts: names, ...more }) => route(names, more)),
      },
      { weight: 1, arbitrary: junk },
    )
    .chain((routeSpec) => admission.map((admissionSpec) => ({ route: routeSpec, admission: admissionSpec })));
  const raw = fc
    .tuple(
      fc.constantFrom('chat', 'team', 'ops'),
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.oneof({ weight: 5, arbitrary: spec }, { weight: 1, arbitrary: junk }),
      fc.constantFrom(undefined, '2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z', 'yesterday'),
    )
    .map(
      ([namespace, name, anySpec, creationTimestamp]): RawPolicy => ({
        ...policy(`${namespace}/${name}`, {}, creationTimestamp === undefined ? {} : { creationTimestamp }),
        spec: anySpec,
      }),
    );
  const policies = fc.array(raw, { maxLength: 10 });
  const others = [...NODES, secret('chat/tls', { 'tls.crt': 'rubbish', 'tls.key': '' })];

  test('never throws, and no host and path is served twice', () => {
    fc.assert(
      fc.property(policies, policies, (earlier, later) => {
        const { memory } = run(objectSet(...earlier, ...others));
        const { configuration } = run(objectSet(...later, ...others), memory);
        const places = [...configuration.sites.values()].flatMap(({ hosts: names, path: at }) =>
          names.map((host) => `${host}${at}`),
        );
        expect(new Set(places).size).toBe(places.length);
      }),
    );
  });

  test('does not depend on the order of the objects', () => {
    fc.assert(
      fc.property(policies, (all) => {
        const unique = [...objectSet(...all).policies.values()];
        const forward = run(objectSet(...unique, ...others));
        const backward = run(objectSet(...others.toReversed(), ...unique.toReversed()));
        expect(JSON.stringify([...backward.configuration.sites])).toBe(
          JSON.stringify([...forward.configuration.sites]),
        );
        expect(backward.findings).toEqual(forward.findings);
        expect(backward.policies).toEqual(forward.policies);
      }),
    );
  });

  test('translating again with what was remembered changes nothing', () => {
    fc.assert(
      fc.property(policies, (all) => {
        const objects = objectSet(...all, ...others);
        const first = run(objects);
        expect(run(objects, first.memory)).toEqual(first);
      }),
    );
  });

  test('breaking a policy opens nothing that was not open', () => {
    fc.assert(
      fc.property(policies, fc.nat(), junk, (all, at, rubbish) => {
        const before = objectSet(...all, ...others);
        const key = [...before.policies.keys()][at % Math.max(1, before.policies.size)] ?? '';
        const victim = before.policies.get(key);
        if (victim === undefined) return;
        const first = run(before);
        const broken = {
          ...victim,
          spec: { ...Object(victim['spec']), admission: rubbish, surplus: rubbish },
        };
        const after = run({ ...before, policies: new Map(before.policies).set(key, broken) }, first.memory);
        const opened = [...after.configuration.sites.values()].filter(
          ({ service: { kind } }) => kind === 'open',
        );
        for (const site of opened) {
          const was = first.configuration.sites.get(site.key);
          expect(was?.service.kind).toBe('open');
          expect(was?.hosts).toEqual(expect.arrayContaining([...site.hosts]));
        }
      }),
    );
  });

  test('an object of one namespace never changes the open sites of another whose hosts it does not name', () => {
    fc.assert(
      fc.property(policies, junk, (all, rubbish) => {
        const before = run(objectSet(...all, ...others));
        const stranger = { ...policy('zoo/stranger'), spec: rubbish };
        const after = run(objectSet(...all, stranger, ...others));
        for (const [key, site] of before.configuration.sites)
          expect(after.configuration.sites.get(key)).toEqual(site);
      }),
    );
  });
});
