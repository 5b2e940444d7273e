// Which reason a condition carries, and what its message tells.
import { describe, expect, test } from 'vitest';
import type { Condition } from '../api/status.ts';
import { conditionsOf, type Verdict } from './conditions.ts';
import type { Problem } from './problem.ts';

function problem(reason: Problem['reason'], field = 'spec'): Problem {
  return { severity: 'error', field, reason, message: `about ${reason}`, remedy: `mend ${reason}` };
}

function conditions(refProblems: readonly Problem[], more: Partial<Verdict> = {}): readonly Condition[] {
  const verdict = {
    isValid: true,
    generation: 4,
    problems: [],
    placeProblems: [],
    refProblems,
    isServed: true,
  };
  return conditionsOf({ ...verdict, ...more }, [], 0);
}

function brief(all: readonly Condition[]): readonly string[] {
  return all.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
}

describe('Accepted', () => {
  test.each([
    ['all hosts', {}, 'Accepted True Accepted'],
    [
      'some hosts lost',
      { placeProblems: [problem('HostOwnedElsewhere')] },
      'Accepted True PartiallyAccepted',
    ],
    [
      'all in conflict',
      { isServed: false, placeProblems: [problem('Conflicted')] },
      'Accepted False Conflicted',
    ],
    [
      'all lost, some elsewhere',
      { isServed: false, placeProblems: [problem('Conflicted'), problem('HostOwnedElsewhere')] },
      'Accepted False HostOwnedElsewhere',
    ],
    [
      'all targets missing',
      { isServed: false, placeProblems: [problem('Conflicted'), problem('TargetNotFound')] },
      'Accepted False TargetNotFound',
    ],
    ['a target missing', { placeProblems: [problem('TargetNotFound')] }, 'Accepted True PartiallyAccepted'],
  ])('%s', (_, verdict, expected) => {
    expect(brief(conditions([], verdict))[0]).toBe(expected);
  });

  test('an invalid policy has no condition about what it refers to', () => {
    expect(brief(conditions([problem('NoEndpoints')], { isValid: false }))).toEqual([
      'Accepted False Invalid',
    ]);
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
    const [, refs] = conditions(
      Array.from({ length: 2000 }, (_, at) => problem('SecretInvalid', `spec.field${at}`)),
    );
    expect(refs?.message.length).toBe(32_768);
  });
});

test('each carries the generation that was judged and an RFC 3339 time', () => {
  for (const condition of conditions([])) {
    expect(condition).toMatchObject({ observedGeneration: 4, lastTransitionTime: '1970-01-01T00:00:00Z' });
  }
});

test('doubts about client addresses are a condition only where there are any', () => {
  expect(brief(conditions([problem('ClientAddressDoubtful')]))).toEqual([
    'Accepted True Accepted',
    'ResolvedRefs True ResolvedRefs',
    'ClientAddressDoubtful True ClientAddressDoubtful',
  ]);
  expect(conditions([]).map(({ type }) => type)).not.toContain('ClientAddressDoubtful');
});

test('a message names the Ingress that a finding is about, and says equal things once', () => {
  const object = { kind: 'Ingress', namespace: 'chat', name: 'web' };
  const twice = { ...problem('ServiceNotFound', 'spec.rules[0]'), object };
  const [, refs] = conditions([twice, twice]);
  expect(refs?.message).toBe('Ingress web spec.rules[0]: about ServiceNotFound (mend ServiceNotFound)');
});
