// Compiled admission: secret headers, the reject reason, rules that match nobody.
import { describe, expect, test } from 'vitest';
import type { AdmissionSpec } from '../api/policy.ts';
import type { Admission } from '../model/configuration.ts';
import { compileAdmission } from './admission.ts';
import { secret } from './test-objects.ts';

const SECRETS = new Map([['chat/preauth', secret('chat/preauth', { key: '0123456789abcdef' })]]);

function compile(spec: AdmissionSpec): Admission {
  return compileAdmission(
    spec,
    { secrets: SECRETS, namespace: 'chat', digestKey: Buffer.from('d') },
    () => {},
  );
}

function withHeaders(...names: readonly string[]): AdmissionSpec {
  const headers = names.map((name) => ({ name: 'X-Secret', secretRef: { name } }));
  return {
    rules: headers.map((header, at) => ({ name: `r${at}`, headers: [header], action: 'Allow' })),
    defaultAction: 'Deny',
  };
}

describe('secret headers', () => {
  test('every header named by a secretRef is removed before forwarding, once and in lower case', () => {
    expect(compile(withHeaders('preauth', 'preauth')).secretHeaders).toEqual(['x-secret']);
  });

  test('also where the Secret is missing, and in Observe', () => {
    expect(compile({ ...withHeaders('gone'), mode: 'Observe' }).secretHeaders).toEqual(['x-secret']);
  });

  test('a header compared with plain values goes on', () => {
    const headers = [{ name: 'X-App', values: ['mobile'] }];
    const spec: AdmissionSpec = { rules: [{ name: 'app', headers, action: 'Allow' }], defaultAction: 'Deny' };
    expect(compile(spec).secretHeaders).toEqual([]);
  });

  test('the policy may ask for them to be forwarded', () => {
    expect(compile({ ...withHeaders('preauth'), forwardSecretHeaders: true }).secretHeaders).toEqual([]);
  });
});

describe('deny', () => {
  test.each([
    ['no secretRef', { defaultAction: 'Deny' }, 'None'],
    ['a secretRef', withHeaders('preauth'), 'PreAuth'],
    ['a secretRef whose Secret is missing', withHeaders('gone'), 'PreAuth'],
    ['a secretRef that is forwarded', { ...withHeaders('preauth'), forwardSecretHeaders: true }, 'PreAuth'],
    ['the word of the policy', { ...withHeaders('preauth'), deny: { rejectReason: 'None' } }, 'None'],
  ] as const)('reject reason with %s', (_, spec, expected) => {
    expect(compile(spec).rejectReason).toBe(expected);
  });

  test('is 403 unless the policy says otherwise', () => {
    expect(compile({ defaultAction: 'Deny' }).denyStatus).toBe(403);
    expect(compile({ defaultAction: 'Deny', deny: { status: 404 } }).denyStatus).toBe(404);
  });
});

describe('rules', () => {
  test('a rule with one usable and one missing Secret matches nobody: all conditions must hold', () => {
    const headers = [
      { name: 'X-A', secretRef: { name: 'preauth' } },
      { name: 'X-B', secretRef: { name: 'gone' } },
    ];
    const { rules } = compile({ rules: [{ name: 'app', headers, action: 'Allow' }], defaultAction: 'Deny' });
    expect(rules.map(({ never }) => never)).toEqual([true]);
  });

  test('stay in their order', () => {
    const spec: AdmissionSpec = {
      rules: ['b', 'a', 'c'].map((name) => ({
        name,
        methods: ['GET'],
        paths: [{ type: 'Exact', value: '/' }],
        action: 'Allow',
      })),
      defaultAction: 'Deny',
    };
    expect(compile(spec).rules.map(({ name }) => name)).toEqual(['b', 'a', 'c']);
  });

  test('a condition that is absent stays undefined, which is not the same as one that nobody meets', () => {
    const [rule] = compile({
      rules: [{ name: 'calls', bearerToken: true, action: 'Allow' }],
      defaultAction: 'Deny',
    }).rules;
    expect(rule).toEqual({
      name: 'calls',
      action: 'Allow',
      never: false,
      sources: undefined,
      paths: undefined,
      methods: undefined,
      headers: undefined,
      request: undefined,
      cookies: undefined,
      bearerToken: true,
      clientCertificate: false,
    });
  });

  test('a refusal whose networks cannot be read is no configuration at all', () => {
    const rule = { name: 'block', sourceCIDRs: ['not a network'], action: 'Deny' } as const;
    expect(() => compile({ rules: [rule], defaultAction: 'Allow' })).toThrow(
      'spec.admission.rules[0].sourceCIDRs',
    );
  });
});
