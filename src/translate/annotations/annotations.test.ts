// What becomes of every annotation of the table, and that whatever is written can stand in a policy.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPolicy } from '../../api/validate.ts';
import { type IngressSettings, readAnnotations } from './annotations.ts';
import { nginxAnnotations } from './table.ts';
import { saidOf, settingsOf } from './test-reading.ts';

const open: IngressSettings = {
  spec: {},
  redirect: 'with-tls',
  requiresPolicy: false,
  restrictions: [],
  problems: [],
};

/** One good value of each annotation that is read, and what comes of it. */
const kept: Readonly<Record<string, readonly [value: string, settings: Partial<IngressSettings>]>> = {
  'proxy-body-size': ['1000M', { spec: { limits: { requestBody: '1000Mi' } } }],
  'proxy-connect-timeout': ['5', { spec: { backend: { timeouts: { connect: '5s' } } } }],
  'limit-rps': ['10', { spec: { limits: { requestsPerSecond: 10, burst: 50 } } }],
  'limit-connections': ['10', { spec: { limits: { connectionsPerSource: 10 } } }],
  'proxy-read-timeout': [
    '600',
    { spec: { backend: { timeouts: { response: '600s' } }, websocket: { idleTimeout: '600s' } } },
  ],
  'proxy-send-timeout': ['600', { spec: { websocket: { idleTimeout: '600s' } } }],
  'ssl-redirect': ['false', { redirect: 'never' }],
  'force-ssl-redirect': ['true', { redirect: 'always' }],
  affinity: ['cookie', { spec: { sessionPersistence: { type: 'Cookie' } } }],
  'session-cookie-name': [
    'route',
    { spec: { sessionPersistence: { type: 'Cookie', cookie: { name: 'route' } } } },
  ],
  'session-cookie-path': ['/', { spec: { sessionPersistence: { type: 'Cookie', cookie: { path: '/' } } } }],
  'session-cookie-max-age': ['0', {}],
  'session-cookie-expires': ['0', {}],
  'session-cookie-samesite': [
    'Strict',
    { spec: { sessionPersistence: { type: 'Cookie', cookie: { sameSite: 'Strict' } } } },
  ],
  'upstream-hash-by': ['$remote_addr', { spec: { sessionPersistence: { type: 'SourceAddress' } } }],
  'allowlist-source-range': ['10.0.0.0/8', { spec: admission('Allow', 'annotation-allowlist') }],
  'whitelist-source-range': ['10.0.0.0/8', { spec: admission('Allow', 'annotation-allowlist') }],
  'denylist-source-range': ['10.0.0.0/8', { spec: admission('Deny', 'annotation-denylist') }],
  'auth-tls-secret': [
    'mattermost/devices',
    {
      spec: {
        client: { clientCertificate: { mode: 'Require', caRef: { kind: 'Secret', name: 'devices' } } },
      },
    },
  ],
  'auth-tls-verify-client': ['off', {}],
  'backend-protocol': ['HTTPS', { spec: { backend: { tls: { mode: 'InsecureSkipVerify' } } } }],
  'load-balance': ['round_robin', { spec: { backend: { loadBalancing: 'RoundRobin' } } }],
  'enable-access-log': ['false', { spec: { accessLog: { enabled: false } } }],
};
/** Read only beside another one; backend.test.ts and source-limits.test.ts have them. */
const keptWithOthers = [
  'limit-burst-multiplier',
  'limit-whitelist',
  'limit-allowlist',
  'proxy-ssl-secret',
  'proxy-ssl-verify',
  'proxy-ssl-name',
  'proxy-ssl-protocols',
];

function admission(action: 'Allow' | 'Deny', name: string): IngressSettings['spec'] {
  return {
    admission: {
      rules: [{ name, sourceCIDRs: ['10.0.0.0/8'], action }],
      defaultAction: action === 'Allow' ? 'Deny' : 'Allow',
      deny: { status: 403, rejectReason: 'None' },
    },
  };
}

function namesOf(...fates: readonly string[]): readonly string[] {
  return nginxAnnotations.filter((entry) => fates.includes(entry.fate)).map((entry) => entry.name);
}

describe('the table', () => {
  test('names each annotation once, and each that is read has a case', () => {
    const names = nginxAnnotations.map((entry) => entry.name);
    expect(new Set(names).size).toBe(names.length);
    expect([...Object.keys(kept), ...keptWithOthers].toSorted()).toEqual(namesOf('kept').toSorted());
  });

  test.each(Object.entries(kept))('%s is read', (name, [value, settings]) => {
    expect(settingsOf({ [name]: value })).toEqual({ ...open, ...settings });
  });

  test.each(namesOf('harmless'))('%s is accepted in silence', (name) => {
    for (const value of ['', 'on', '8k']) expect(settingsOf({ [name]: value })).toEqual(open);
  });

  test.each(namesOf('unsupported'))('%s has no effect, which is said with what does the same', (name) => {
    const settings = settingsOf({ [name]: 'true' });
    const key = `nginx.ingress.kubernetes.io/${name}`;
    expect(settings).toEqual({
      ...open,
      problems: [
        {
          severity: 'warning',
          field: `metadata.annotations["${key}"]`,
          reason: 'AnnotationUnsupported',
          message: `Annotation ${key} has no effect here`,
          remedy: expect.stringMatching(/^[A-Z].*[^.]$/u),
        },
      ],
    });
  });

  test.each(namesOf('restriction'))('%s closes the site', (name) => {
    const settings = settingsOf({ [name]: 'true' });
    const key = `nginx.ingress.kubernetes.io/${name}`;
    expect(settings).toEqual({
      ...open,
      restrictions: [
        {
          severity: 'error',
          field: `metadata.annotations["${key}"]`,
          reason: 'UnsupportedRestriction',
          message: `Annotation ${key} restricts access and has no effect here; the hosts of the Ingress answer 503 until it is removed or named in mattermost-ingress.io/ignore-annotations`,
          remedy: expect.stringMatching(/^[A-Z].*[^.]$/u),
        },
      ],
    });
  });

  const switches = nginxAnnotations.filter((entry) => entry.isSwitch).map((entry) => entry.name);
  test.each(switches)('%s that is off asks for nothing', (name) => {
    for (const value of ['false', 'False', 'off', '0', ' false ']) {
      expect(settingsOf({ [name]: value })).toEqual(open);
    }
  });

  test.each(namesOf('snippet'))('%s never runs, and closes the site where it restricts', (name) => {
    expect(saidOf(settingsOf({ [name]: 'proxy_cache images;' }))).toEqual([`AnnotationUnsupported ${name}`]);
    const settings = settingsOf({ [name]: 'proxy_cache images;\ndeny all;' });
    expect(saidOf(settings)).toEqual([`UnsupportedRestriction ${name}`]);
  });
});

describe('redirects', () => {
  test.each([
    [{}, 'with-tls'],
    [{ 'ssl-redirect': 'true' }, 'with-tls'],
    [{ 'ssl-redirect': 'F' }, 'never'],
    [{ 'ssl-redirect': 'true', 'force-ssl-redirect': 'false' }, 'with-tls'],
    [{ 'ssl-redirect': 'false', 'force-ssl-redirect': 'true' }, 'always'],
  ] as const)('%j', (values, redirect) => {
    expect(settingsOf(values)).toEqual({ ...open, redirect });
  });

  test.each(['ssl-redirect', 'force-ssl-redirect'])('%s that cannot be read is said', (name) => {
    const settings = settingsOf({ [name]: 'no' });
    expect(settings.redirect).toBe('with-tls');
    expect(saidOf(settings)).toEqual([`AnnotationInvalid ${name}`]);
  });
});

describe('annotations of our own', () => {
  const key = 'mattermost-ingress.io/require-policy';

  test.each([
    ['true', true],
    [' True', true],
    ['false', false],
  ])('require-policy %j', (value, requiresPolicy) => {
    expect(settingsOf({ [key]: value })).toEqual({ ...open, requiresPolicy });
  });

  test('a require-policy that cannot be read demands one', () => {
    const settings = settingsOf({ [key]: 'yes' });
    expect(settings.requiresPolicy).toBe(true);
    expect(saidOf(settings)).toEqual([`AnnotationInvalid ${key}`]);
  });

  test('an unknown one is said, with the one it was probably meant to be', () => {
    const settings = settingsOf({ 'mattermost-ingress.io/require-polcy': 'true' });
    expect(saidOf(settings)).toEqual(['AnnotationInvalid mattermost-ingress.io/require-polcy']);
    expect(settings.problems[0]?.remedy).toBe('Did you mean require-policy?');
    expect(settingsOf({ 'mattermost-ingress.io/x': '' }).problems[0]?.remedy).toMatch(
      /require-policy, ignore/u,
    );
  });
});

describe('ignore-annotations', () => {
  const key = 'mattermost-ingress.io/ignore-annotations';
  const values = {
    'auth-url': 'https://sso',
    'server-snippet': 'deny all;',
    canary: 'true',
    affinity: 'cookie',
  };

  test('names are passed over with and without prefix, whatever their fate', () => {
    const ignored = ' auth-url, nginx.ingress.kubernetes.io/server-snippet,canary ,affinity,';
    expect(settingsOf({ ...values, [key]: ignored })).toEqual(open);
  });

  test('others are not', () => {
    const settings = settingsOf({ ...values, [key]: 'auth-url,canary' });
    expect(saidOf(settings)).toEqual(['UnsupportedRestriction server-snippet']);
    expect(settings.spec).toEqual({ sessionPersistence: { type: 'Cookie' } });
  });

  test('of other controllers too', () => {
    expect(settingsOf({ 'haproxy.org/auth-type': 'basic', [key]: 'auth-type' })).toEqual(open);
  });

  test.each(['auth-ur', '*', 'require-policy', 'mattermost-ingress.io/require-policy'])(
    '%s passes over nothing, and that is said',
    (ignored) => {
      const settings = settingsOf({
        'auth-url': 'x',
        'mattermost-ingress.io/require-policy': 'true',
        [key]: ignored,
      });
      expect(settings.requiresPolicy).toBe(true);
      expect(saidOf(settings)).toEqual(['UnsupportedRestriction auth-url', `AnnotationInvalid ${key}`]);
    },
  );
});

describe('any annotations', () => {
  const names = nginxAnnotations.map(({ name }) => `nginx.ingress.kubernetes.io/${name}`);
  const own = ['mattermost-ingress.io/require-policy', 'mattermost-ingress.io/ignore-annotations'];
  const words = [
    'cookie',
    'HTTPS',
    'on',
    'true',
    '60',
    '600',
    '1000m',
    '0',
    'a/b',
    '10.0.0.1/8,::1',
    '/x',
    'None',
    '$remote_addr',
    'TLSv1.3',
    'auth-url',
  ];
  const values = fc.oneof(fc.constantFrom(...words), fc.string(), fc.nat().map(String));
  const annotations = fc.dictionary(fc.oneof(fc.constantFrom(...names, ...own), fc.string()), values, {
    maxKeys: 30,
  });

  test('are read without error, the same each time and in any order, into what a policy may hold', () => {
    const property = fc.property(annotations, (written) => {
      const settings = readAnnotations(written, 'mattermost');
      const reversed = Object.fromEntries(Object.entries(written).toReversed());
      expect(readAnnotations(reversed, 'mattermost')).toEqual(settings);
      const spec = {
        targetRefs: [{ group: 'networking.k8s.io', kind: 'Ingress', name: 'chat' }],
        admission: { defaultAction: 'Allow' },
        ...settings.spec,
      };
      const policy = { apiVersion: 'mattermost-ingress.io/v1alpha1', kind: 'MattermostIngressPolicy', spec };
      expect(checkPolicy({ ...policy, metadata: { name: 'a', namespace: 'b' } }).issues).toEqual([]);
    });
    fc.assert(property, { numRuns: 1000 });
  });

  test('no message holds a value', () => {
    const secret = 'hunter2hunter2';
    for (const name of [...names, ...own, 'haproxy.org/auth-secret', 'nginx.ingress.kubernetes.io/x']) {
      const { restrictions, problems } = readAnnotations({ [name]: secret }, 'mattermost');
      expect(JSON.stringify([restrictions, problems])).not.toContain(secret);
    }
  });
});
