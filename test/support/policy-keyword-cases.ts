// Policies each of which breaks one keyword of the schema, and some that reach every field of it.
// As plain data, beside policy-cases.ts and for the same readers.
import type { Edits, KeywordCase } from './policy-edits.ts';

const rule = 'admission.rules.0';
const ruleField = 'admission.rules[0]';

/** Edits that together use every field of the schema, keyed by what they show. */
export const FULL_POLICIES: Readonly<Record<string, Edits>> = {
  'cookie persistence, verified backends': {
    ingressClassName: 'mattermost',
    route: {
      hosts: ['chat.example.com', '*.example.net'],
      path: '/company/chat',
      service: { name: 'mattermost', port: 8065 },
      tls: { secretName: 'chat-tls', redirectHTTP: false },
    },
    admission: {
      mode: 'Observe',
      rules: [
        { name: 'office', sourceCIDRs: ['192.0.2.0/24', '2001:db8::/32'], action: 'Allow' },
        {
          name: 'published',
          paths: [
            { type: 'Exact', value: '/company/chat/api/v4/notifications/ack' },
            { type: 'Prefix', value: '/company/chat/static' },
            { type: 'Pattern', value: '/company/chat/oauth/*/complete' },
          ],
          methods: ['GET', 'POST'],
          action: 'Allow',
        },
        {
          name: 'app',
          headers: [
            { name: 'X-Mattermost-Preauth-Secret', secretRef: { name: 'preauth' } },
            { name: 'X-App', type: 'Contains', values: ['customvalue', 'other value'] },
            { name: 'X-Device', type: 'Present' },
          ],
          action: 'Allow',
        },
        {
          name: 'signed-in',
          request: 'WebSocket',
          cookies: [{ name: 'MMAUTHTOKEN' }, { name: 'MMUSERID', shape: 'Any' }],
          action: 'Allow',
        },
        { name: 'android', request: 'WebSocket', bearerToken: true, action: 'Allow' },
        { name: 'broken', sourceCIDRs: ['198.51.100.0/24'], action: 'Reset' },
      ],
      defaultAction: 'Deny',
      deny: { status: 404, rejectReason: 'None' },
      forwardSecretHeaders: true,
    },
    sessionPersistence: {
      type: 'Cookie',
      cookie: { name: 'MMSTICKY', path: '/', lifetimeType: 'Permanent', sameSite: 'Strict' },
      absoluteTimeout: '24h',
      fallback: ['UserIdentity', 'SourceAddress'],
      sourceAddress: { ipv4PrefixLength: 24, ipv6PrefixLength: 56 },
    },
    websocket: { idleTimeout: '1h' },
    backend: {
      loadBalancing: 'Random',
      tls: {
        mode: 'Verify',
        caRef: { kind: 'Secret', name: 'ca' },
        serverName: 'mm.internal',
        clientCertificateRef: { name: 'proxy-cert' },
        minVersion: '1.3',
      },
      timeouts: { connect: '3s', response: '10m' },
    },
    client: { tls: { minVersion: '1.1' } },
    limits: { requestBody: '110Mi' },
    accessLog: { enabled: false },
  },
  'open site, port by name': {
    'route.service': { name: 'mattermost', portName: 'app' },
    admission: { defaultAction: 'Allow' },
    sessionPersistence: { type: 'None' },
    'limits.requestBody': '0',
  },
  'over the Ingresses of others, authorities in a ConfigMap': {
    route: undefined,
    targetRefs: [
      { group: 'networking.k8s.io', kind: 'Ingress', name: 'mattermost' },
      { group: 'networking.k8s.io', kind: 'Ingress', name: 'calls' },
    ],
    admission: { defaultAction: 'Allow' },
    'backend.tls': { mode: 'Verify', caRef: { kind: 'ConfigMap', name: 'ca' } },
  },
};

const many = (count: number, make: (index: number) => unknown): readonly unknown[] =>
  Array.from({ length: count }, (_, index) => make(index));

const ingress = { group: 'networking.k8s.io', kind: 'Ingress', name: 'mattermost' };
const target = (...targetRefs: readonly unknown[]): Edits => ({ route: undefined, targetRefs });

const breaches: readonly (readonly [keyword: string, field: string, bad: Edits])[] = [
  ['required', 'admission', { admission: undefined }],
  ['required', 'admission.defaultAction', { 'admission.defaultAction': undefined }],
  ['required', `${ruleField}.action`, { [`${rule}.action`]: undefined }],
  ['required', `${ruleField}.name`, { [`${rule}.name`]: undefined }],
  ['required', 'route.hosts', { 'route.hosts': undefined }],
  ['required', 'route.service', { 'route.service': undefined }],
  ['required', 'route.service.name', { 'route.service': { port: 8065 } }],
  ['required', 'route.tls.secretName', { 'route.tls': { redirectHTTP: true } }],
  ['required', 'backend.tls.mode', { 'backend.tls': { serverName: 'a' } }],
  ['required', 'backend.tls.caRef.kind', { 'backend.tls': { mode: 'Verify', caRef: { name: 'ca' } } }],
  ['unknown-field', 'admision', { admision: { defaultAction: 'Allow' } }],
  ['unknown-field', `${ruleField}.sourceCIDR`, { [`${rule}.sourceCIDR`]: ['192.0.2.0/24'] }],
  ['unknown-field', 'route.tls.secret', { 'route.tls': { secretName: 'a', secret: 'b' } }],
  ['unknown-field', 'targetRefs[0].sectionName', target({ ...ingress, sectionName: 'web' })],
  ['unknown-field', 'accessLog["a.b"]', { accessLog: { 'a.b': 1 } }],
  ['required', 'targetRefs[0].group', target({ kind: 'Ingress', name: 'mattermost' })],
  ['required', 'targetRefs[0].kind', target({ group: 'networking.k8s.io', name: 'mattermost' })],
  ['required', 'targetRefs[0].name', target({ group: 'networking.k8s.io', kind: 'Ingress' })],
  ['null', 'admission', { admission: null }],
  ['null', 'targetRefs', { targetRefs: null }],
  ['null', 'ingressClassName', { ingressClassName: null }],
  ['null', `${ruleField}.sourceCIDRs`, { [`${rule}.sourceCIDRs`]: null }],
  ['null', `${ruleField}.sourceCIDRs[0]`, { [`${rule}.sourceCIDRs`]: [null] }],
  ['null', 'route.service.port', { 'route.service': { name: 'mattermost', port: null } }],
  ['null', 'limits', { limits: null }],
  ['type', 'route', { route: 'chat.example.com' }],
  ['type', 'targetRefs', { route: undefined, targetRefs: ingress }],
  ['type', 'ingressClassName', { ingressClassName: 7 }],
  ['type', 'route.hosts', { 'route.hosts': 'chat.example.com' }],
  ['type', 'route.hosts[0]', { 'route.hosts': [42] }],
  ['type', 'route.service.port', { 'route.service.port': '8065' }],
  ['type', 'route.service.port', { 'route.service.port': 80.5 }],
  ['type', 'client.tls.minVersion', { 'client.tls.minVersion': 1.2 }],
  ['type', `${ruleField}.bearerToken`, { [`${rule}.bearerToken`]: 'yes' }],
  ['type', 'admission.rules', { 'admission.rules': { name: 'office' } }],
  ['type', 'admission.rules[0]', { 'admission.rules': [['office']] }],
  ['type', 'accessLog.enabled', { 'accessLog.enabled': 'true' }],
  ['type', 'websocket.idleTimeout', { 'websocket.idleTimeout': 3600 }],
  ['enum', 'admission.defaultAction', { 'admission.defaultAction': 'deny' }],
  ['enum', 'targetRefs[0].group', target({ ...ingress, group: 'extensions' })],
  ['enum', 'targetRefs[0].kind', target({ ...ingress, kind: 'Service' })],
  ['enum', 'admission.mode', { 'admission.mode': 'Dry' }],
  ['enum', 'admission.deny.status', { 'admission.deny.status': 401 }],
  ['enum', 'admission.deny.rejectReason', { 'admission.deny.rejectReason': 'pre-auth' }],
  ['enum', `${ruleField}.bearerToken`, { [`${rule}.bearerToken`]: false }],
  ['enum', `${ruleField}.methods[0]`, { [`${rule}.methods`]: ['post'] }],
  ['enum', `${ruleField}.request`, { [`${rule}.request`]: 'Websocket' }],
  ['enum', `${ruleField}.cookies[0].shape`, { [`${rule}.cookies`]: [{ name: 'a', shape: 'Id' }] }],
  [
    'enum',
    'backend.tls.caRef.kind',
    { 'backend.tls': { mode: 'Verify', caRef: { kind: 'Configmap', name: 'a' } } },
  ],
  ['enum', 'backend.tls.minVersion', { 'backend.tls': { mode: 'Verify', minVersion: '1.1' } }],
  ['enum', 'sessionPersistence.cookie.sameSite', { 'sessionPersistence.cookie.sameSite': '' }],
  ['pattern', 'route.hosts[0]', { 'route.hosts': ['Chat.Example.com'] }],
  ['pattern', 'route.hosts[0]', { 'route.hosts': ['*.*.example.com'] }],
  ['pattern', 'route.hosts[0]', { 'route.hosts': ['chat.example.com:443'] }],
  ['pattern', 'route.hosts[0]', { 'route.hosts': ['chat.example.com.'] }],
  ['pattern', 'route.hosts[0]', { 'route.hosts': [`${'a'.repeat(64)}.example.com`] }],
  ['pattern', 'ingressClassName', { ingressClassName: 'Mattermost' }],
  ['pattern', 'targetRefs[0].name', target({ ...ingress, name: 'other/mattermost' })],
  ['pattern', 'route.path', { 'route.path': '/chat/' }],
  ['pattern', 'route.path', { 'route.path': 'chat' }],
  ['pattern', 'route.path', { 'route.path': '/a/../b' }],
  ['pattern', 'route.service.name', { 'route.service.name': 'other/mattermost' }],
  ['pattern', `${ruleField}.name`, { [`${rule}.name`]: 'Office' }],
  ['pattern', `${ruleField}.headers[0].name`, { [`${rule}.headers`]: [{ name: 'X App', type: 'Present' }] }],
  [
    'pattern',
    `${ruleField}.headers[0].values[0]`,
    { [`${rule}.headers`]: [{ name: 'X-A', values: ['a\r\nb'] }] },
  ],
  [
    'pattern',
    `${ruleField}.headers[0].values[0]`,
    { [`${rule}.headers`]: [{ name: 'X-A', values: [' a'] }] },
  ],
  ['pattern', `${ruleField}.cookies[0].name`, { [`${rule}.cookies`]: [{ name: 'a=b' }] }],
  ['pattern', 'sessionPersistence.cookie.name', { 'sessionPersistence.cookie.name': '__Host-mm' }],
  ['pattern', 'websocket.idleTimeout', { 'websocket.idleTimeout': '1d' }],
  ['pattern', 'backend.timeouts.response', { 'backend.timeouts.response': '1.5h' }],
  ['pattern', 'limits.requestBody', { 'limits.requestBody': '110M' }],
  ['pattern', 'limits.requestBody', { 'limits.requestBody': '-1' }],
  ['min-length', 'route.hosts[0]', { 'route.hosts': [''] }],
  [
    'min-length',
    `${ruleField}.headers[0].values[0]`,
    { [`${rule}.headers`]: [{ name: 'X-A', values: [''] }] },
  ],
  ['max-length', 'route.path', { 'route.path': `/${'a'.repeat(128)}` }],
  ['max-length', `${ruleField}.name`, { [`${rule}.name`]: 'a'.repeat(64) }],
  ['min-items', 'route.hosts', { 'route.hosts': [] }],
  ['min-items', 'targetRefs', target()],
  ['min-items', 'admission.rules', { 'admission.rules': [] }],
  ['min-items', `${ruleField}.sourceCIDRs`, { [`${rule}.sourceCIDRs`]: [] }],
  ['min-items', 'sessionPersistence.fallback', { 'sessionPersistence.fallback': [] }],
  ['max-items', 'route.hosts', { 'route.hosts': many(17, (index) => `h${index}.example.com`) }],
  [
    'max-items',
    'admission.rules',
    { 'admission.rules': many(33, (index) => ({ name: `r${index}`, methods: ['PUT'], action: 'Deny' })) },
  ],
  ['max-items', 'targetRefs', target(...many(17, (index) => ({ ...ingress, name: `i${index}` })))],
  ['bounds', 'route.service.port', { 'route.service.port': 0 }],
  ['bounds', 'route.service.port', { 'route.service.port': 65536 }],
  [
    'bounds',
    'sessionPersistence.sourceAddress.ipv6PrefixLength',
    { 'sessionPersistence.sourceAddress.ipv6PrefixLength': 129 },
  ],
  ['duplicate', 'route.hosts[2]', { 'route.hosts': ['a.example.com', 'b.example.com', 'a.example.com'] }],
  ['duplicate', 'targetRefs[1]', target(ingress, ingress)],
  ['duplicate', `${ruleField}.methods[1]`, { [`${rule}.methods`]: ['GET', 'GET'] }],
  [
    'duplicate',
    `${ruleField}.cookies[1]`,
    { [`${rule}.cookies`]: [{ name: 'a' }, { name: 'a', shape: 'Any' }] },
  ],
];

/** At least one case for every keyword. */
export const KEYWORD_CASES: readonly KeywordCase[] = breaches.map(([keyword, field, bad]) => ({
  rule: keyword,
  field,
  bad,
}));
