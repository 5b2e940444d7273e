// Which reason a condition carries, and what its message tells.
import { describe, expect, test } from 'vitest';
import type { Condition } from '../api/status.ts';
import { conditionsOf } from './conditions.ts';
import { readPolicies } from './policies.ts';
import type { Problem } from './problem.ts';
import type { Grant } from './routes.ts';
import { policy } from './test-objects.ts';

const GRANT: Grant = { open: ['chat.example.com'], closed: [], problems: [] };

function problem(reason: Problem['reason'], field = 'spec'): Problem {
  return { severity: 'error', field, reason, message: `about ${reason}`, remedy: `mend ${reason}` };
}

function conditions(problems: readonly Problem[], grant = GRANT, spec: object = {}): readonly Condition[] {
  const [draft] = readPolicies(
    new Map([['chat/site', policy('chat/site', spec, { generation: 4 })]]),
    new Map(),
  );
  if (draft === undefined) throw new Error('No draft');
  return conditionsOf({ draft, grant, problems }, [], 0);
}

function brief(all: readonly Condition[]): readonly string[] {
  return all.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
}

describe('Accepted', () => {
  test.each([
    ['all hosts', GRANT, 'Accepted True Accepted'],
    [
      'some hosts lost',
      { ...GRANT, problems: [problem('HostOwnedElsewhere')] },
      'Accepted True PartiallyAccepted',
    ],
    [
      'all in conflict',
      { ...GRANT, open: [], problems: [problem('Conflicted')] },
      'Accepted False Conflicted',
    ],
    [
      'all lost, some elsewhere',
      { ...GRANT, open: [], problems: [problem('Conflicted'), problem('HostOwnedElsewhere')] },
      'Accepted False HostOwnedElsewhere',
    ],
  ])('%s', (_, grant, expected) => {
    expect(brief(conditions([], grant))[0]).toBe(expected);
  });

  test('an invalid policy has no condition about what it refers to', () => {
    expect(brief(conditions([], GRANT, { admission: {} }))).toEqual(['Accepted False Invalid']);
  });
});

describe('ResolvedRefs', () => {
  test.each([
    ['nothing', [], 'ResolvedRefs True ResolvedRefs'],
    [
      'only warnings',
      [problem('BackendUnverified'), problem('CertificateExpired')],
      'ResolvedRefs True ResolvedRefs',
    ],
    [
      'the worst names it',
      [problem('NoEndpoints'), problem('SecretInvalid')],
      'ResolvedRefs False SecretInvalid',
    ],
    [
      'the Service before all',
      [problem('SecretNotFound'), problem('ServiceNotFound')],
      'ResolvedRefs False ServiceNotFound',
    ],
  ])('%s', (_, problems, expected) => {
    expect(brief(conditions(problems))[1]).toBe(expected);
  });

  test('its message tells of all, with field, what is wrong and what to do', () => {
    const [, refs] = conditions([
      problem('SecretInvalid', 'spec.a'),
      problem('BackendUnverified'),
      problem('NoEndpoints', 'spec.b'),
    ]);
    expect(refs?.message).toBe(
      'spec.a: about SecretInvalid (mend SecretInvalid); spec.b: about NoEndpoints (mend NoEndpoints)',
    );
  });

  test('a message never grows longer than the API server takes', () => {
    const [, refs] = conditions(Array.from({ length: 2000 }, () => problem('SecretInvalid', 'spec.field')));
    expect(refs?.message.length).toBe(32_768);
  });
});

test('each carries the generation that was judged and an RFC 3339 time', () => {
  for (const condition of conditions([])) {
    expect(condition).toMatchObject({ observedGeneration: 4, lastTransitionTime: '1970-01-01T00:00:00Z' });
  }
});
