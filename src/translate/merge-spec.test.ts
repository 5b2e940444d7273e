// A policy over annotations: who wins, field by field, and that the result is what a policy may be.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PolicySpec } from '../api/policy.ts';
import { checkPolicy } from '../api/validate.ts';
import { type AnnotationSpec, readAnnotations } from './annotations/annotations.ts';
import { mergeSpec } from './merge-spec.ts';

const admission = { defaultAction: 'Allow' } as const;

function merge(base: AnnotationSpec, over: Omit<PolicySpec, 'admission'>) {
  const { admission: _, ...rest } = mergeSpec(base, { ...over, admission });
  return rest;
}

const permanent: AnnotationSpec = {
  sessionPersistence: {
    type: 'Cookie',
    cookie: { name: 'route', lifetimeType: 'Permanent' },
    absoluteTimeout: '48h',
  },
};
const verified: AnnotationSpec = {
  backend: { tls: { mode: 'Verify', caRef: { kind: 'Secret', name: 'ca' }, serverName: 'mm.internal' } },
};

describe('merge', () => {
  test('leaf fields of the policy win, others stay', () => {
    const base: AnnotationSpec = {
      limits: { requestBody: '1000Mi' },
      websocket: { idleTimeout: '600s' },
      backend: { timeouts: { connect: '5s', response: '600s' }, loadBalancing: 'RoundRobin' },
      accessLog: { enabled: false },
    };
    const over = { limits: { requestBody: '0' }, backend: { timeouts: { response: '1h' } } };
    expect(merge(base, over)).toEqual({
      limits: { requestBody: '0' },
      websocket: { idleTimeout: '600s' },
      backend: { timeouts: { connect: '5s', response: '1h' }, loadBalancing: 'RoundRobin' },
      accessLog: { enabled: false },
    });
  });

  test('without annotations the policy is as it was, and leaves no fields without value', () => {
    const over = { admission, backend: { timeouts: { connect: '1s' } } };
    expect(mergeSpec({}, over)).toStrictEqual(over);
    expect(mergeSpec({ backend: { loadBalancing: 'Random' } }, { admission })).toStrictEqual({
      admission,
      backend: { loadBalancing: 'Random' },
    });
  });

  test('admission of the policy stands in place of that of annotations; without any theirs holds', () => {
    const rules = [{ name: 'a', sourceCIDRs: ['192.0.2.0/24'], action: 'Allow' }] as const;
    const base: AnnotationSpec = { admission: { rules, defaultAction: 'Deny', deny: { status: 403 } } };
    expect(mergeSpec(base, { admission })).toEqual({ admission });
    expect(mergeSpec(base, {})).toEqual(base);
  });

  test.each<
    readonly [name: string, base: AnnotationSpec, over: Omit<PolicySpec, 'admission'>, merged: object]
  >([
    [
      'another type',
      permanent,
      { sessionPersistence: { type: 'None' } },
      { sessionPersistence: { type: 'None' } },
    ],
    [
      'fields of the cookie over a hash',
      { sessionPersistence: { type: 'SourceAddress' } },
      { sessionPersistence: { cookie: { name: 'a' } } },
      { sessionPersistence: { cookie: { name: 'a' } } },
    ],
    [
      'prefix lengths over a hash',
      { sessionPersistence: { type: 'SourceAddress' } },
      { sessionPersistence: { sourceAddress: { ipv4PrefixLength: 24 } } },
      { sessionPersistence: { type: 'SourceAddress', sourceAddress: { ipv4PrefixLength: 24 } } },
    ],
    [
      'a cookie that ends with the browser',
      permanent,
      { sessionPersistence: { cookie: { lifetimeType: 'Session' } } },
      { sessionPersistence: { type: 'Cookie', cookie: { name: 'route', lifetimeType: 'Session' } } },
    ],
    [
      'another name',
      permanent,
      { sessionPersistence: { cookie: { name: 'a' } } },
      {
        sessionPersistence: {
          type: 'Cookie',
          cookie: { name: 'a', lifetimeType: 'Permanent' },
          absoluteTimeout: '48h',
        },
      },
    ],
    [
      'plain HTTP',
      verified,
      { backend: { tls: { mode: 'Disabled' } } },
      { backend: { tls: { mode: 'Disabled' } } },
    ],
    [
      'no verification',
      verified,
      { backend: { tls: { mode: 'InsecureSkipVerify' } } },
      { backend: { tls: { mode: 'InsecureSkipVerify', serverName: 'mm.internal' } } },
    ],
    [
      'another authority',
      verified,
      { backend: { tls: { mode: 'Verify', caRef: { kind: 'ConfigMap', name: 'b' } } } },
      {
        backend: {
          tls: { mode: 'Verify', caRef: { kind: 'ConfigMap', name: 'b' }, serverName: 'mm.internal' },
        },
      },
    ],
  ])('%s', (_, base, over, merged) => {
    expect(merge(base, over)).toStrictEqual(merged);
  });
});

describe('any annotations under any policy', () => {
  const optional = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined });
  const annotations = fc.record(
    {
      affinity: fc.constant('cookie'),
      'session-cookie-name': fc.constant('route'),
      'session-cookie-max-age': fc.constantFrom('0', '600'),
      'upstream-hash-by': fc.constant('$remote_addr'),
      'backend-protocol': fc.constant('HTTPS'),
      'proxy-ssl-secret': fc.constant('ca'),
      'proxy-ssl-verify': fc.constantFrom('on', 'off'),
      'proxy-ssl-protocols': fc.constant('TLSv1.3'),
      'proxy-read-timeout': fc.constantFrom('10', '600'),
      'allowlist-source-range': fc.constant('10.0.0.0/8'),
    },
    { requiredKeys: [] },
  );
  const cookie = fc.constantFrom({}, { name: 'a' }, { lifetimeType: 'Session' }, { sameSite: 'None' });
  const sessionPersistence = fc.oneof(
    fc.record({ type: fc.constantFrom('SourceAddress', 'None') }),
    fc.record({ type: fc.constant('Cookie'), cookie }),
    fc.record({ cookie, fallback: fc.constant(['SourceAddress']) }),
    fc.constant({ cookie: { lifetimeType: 'Permanent' }, absoluteTimeout: '1h' }),
    fc.constant({ sourceAddress: { ipv4PrefixLength: 24 } }),
  );
  const tls = fc.constantFrom(
    { mode: 'Disabled' },
    { mode: 'InsecureSkipVerify', serverName: 'a' },
    { mode: 'Verify', caRef: { kind: 'ConfigMap', name: 'a' } },
  );
  const spec = fc.record({
    admission: fc.constant(admission),
    targetRefs: fc.constant([{ group: 'networking.k8s.io', kind: 'Ingress', name: 'a' }]),
    sessionPersistence: optional(sessionPersistence),
    backend: optional(fc.record({ tls: optional(tls) })),
  });

  test('give what a policy may be', () => {
    const property = fc.property(annotations, spec, (values, written) => {
      const whole = Object.entries(values).map(([name, value]) => [
        `nginx.ingress.kubernetes.io/${name}`,
        value,
      ]);
      const metadata = { name: 'a', namespace: 'b' };
      const head = {
        apiVersion: 'mattermost-ingress.io/v1alpha1',
        kind: 'MattermostIngressPolicy',
        metadata,
      };
      const clean: unknown = JSON.parse(JSON.stringify({ ...head, spec: written }));
      const { policy, issues } = checkPolicy(clean);
      expect(issues).toEqual([]);
      if (policy === undefined) return;
      const { spec: base } = readAnnotations(Object.fromEntries(whole), 'b');
      expect(checkPolicy({ ...head, spec: mergeSpec(base, policy.spec) }).issues).toEqual([]);
    });
    fc.assert(property, { numRuns: 1000 });
  });
});
