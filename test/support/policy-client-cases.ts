// The cases of rules about clients: limits, timeouts, TLS, sessions. Part of policy-cases.ts.
import type { RuleCase } from './policy-edits.ts';

const durations: readonly (readonly [rule: string, field: string, good: string, bad: string])[] = [
  ['hsts-max-age-range', 'client.tls.hsts.maxAge', '0s', '17520h1s'],
  ['client-timeout-range', 'client.timeouts.requestHead', '1s', '999ms'],
  ['client-timeout-range', 'client.timeouts.requestBodyIdle', '24h', '25h'],
  ['client-timeout-range', 'client.timeouts.keepAlive', '90s', '0s'],
];

const rule = 'admission.rules.0';
const ruleField = 'admission.rules[0]';

const devices = { mode: 'Require', caRef: { kind: 'Secret', name: 'devices' } };

export const CLIENT_RULE_CASES: readonly RuleCase[] = [
  {
    rule: 'client-certificate-ca',
    field: 'client.clientCertificate',
    good: { 'client.clientCertificate': { mode: 'Disabled' } },
    bad: { 'client.clientCertificate': { mode: 'Require' } },
  },
  {
    rule: 'certificate-asked-for',
    field: '',
    good: { [`${rule}.clientCertificate`]: true, 'client.clientCertificate': devices },
    bad: { [`${rule}.clientCertificate`]: true, 'client.clientCertificate': { mode: 'Disabled' } },
  },
  {
    rule: 'certificate-asked-for',
    field: '',
    good: { 'client.clientCertificate': devices },
    bad: { [`${rule}.clientCertificate`]: true },
  },
  {
    rule: 'refusal-conditions',
    field: ruleField,
    good: { [`${rule}.clientCertificate`]: true, 'client.clientCertificate': devices },
    bad: {
      [`${rule}.clientCertificate`]: true,
      [`${rule}.action`]: 'Deny',
      'client.clientCertificate': devices,
    },
  },
  {
    rule: 'verify-session-credentials',
    field: ruleField,
    good: { [`${rule}.verifySession`]: {}, [`${rule}.bearerToken`]: true },
    bad: { [`${rule}.verifySession`]: {} },
  },
  {
    rule: 'cache-ttl-range',
    field: `${ruleField}.verifySession.cacheTTL`,
    good: { [`${rule}.verifySession.cacheTTL`]: '1s', [`${rule}.cookies`]: [{ name: 'MMAUTHTOKEN' }] },
    bad: { [`${rule}.verifySession.cacheTTL`]: '0s', [`${rule}.cookies`]: [{ name: 'MMAUTHTOKEN' }] },
  },
  {
    rule: 'cidr-canonical',
    field: 'limits.exemptCIDRs[0]',
    good: { 'limits.exemptCIDRs': ['2001:db8::/32'] },
    bad: { 'limits.exemptCIDRs': ['192.0.2.1/24'] },
  },
  ...durations.map(([rule, field, good, bad]) => ({
    rule,
    field,
    good: { [field]: good },
    bad: { [field]: bad },
  })),
];
