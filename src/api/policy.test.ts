// The types that come out of the schema: what translate/ relies on.
import { expect, expectTypeOf, test } from 'vitest';
import { policyWith } from '../../test/support/policy-edits.ts';
import type {
  AdmissionRule,
  BackendTls,
  ClientSpec,
  CookieCondition,
  HeaderCondition,
  LimitsSpec,
  PathCondition,
  PolicySpec,
  RouteSpec,
  SessionPersistence,
  WebSocketSpec,
} from './policy.ts';
import { checkPolicy } from './validate.ts';

test('the types are those of the fields', () => {
  expectTypeOf<RouteSpec['hosts']>().toEqualTypeOf<readonly string[]>();
  expectTypeOf<NonNullable<PolicySpec['targetRefs']>[number]['name']>().toEqualTypeOf<string>();
  expectTypeOf<NonNullable<BackendTls['caRef']>['kind']>().toEqualTypeOf<'Secret' | 'ConfigMap'>();
  expectTypeOf<AdmissionRule['action']>().toEqualTypeOf<'Allow' | 'Deny' | 'Reset'>();
  expectTypeOf<AdmissionRule>().toHaveProperty('bearerToken').toEqualTypeOf<true | undefined>();
  expectTypeOf<PathCondition['type']>().toEqualTypeOf<'Exact' | 'Prefix' | 'Pattern'>();
  expectTypeOf<HeaderCondition>().toHaveProperty('values').toEqualTypeOf<readonly string[] | undefined>();
  expectTypeOf<CookieCondition>().toHaveProperty('shape').toEqualTypeOf<'MattermostID' | 'Any' | undefined>();
  expectTypeOf<NonNullable<SessionPersistence['fallback']>[number]>().toEqualTypeOf<
    'UserIdentity' | 'SourceAddress'
  >();
  expectTypeOf<BackendTls['mode']>().toEqualTypeOf<'Disabled' | 'Verify' | 'InsecureSkipVerify'>();
  expectTypeOf<NonNullable<ClientSpec['tls']>>()
    .toHaveProperty('minVersion')
    .toEqualTypeOf<'1.1' | '1.2' | '1.3' | undefined>();
  expectTypeOf<WebSocketSpec>().toHaveProperty('idleTimeout').toEqualTypeOf<string | undefined>();
  expectTypeOf<LimitsSpec>().toHaveProperty('requestBody').toEqualTypeOf<string | undefined>();
});

test('a checked policy has them', () => {
  const { policy } = checkPolicy(policyWith({}));
  expect(policy?.spec.route?.service.port).toBe(8065);
  expect(policy?.spec.admission.rules?.[0]?.action).toBe('Allow');
  expect(policy?.spec.backend?.tls).toBeUndefined();
});
