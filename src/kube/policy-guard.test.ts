// Policies whose definition is taken away, replaced or rolled back, in virtual time; the order of events is that of a
// real API server 1.37: discovery loses `create`, then the objects go one by one, then the kind is not served.
import { expect, test } from 'vitest';
import { type Draft, policy } from '../../test/support/kube/cluster-objects.ts';
import { FakeApi } from '../../test/support/kube/fake-api.ts';
import { settled } from '../../test/support/kube/manual-timers.ts';
import { runReflector } from '../../test/support/kube/virtual-reflector.ts';
import { ApiFailure } from './api-failure.ts';
import { policies } from './resource.ts';

const PLURAL = 'mattermostingresspolicies';

/** @param prepare before the reflector asks for anything */
function run(prepare: (api: FakeApi) => void) {
  const api = new FakeApi();
  prepare(api);
  return runReflector(policies, () => 0.5, api);
}

async function withPolicies(...names: readonly string[]) {
  const running = run(({ cluster }) => {
    for (const name of names) cluster.put(PLURAL, policy(name));
  });
  await settled();
  const keys = () => [...running.reflector.store.objects().keys()].map((key) => key.slice('test/'.length));
  return { ...running, keys };
}

test('the last policy goes 15 s after it was deleted, and the log says so before and after', async () => {
  const { api, timers, keys, lines, seen, end } = await withPolicies('only');
  api.cluster.delete(PLURAL, 'only');
  await timers.advance(16_900);
  expect(keys()).toEqual(['only']);
  expect(lines.join('')).toContain('all policies are gone; they stay for a while');
  await timers.advance(2_000);
  expect(keys()).toEqual([]);
  expect(lines.join('')).toContain('stay no longer');
  expect(seen).toMatchObject({ failures: [], missed: 0 });
  await end();
});

test('all gone at once and applied again within 15 s: none was ever missing, and what is not applied goes', async () => {
  const { api, timers, keys, end } = await withPolicies('a', 'b', 'c');
  for (const name of ['a', 'b', 'c']) api.cluster.delete(PLURAL, name);
  await timers.advance(5_000);
  api.cluster.put(PLURAL, policy('a'));
  await timers.advance(5_000);
  api.cluster.put(PLURAL, policy('b'));
  expect(keys().toSorted()).toEqual(['a', 'b', 'c']);
  await timers.advance(10_000);
  expect(keys().toSorted()).toEqual(['a', 'b']);
  await end();
});

test('a definition that takes long to go keeps all of its policies, also those deleted long before the last', async () => {
  const { api, timers, keys, seen, end } = await withPolicies('a', 'b', 'c');
  api.cluster.definition.isTerminating = true;
  api.cluster.delete(PLURAL, 'a');
  await timers.advance(10_000);
  api.cluster.delete(PLURAL, 'b');
  await timers.advance(30_000);
  expect(keys()).toEqual(['a', 'b', 'c']);
  expect(new Set(seen.failures)).toEqual(new Set(['not-found']));
  api.cluster.serve(PLURAL, false);
  await timers.advance(3_600_000);
  expect(keys()).toEqual(['a', 'b', 'c']);
  await end();
});

test('a definition that comes back with some of the policies keeps the others for 15 s', async () => {
  const { api, timers, keys, end } = await withPolicies('a', 'b');
  api.cluster.serve(PLURAL, false);
  await timers.advance(60_000);
  api.cluster.serve(PLURAL, true);
  api.cluster.put(PLURAL, policy('a'));
  await timers.advance(12_000);
  expect(keys().toSorted()).toEqual(['a', 'b']);
  await timers.advance(20_000);
  expect(keys()).toEqual(['a']);
  await end();
});

test('a definition that comes back as another one keeps them for 15 s more', async () => {
  const { api, timers, keys, end } = await withPolicies('a', 'b');
  api.cluster.serve(PLURAL, false);
  await timers.advance(60_000);
  api.cluster.serve(PLURAL, true);
  await timers.advance(14_000);
  expect(keys()).toEqual(['a', 'b']);
  await timers.advance(15_000);
  expect(keys()).toEqual([]);
  await end();
});

test('where discovery may not be read the lists are believed', async () => {
  const { api, timers, keys, end } = await withPolicies('a', 'b');
  api.cluster.definition.refused.discovery = 403;
  api.cluster.delete(PLURAL, 'a');
  await timers.advance(2_000);
  expect(keys()).toEqual(['b']);
  await end();
});

test('where discovery does not answer nothing is deleted until it does', async () => {
  const { api, timers, keys, seen, end } = await withPolicies('a', 'b');
  api.cluster.definition.refused.discovery = 500;
  api.cluster.delete(PLURAL, 'a');
  await timers.advance(20_000);
  expect([keys(), new Set(seen.failures)]).toEqual([['a', 'b'], new Set(['server'])]);
  api.cluster.definition.refused.discovery = 0;
  await timers.advance(60_000);
  expect(keys()).toEqual(['b']);
  await end();
});

test('a definition without a field of ours at the start: nothing is read until it has it', async () => {
  const running = run(({ cluster }) => {
    cluster.definition.lackFields('admission.rules.name', 'websocket');
    cluster.put(PLURAL, policy('a'));
  });
  const { timers, reflector, seen, verdicts, end } = running;
  await timers.advance(60_000);
  expect([reflector.isSynced, new Set(seen.failures)]).toEqual([false, new Set(['outdated-schema'])]);
  expect(seen.messages[0]).toMatch(/ lacks (.*, )?spec\.admission\.rules\[\]\.name/);
  expect(seen.messages[0]).toMatch(/ lacks (.*, )?spec\.websocket(,|$)/);
  running.api.cluster.definition.lackFields();
  await timers.advance(10_000);
  expect([reflector.isSynced, verdicts[0], verdicts.at(-1)]).toEqual([true, true, false]);
  await end();
});

test('a definition rolled back later ends the watch: what was read stays, and is not read again in parts', async () => {
  const { api, timers, reflector, keys, seen, end } = await withPolicies('a');
  const before = reflector.store.objects().get('test/a');
  api.cluster.definition.lackFields('admission');
  // What is written now has lost the field; the API server ends the watches a second later.
  const { spec, ...others } = policy('a');
  const { admission: _, ...pruned } = spec as { readonly admission: object };
  api.break();
  await settled();
  api.cluster.put(PLURAL, { ...others, spec: pruned });
  await timers.advance(600_000);
  expect(reflector.store.objects().get('test/a')).toBe(before);
  expect(new Set(seen.failures)).toEqual(new Set(['closed', 'outdated-schema']));
  api.cluster.definition.lackFields();
  api.cluster.put(PLURAL, policy('a'));
  api.cluster.put(PLURAL, policy('b'));
  await timers.advance(10_000);
  expect(keys()).toEqual(['a', 'b']);
  await end();
});

test('the schema is looked at 2 s after a watch was ended: it is a second late, and nothing is read before', async () => {
  const { api, timers, keys, seen, end } = await withPolicies('a');
  await timers.advance(10_000);
  api.break();
  await timers.advance(1_000);
  api.cluster.definition.lackFields('admission');
  api.cluster.put(PLURAL, policy('stripped'));
  await timers.advance(60_000);
  expect([keys(), seen.failures.at(-1)]).toEqual([['a'], 'outdated-schema']);
  await end();
});

/** The policy as a definition without some fields has left it: no edit, so of the same generation. */
function prune(api: FakeApi, name: string): void {
  const known = api.cluster.object(PLURAL, name);
  const { spec, metadata, ...others } = known ?? {};
  const { admission: _, ...left } = spec as { readonly admission: object; readonly route: object };
  api.cluster.store(PLURAL, {
    ...others,
    metadata: metadata as { readonly name: string },
    spec: { ...left },
  } as Draft);
}

test('what an old watch tells of a pruned policy is not believed, nor is the list after the definition is back', async () => {
  const { api, timers, reflector, guard, keys, end } = await withPolicies('a', 'b');
  const before = reflector.store.objects().get('test/a');
  api.cluster.definition.lackFields('admission');
  prune(api, 'a');
  await timers.advance(60_000);
  expect(reflector.store.objects().get('test/a')).toBe(before);
  api.cluster.definition.lackFields();
  api.cluster.put(PLURAL, policy('c'));
  await timers.advance(60_000);
  expect([reflector.store.objects().get('test/a') === before, keys()]).toEqual([true, ['a', 'b', 'c']]);
  expect(guard?.findings()).toMatchObject([
    { object: { name: 'a' }, field: 'spec.admission', reason: 'SchemaOutdated' },
  ]);
  // Neither its status nor a later list makes it believed.
  const { metadata, ...others } = api.cluster.object(PLURAL, 'a') ?? {};
  api.cluster.store(PLURAL, {
    ...others,
    metadata: metadata as { readonly name: string },
    status: { summary: 'x' },
  } as Draft);
  await timers.advance(1_800_000);
  expect(reflector.store.objects().get('test/a')).toBe(before);
  expect(reflector.store.byKey().get('test/a')?.status).toEqual({ summary: 'x' });
  // Its owner applies it again.
  api.cluster.put(PLURAL, {
    ...policy('a'),
    spec: { ...(policy('a')['spec'] as object), limits: {} },
  } as Draft);
  await timers.advance(10_000);
  expect(reflector.store.objects().get('test/a')).toMatchObject({ spec: { limits: {} } });
  expect(guard?.findings()).toEqual([]);
  await end();
});

test('an edit that removes a field is taken over once a list confirms it, all others at once', async () => {
  const { api, timers, reflector, guard, end } = await withPolicies('a', 'b');
  const { admission: _, ...left } = policy('a')['spec'] as {
    readonly admission: object;
    readonly route: object;
  };
  api.cluster.put(PLURAL, { ...policy('a'), spec: { ...left } } as Draft);
  await timers.advance(1_900);
  expect(reflector.store.objects().get('test/a')?.['spec']).toHaveProperty('admission');
  await timers.advance(200);
  expect(reflector.store.objects().get('test/a')?.['spec']).not.toHaveProperty('admission');
  expect(guard?.findings()).toEqual([]);
  await end();
});

test.each([
  ['may not be read', 403],
  ['is not there', 404],
  ['is broken', 500],
])('a schema that %s is taken for complete, which is said once', async (_, status) => {
  const running = run(({ cluster }) => {
    cluster.definition.refused.schema = status;
    cluster.put(PLURAL, policy('a'));
  });
  await running.timers.advance(3_600_000);
  expect(running.reflector.isSynced).toBe(true);
  expect(running.lines.filter((line) => line.includes('the served schema cannot be read'))).toHaveLength(1);
  expect(running.verdicts).toEqual([]);
  await running.end();
});

test('a schema that is not there yet is looked for in short steps, for a minute', async () => {
  const running = run(({ cluster }) => {
    cluster.definition.isSchemaLate = true;
  });
  const { timers, api, verdicts, reflector } = running;
  await timers.advance(21_000);
  expect([reflector.isSynced, verdicts]).toEqual([true, []]);
  api.cluster.definition.isSchemaLate = false;
  await timers.advance(5_000);
  expect(verdicts).toEqual([false]);
  const asked = api.queries.length;
  for (let minute = 0; minute < 4; minute += 1) {
    api.bookmark();
    await timers.advance(60_000);
  }
  // One more look and one more watch: the document itself is read again only when its hash changes.
  expect(api.queries.length - asked).toBe(2);
  await running.end();
});

test('an API server that is away is no answer about the schema', async () => {
  const running = run(({ failures }) => {
    failures.push(new ApiFailure('connection', 'refused'), new ApiFailure('throttled', 'later'));
  });
  await running.timers.advance(10_000);
  expect([running.reflector.isSynced, running.seen.failures]).toEqual([true, ['connection', 'throttled']]);
  expect(running.lines).toEqual([]);
  await running.end();
});
