// Policies that keep each rule and keyword of the schema and policies that break it, as plain data:
// the run-time check is held to them, and a real API server can be sent the same.

import { CLIENT_RULE_CASES } from './policy-client-cases.ts';
import type { RuleCase } from './policy-edits.ts';
import { BACKEND_RULE_CASES } from './policy-backend-cases.ts';

const rule = 'admission.rules.0';
const ruleField = 'admission.rules[0]';
const header = { name: 'X-App', values: ['one'] };
const ingressRef = { group: 'networking.k8s.io', kind: 'Ingress', name: 'mattermost' };
const path = (type: string, value: string) => ({ [`${rule}.paths`]: [{ type, value }] });
const cidr = (value: string) => ({ [`${rule}.sourceCIDRs`]: [value] });

/** At least one case a rule, by id. */
export const RULE_CASES: readonly RuleCase[] = [
  ...CLIENT_RULE_CASES,
  {
    rule: 'route-or-targets',
    field: '',
    good: { route: undefined, targetRefs: [ingressRef] },
    bad: { targetRefs: [ingressRef] },
  },
  {
    rule: 'route-or-targets',
    field: '',
    good: {},
    bad: { route: undefined },
  },
  {
    rule: 'class-with-route',
    field: '',
    good: { ingressClassName: 'mattermost' },
    bad: { route: undefined, targetRefs: [ingressRef], ingressClassName: 'mattermost' },
  },
  {
    rule: 'service-port',
    field: 'route.service',
    good: { 'route.service': { name: 'mattermost', portName: 'app' } },
    bad: { 'route.service': { name: 'mattermost', port: 8065, portName: 'app' } },
  },
  {
    rule: 'service-port',
    field: 'route.service',
    good: {},
    bad: { 'route.service': { name: 'mattermost' } },
  },
  {
    rule: 'host-not-address',
    field: 'route.hosts[0]',
    good: { 'route.hosts': ['192.0.2.example.com', '192.0.2', '1.2.3.256', '01.2.3.4'] },
    bad: { 'route.hosts': ['192.0.2.1'] },
  },
  {
    rule: 'paths-inside-site',
    field: '',
    good: { 'route.path': '/chat', ...path('Prefix', '/chat/static') },
    bad: { 'route.path': '/chat', ...path('Prefix', '/chatter') },
  },
  {
    rule: 'paths-inside-site',
    field: '',
    good: { 'route.path': '/chat', ...path('Exact', '/chat') },
    bad: { 'route.path': '/chat', ...path('Pattern', '/oauth/*/complete') },
  },
  {
    rule: 'rule-names-unique',
    field: 'admission.rules',
    good: {
      'admission.rules': [
        { name: 'one', sourceCIDRs: ['192.0.2.0/24'], action: 'Allow' },
        { name: 'two', sourceCIDRs: ['192.0.2.0/24'], action: 'Deny' },
      ],
    },
    bad: {
      'admission.rules': [
        { name: 'one', sourceCIDRs: ['192.0.2.0/24'], action: 'Allow' },
        { name: 'two', sourceCIDRs: ['192.0.2.0/24'], action: 'Allow' },
        { name: 'one', sourceCIDRs: ['198.51.100.0/24'], action: 'Allow' },
      ],
    },
  },
  {
    rule: 'rule-name-reserved',
    field: `${ruleField}.name`,
    good: { [`${rule}.name`]: 'default-office' },
    bad: { [`${rule}.name`]: 'default' },
  },
  {
    rule: 'rule-has-condition',
    field: ruleField,
    good: { [rule]: { name: 'no-put', methods: ['PUT'], action: 'Deny' } },
    bad: { [rule]: { name: 'all', action: 'Deny' } },
  },
  {
    rule: 'refusal-conditions',
    field: ruleField,
    good: { [rule]: { name: 'no-sockets', request: 'WebSocket', action: 'Reset' } },
    bad: { [rule]: { name: 'no-app', headers: [header], action: 'Deny' } },
  },
  {
    rule: 'refusal-conditions',
    field: ruleField,
    good: { [`${rule}.action`]: 'Reset' },
    bad: { [`${rule}.action`]: 'Reset', [`${rule}.cookies`]: [{ name: 'MMUSERID' }] },
  },
  {
    rule: 'refusal-conditions',
    field: ruleField,
    good: { [`${rule}.bearerToken`]: true },
    bad: { [`${rule}.bearerToken`]: true, [`${rule}.action`]: 'Deny' },
  },
  {
    rule: 'allow-needs-proof',
    field: ruleField,
    good: { [rule]: { name: 'sockets', request: 'WebSocket', bearerToken: true, action: 'Allow' } },
    bad: { [rule]: { name: 'sockets', request: 'WebSocket', methods: ['GET'], action: 'Allow' } },
  },
  ...[
    ['192.0.2.0/24', '192.0.2.1/24'],
    ['0.0.0.0/0', '0.0.0.1/0'],
    ['192.0.2.1/32', '192.0.2.1'],
    ['2001:db8::/32', '2001:DB8::/32'],
    ['2001:db8::1/128', '2001:db8:0::1/128'],
    ['::/0', '::ffff:192.0.2.0/120'],
    ['1:0:0:2::/64', '1::2:0:0:0:0/64'],
    ['64:ff9b::/96', '64:ff9b::192.0.2.0/120'],
    ['fe80::/10', 'fe80::%eth0/64'],
    ['198.51.100.128/25', '198.051.100.128/25'],
    ['10.0.0.0/8', '10.0.0.0/08'],
    ['172.16.0.0/12', '172.16.0.0/33'],
    ['2000::/3', '2000::/129'],
    ['2001:db8:0:1::/64', '2001:db8:0:1::1/64'],
    ['203.0.113.0/24', '3405803776/24'],
  ].map(([good = '', bad = '']) => ({
    rule: 'cidr-canonical',
    field: `${ruleField}.sourceCIDRs[0]`,
    good: cidr(good),
    bad: cidr(bad),
  })),
  ...(
    [
      ['Exact', '/login/desktop', 'login/desktop'],
      ['Exact', '/', '//'],
      ['Exact', '/login/', '/login//desktop'],
      ['Prefix', '/static', '/sta*'],
      ['Prefix', '/plugins/com.mattermost.calls', '/plugins%2f'],
      ['Pattern', '/oauth/*/complete', '/oauth/a*/complete'],
      ['Pattern', '/*/*', '/oauth/*/'],
      ['Pattern', '/a', '/oauth//*'],
      ['Exact', '/a~b=c@d:e,f+g', '/a b'],
      ['Exact', '/x', '/x?y=z'],
      ['Exact', '/x', '/x;y'],
      ['Exact', '/x', '/x\\y'],
    ] as const
  ).map(([type, good, bad]) => ({
    rule: 'path-syntax',
    field: `${ruleField}.paths[0]`,
    good: path(type, good),
    bad: path(type, bad),
  })),
  ...(
    [
      ['Exact', '/a/.well-known', '/a/../b'],
      ['Prefix', '/...', '/a/..'],
      ['Pattern', '/*/a.', '/./*'],
    ] as const
  ).map(([type, good, bad]) => ({
    rule: 'path-dot-segments',
    field: `${ruleField}.paths[0]`,
    good: path(type, good),
    bad: path(type, bad),
  })),
  {
    rule: 'path-lower-case',
    field: `${ruleField}.paths[0]`,
    good: path('Prefix', '/api/v4'),
    bad: path('Prefix', '/Api/v4'),
  },
  {
    rule: 'header-names-unique',
    field: `${ruleField}.headers`,
    good: { [`${rule}.headers`]: [header, { name: 'X-Other', type: 'Present' }] },
    bad: { [`${rule}.headers`]: [header, { name: 'x-app', type: 'Present' }] },
  },
  {
    rule: 'header-name-reserved',
    field: `${ruleField}.headers[0].name`,
    good: { [`${rule}.headers`]: [{ name: 'X-Forwarded', type: 'Present' }] },
    bad: { [`${rule}.headers`]: [{ name: 'X-Forwarded-FOR', type: 'Present' }] },
  },
  {
    rule: 'header-secret-alone',
    field: `${ruleField}.headers[0]`,
    good: { [`${rule}.headers`]: [{ name: 'X-App', secretRef: { name: 'app' } }] },
    bad: { [`${rule}.headers`]: [{ name: 'X-App', secretRef: { name: 'app' }, type: 'Exact' }] },
  },
  {
    rule: 'header-secret-alone',
    field: `${ruleField}.headers[0]`,
    good: { [`${rule}.headers`]: [header] },
    bad: { [`${rule}.headers`]: [{ ...header, secretRef: { name: 'app' } }] },
  },
  {
    rule: 'header-values',
    field: `${ruleField}.headers[0]`,
    good: { [`${rule}.headers`]: [{ name: 'X-App', type: 'Present' }] },
    bad: { [`${rule}.headers`]: [{ name: 'X-App' }] },
  },
  {
    rule: 'header-values',
    field: `${ruleField}.headers[0]`,
    good: { [`${rule}.headers`]: [{ ...header, type: 'Contains' }] },
    bad: { [`${rule}.headers`]: [{ ...header, type: 'Present' }] },
  },
  {
    rule: 'persistence-cookie-fields',
    field: 'sessionPersistence',
    good: { sessionPersistence: { type: 'Cookie', fallback: ['SourceAddress'] } },
    bad: { sessionPersistence: { type: 'SourceAddress', fallback: ['SourceAddress'] } },
  },
  {
    rule: 'persistence-cookie-fields',
    field: 'sessionPersistence',
    good: { sessionPersistence: { cookie: { name: 'STICKY' } } },
    bad: { sessionPersistence: { type: 'None', cookie: { name: 'STICKY' } } },
  },
  {
    rule: 'persistence-source-fields',
    field: 'sessionPersistence',
    good: { sessionPersistence: { type: 'SourceAddress', sourceAddress: { ipv4PrefixLength: 24 } } },
    bad: { sessionPersistence: { type: 'None', sourceAddress: { ipv4PrefixLength: 24 } } },
  },
  {
    rule: 'persistence-absolute-timeout',
    field: 'sessionPersistence',
    good: { sessionPersistence: { cookie: { lifetimeType: 'Permanent' }, absoluteTimeout: '24h' } },
    bad: { sessionPersistence: { cookie: { lifetimeType: 'Permanent' } } },
  },
  {
    rule: 'persistence-absolute-timeout',
    field: 'sessionPersistence',
    good: { sessionPersistence: { cookie: { lifetimeType: 'Session' } } },
    bad: { sessionPersistence: { absoluteTimeout: '24h' } },
  },
  {
    rule: 'fallback-unique',
    field: 'sessionPersistence.fallback',
    good: { 'sessionPersistence.fallback': ['SourceAddress', 'UserIdentity'] },
    bad: { 'sessionPersistence.fallback': ['SourceAddress', 'SourceAddress'] },
  },
  {
    rule: 'sticky-cookie-name',
    field: 'sessionPersistence.cookie.name',
    good: { 'sessionPersistence.cookie.name': 'mmuserid' },
    bad: { 'sessionPersistence.cookie.name': 'MMUSERID' },
  },
  ...(
    [
      ['absolute-timeout-range', 'sessionPersistence.absoluteTimeout', '1m', '59s999ms'],
      ['absolute-timeout-range', 'sessionPersistence.absoluteTimeout', '9600h', '9600h1ms'],
      ['idle-timeout-minimum', 'websocket.idleTimeout', '100s', '99s999ms'],
      ['idle-timeout-minimum', 'websocket.idleTimeout', '50s50s', '0s'],
      ['idle-timeout-maximum', 'websocket.idleTimeout', '239h60m', '241h'],
      ['idle-timeout-maximum', 'websocket.idleTimeout', '240h', '99999h99999h99999h99999h'],
      ['max-duration-range', 'websocket.maxDuration', '0h0s', '59s999ms'],
      ['max-duration-range', 'websocket.maxDuration', '1m', '1ms'],
      ['max-duration-range', 'websocket.maxDuration', '9600h', '9600h1ms'],
      ['max-spread-range', 'websocket.reconnects.maxSpread', '1s', '999ms'],
      ['max-spread-range', 'websocket.reconnects.maxSpread', '10m', '601s'],
      ['drain-timeout-range', 'sessionPersistence.drain.timeout', '1s', '0s'],
      ['drain-timeout-range', 'sessionPersistence.drain.timeout', '24h', '24h1s'],
      ['connect-timeout-range', 'backend.timeouts.connect', '10ms', '9ms'],
      ['connect-timeout-range', 'backend.timeouts.connect', '60s', '1m1ms'],
      ['response-timeout-range', 'backend.timeouts.response', '1s', '999ms'],
      ['response-timeout-range', 'backend.timeouts.response', '24h', '1ms24h'],
      ['reuse-idle-timeout-range', 'backend.connectionReuse.idleTimeout', '1s', '999ms'],
      ['reuse-idle-timeout-range', 'backend.connectionReuse.idleTimeout', '1h', '1h1ms'],
    ] as const
  ).map(([id, field, good, bad]) => {
    const more =
      id === 'absolute-timeout-range' ? { 'sessionPersistence.cookie.lifetimeType': 'Permanent' } : {};
    return { rule: id, field, good: { [field]: good, ...more }, bad: { [field]: bad, ...more } };
  }),
  ...BACKEND_RULE_CASES,
];
