// "Closed, never open": each sentence of the design as a test of the whole translation.
import { describe, expect, test } from 'vitest';
import type { ObjectSet } from '../api/objects.ts';
import {
  answers,
  brief,
  ingress,
  objectSet,
  policy,
  route,
  secret,
  service,
  SETTINGS,
  slice,
} from './test-objects.ts';
import { EMPTY_MEMORY, translate, type TranslateMemory, type Translation } from './translate.ts';

const NODES = [
  service('chat/mattermost'),
  slice('chat/one', [{ addresses: ['10.0.0.1'], conditions: { ready: true }, targetUid: 'uid-1' }]),
];

function run(objects: ObjectSet, memory: TranslateMemory = EMPTY_MEMORY): Translation {
  return translate(objects, SETTINGS, memory);
}

function accepted(translation: Translation, key: string): string {
  const condition = translation.policies.get(key)?.conditions.find(({ type }) => type === 'Accepted');
  return `${condition?.status} ${condition?.reason}`;
}

describe('closed, never open', () => {
  const valid = policy('chat/site', { admission: { defaultAction: 'Deny' } });
  const mistakes: Readonly<Record<string, object>> = {
    'a misspelt admission refuses the object': { admission: undefined, admision: { defaultAction: 'Deny' } },
    'a missing admission refuses the object': { admission: undefined },
    'an unknown field is an error': { admission: { defaultAction: 'Deny', modus: 'Enforce' } },
    'a null is an error': { admission: { defaultAction: 'Deny', rules: null } },
    'an empty list is an error': { admission: { defaultAction: 'Deny', rules: [] } },
    'a rule without a condition is an error': {
      admission: { defaultAction: 'Deny', rules: [{ name: 'all', action: 'Allow' }] },
    },
    'a rule with an empty list of networks is an error': {
      admission: { defaultAction: 'Deny', rules: [{ name: 'office', sourceCIDRs: [], action: 'Allow' }] },
    },
    'a network that cannot be read is an error': {
      admission: {
        defaultAction: 'Deny',
        rules: [{ name: 'office', sourceCIDRs: ['office'], action: 'Deny' }],
      },
    },
    'bearerToken false is an error': {
      admission: { defaultAction: 'Deny', rules: [{ name: 'calls', bearerToken: false, action: 'Allow' }] },
    },
    'a refusal that hangs on a header is an error': {
      admission: {
        defaultAction: 'Allow',
        rules: [{ name: 'bad', headers: [{ name: 'X-Bad', type: 'Present' }], action: 'Deny' }],
      },
    },
  };

  test.each(Object.entries(mistakes))('%s', (_, spec) => {
    const broken = policy('chat/site', { admission: { defaultAction: 'Deny' }, ...spec });
    const after = run(objectSet(broken, ...NODES), run(objectSet(valid, ...NODES)).memory);
    expect(answers(after, 'chat.example.com')).toEqual(['closed chat/site']);
    expect(accepted(after, 'chat/site')).toBe('False Invalid');
    expect(after.findings.every(({ severity }) => severity === 'error')).toBe(true);
  });

  test('an invalid policy is told of every finding', () => {
    const broken = policy('chat/site', { admission: { defaultAction: 'Open' }, limits: { requestBody: 1 } });
    const { findings, policies } = run(objectSet(broken));
    expect(brief(findings)).toEqual([
      'Invalid spec.admission.defaultAction',
      'Invalid spec.limits.requestBody',
    ]);
    const [condition] = policies.get('chat/site')?.conditions ?? [];
    expect(condition?.message).toContain('spec.admission.defaultAction');
    expect(condition?.message).toContain('spec.limits.requestBody');
  });

  test.each([
    ['the policy is invalid', { admission: {} }, {}],
    [
      'it has a list of its own',
      {},
      { 'nginx.ingress.kubernetes.io/whitelist-source-range': '192.0.2.0/24' },
    ],
  ])('a path added to a host with admission is a closed place where %s', (_, spec, annotations) => {
    const old = { creationTimestamp: '2025-01-01T00:00:00Z' };
    const plugin = ingress('chat/plugin', [['chat.example.com', '/plugins']], { annotations });
    const after = run(objectSet(policy('chat/site', spec, old), plugin, ...NODES));
    expect(answers(after, 'chat.example.com', '/plugins')).toEqual(['closed chat/plugin']);
  });

  test('a closed exact host shadows the wildcard site', () => {
    const wildcard = policy('chat/wildcard', { route: route('*.example.com') });
    const after = run(objectSet(policy('chat/site', { admission: {} }), wildcard, ...NODES));
    expect(answers(after, 'chat.example.com')).toEqual(['closed chat/site']);
    expect(answers(after, '*.example.com')).toEqual(['open chat/wildcard']);
  });

  test('an invalid policy does not let a younger one have its host', () => {
    const old = policy('chat/site', { admission: {} }, { creationTimestamp: '2025-01-01T00:00:00Z' });
    const young = policy('chat/young', {}, { creationTimestamp: '2026-01-01T00:00:00Z' });
    const foreign = policy('team/young', {}, { creationTimestamp: '2026-01-01T00:00:00Z' });
    const after = run(objectSet(young, foreign, old, ...NODES));
    expect(answers(after, 'chat.example.com')).toEqual(['closed chat/site']);
    expect(accepted(after, 'chat/young')).toBe('False Conflicted');
    expect(accepted(after, 'team/young')).toBe('False HostOwnedElsewhere');
  });

  test('if even its hosts cannot be read, the hosts it had last are held', () => {
    const before = run(objectSet(policy('chat/site', { route: route(['a.example.com', 'b.example.com']) })));
    const after = run(objectSet(policy('chat/site', { route: { hosts: 7 } })), before.memory);
    expect(answers(after, 'a.example.com')).toEqual(['closed chat/site']);
    expect(answers(after, 'b.example.com')).toEqual(['closed chat/site']);
    const later = run(objectSet(policy('chat/site', { route: 7 })), after.memory);
    expect(answers(later, 'b.example.com')).toEqual(['closed chat/site']);
  });

  test('hosts that can be read are held together with those it had last', () => {
    const before = run(objectSet(policy('chat/site', { route: route(['a.example.com', 'b.example.com']) })));
    const half = policy('chat/site', { route: route(['a.example.com', 'b_.example.com']) });
    const after = run(objectSet(half), before.memory);
    expect(answers(after, 'a.example.com')).toEqual(['closed chat/site']);
    expect(answers(after, 'b.example.com')).toEqual(['closed chat/site']);
  });

  test('else the wildcard sites of its namespace are held, and no others', () => {
    const after = run(
      objectSet(
        policy('chat/site', { route: { hosts: 7 } }),
        policy('chat/wildcard', { route: route(['*.example.com', 'exact.example.com']) }),
        policy('team/wildcard', { route: route('*.example.org') }),
      ),
    );
    expect(answers(after, '*.example.com')).toEqual(['closed chat/wildcard']);
    expect(answers(after, 'exact.example.com')).toEqual(['open chat/wildcard']);
    expect(answers(after, '*.example.org')).toEqual(['open team/wildcard']);
    expect(accepted(after, 'chat/wildcard')).toBe('True PartiallyAccepted');
  });

  test('a policy that is mended opens again', () => {
    const closed = run(objectSet(policy('chat/site', { route: 7 })), run(objectSet(valid)).memory);
    expect(answers(run(objectSet(valid), closed.memory), 'chat.example.com')).toEqual(['open chat/site']);
  });

  test('a closed policy keeps its key, so that its tunnels are not those of a removed site', () => {
    const before = run(objectSet(valid));
    const after = run(objectSet(policy('chat/site', { admission: {} })), before.memory);
    expect([...after.configuration.sites.keys()]).toEqual([...before.configuration.sites.keys()]);
  });

  test('a deleted policy gives its hosts back', () => {
    const before = run(objectSet(policy('chat/site', { admission: {} })));
    const after = run(objectSet(policy('team/site')), before.memory);
    expect(answers(after, 'chat.example.com')).toEqual(['open team/site']);
    expect(after.memory.policies.has('chat/site')).toBe(false);
  });

  test('a missing Secret or key makes its rule never match', () => {
    const headers = [{ name: 'X-Secret', secretRef: { name: 'preauth' } }];
    const admission = { rules: [{ name: 'app', headers, action: 'Allow' }], defaultAction: 'Deny' };
    const guarded = policy('chat/site', { admission });
    for (const secrets of [[], [secret('chat/preauth', {})], [secret('chat/preauth', { key: 'short' })]]) {
      const { configuration, policies } = run(objectSet(guarded, ...NODES, ...secrets));
      const site = configuration.sites.get('MattermostIngressPolicy/chat/site')?.service;
      expect(site?.kind === 'open' && site.admission.rules.map(({ never }) => never)).toEqual([true]);
      expect(policies.get('chat/site')?.conditions[1]?.status).toBe('False');
    }
  });

  test('a Secret of another namespace is no Secret of the policy', () => {
    const headers = [{ name: 'X-Secret', secretRef: { name: 'preauth' } }];
    const admission = { rules: [{ name: 'app', headers, action: 'Allow' }], defaultAction: 'Deny' };
    const other = secret('team/preauth', { key: '0123456789abcdef' });
    const { policies } = run(objectSet(policy('chat/site', { admission }), ...NODES, other));
    expect(policies.get('chat/site')?.conditions[1]?.reason).toBe('SecretNotFound');
  });
});

test('a status that has not changed keeps the time of its last transition', () => {
  const first = run(objectSet(policy('chat/site'), ...NODES));
  const later = { ...SETTINGS, nowMs: SETTINGS.nowMs + 60_000 };
  const changed = objectSet(
    policy('chat/site', { accessLog: { enabled: true } }, { generation: 2 }),
    service('chat/mattermost'),
  );
  const { conditions } = translate(changed, later, first.memory).policies.get('chat/site') ?? {
    conditions: [],
  };
  expect(
    conditions.map(({ type, observedGeneration, lastTransitionTime }) => [
      type,
      observedGeneration,
      lastTransitionTime,
    ]),
  ).toEqual([
    ['Accepted', 2, '2026-11-22T12:00:00Z'],
    ['ResolvedRefs', 2, '2026-11-22T12:01:00Z'],
  ]);
});
