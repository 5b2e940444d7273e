// What an Ingress wants served: its places with TLS and plain HTTP, who governs it, and what closes it.
import { describe, expect, test } from 'vitest';
import type { Ingress, RawPolicy } from '../api/objects.ts';
import { type IngressDraft, readIngresses } from './ingresses.ts';
import { type PolicyDraft, readPolicies } from './policies.ts';
import {
  brief,
  DEFAULT_CLASSES,
  ingress,
  type IngressLine,
  ingressRef,
  objectSet,
  targetPolicy,
} from './test-objects.ts';

const NGINX = 'nginx.ingress.kubernetes.io';
const HOST = 'chat.example.com';
const ROOT: IngressLine = [HOST, '/'];

type World = { readonly policies?: readonly RawPolicy[]; readonly requirePolicy?: boolean };

function drafts(objects: readonly Ingress[], world: World = {}, before: readonly IngressDraft[] = []) {
  const { policies = [], requirePolicy = false } = world;
  const source = { classes: DEFAULT_CLASSES, remembered: new Map(), before: [] };
  const governors: readonly PolicyDraft[] = readPolicies(objectSet(...policies).policies, source);
  const own = { ownsIngress: ({ ingressClassName }: Ingress) => ingressClassName === 'mattermost' };
  return readIngresses(objectSet(...objects).ingresses, governors, { classes: own, requirePolicy, before });
}

function draftOf(object: Ingress, world?: World): IngressDraft {
  const [draft] = drafts([object], world);
  if (draft === undefined) throw new Error('No draft');
  return draft;
}

const web = (more: Partial<Ingress> = {}, lines: readonly IngressLine[] = [ROOT]) =>
  ingress('chat/web', lines, more);

describe('places', () => {
  const lines = ({ places }: IngressDraft) =>
    places.map(({ claim }) => `${claim.hosts.join()} ${claim.pathType} ${claim.path ?? ''}`);

  test.each<[string, readonly IngressLine[], readonly string[]]>([
    [
      'one for each host and path',
      [ROOT, ['a.example.com', '/x']],
      [`${HOST} Prefix /`, 'a.example.com Prefix /x'],
    ],
    ['Prefix without slashes at its end', [[HOST, '/x/']], [`${HOST} Prefix /x`]],
    ['Exact as it is written', [[HOST, '=/x/']], [`${HOST} Exact /x/`]],
    ['any host', [['*', '/']], ['* Prefix /']],
    [
      'of two equal lines the first',
      [
        [HOST, '/x', 'one'],
        [HOST, '/x/', 'two'],
      ],
      [`${HOST} Prefix /x`],
    ],
    [
      'Exact and Prefix apart',
      [
        [HOST, '/x'],
        [HOST, '=/x'],
      ],
      [`${HOST} Prefix /x`, `${HOST} Exact /x`],
    ],
  ])('%s', (_, written, expected) => {
    expect(lines(draftOf(web({}, written)))).toEqual(expected);
  });

  test('ImplementationSpecific is Prefix, and no path is the root', () => {
    const backend = { serviceName: 'mattermost', port: 8065 };
    const rules = [{ host: HOST, paths: [{ pathType: 'ImplementationSpecific', backend } as const] }];
    expect(lines(draftOf(web({ rules })))).toEqual([`${HOST} Prefix /`]);
  });

  test('defaultBackend stands in for its own hosts and for any', () => {
    const defaultBackend = { serviceName: 'fallback', port: 80 };
    const { places } = draftOf(web({ defaultBackend }, [[HOST, '/x'], ROOT]));
    // The root has a rule: the fallback has nothing left to answer for there.
    expect(places.map(({ claim }) => [claim.hosts[0], claim.path, claim.isFallback])).toEqual([
      [HOST, '/x', false],
      [HOST, '/', false],
      ['*', '/', true],
    ]);
  });

  test('a backend that is no Service has none', () => {
    const rules = [
      { host: HOST, paths: [{ path: '/', pathType: 'Prefix', backend: { resource: 'Bucket x' } } as const] },
    ];
    const [place] = draftOf(web({ rules })).places;
    expect(place?.content).toMatchObject({ kind: 'open', spec: { service: undefined } });
  });
});

describe('TLS of a host', () => {
  const tlsOf = (tls: Ingress['tls'], world?: World) => {
    const { content } = draftOf(web({ tls }), world).places[0] ?? {};
    return content?.kind === 'open' ? content.spec.tls : undefined;
  };

  test.each<[string, Ingress['tls'], string | undefined]>([
    ['none', [], undefined],
    ['an entry that names it', [{ hosts: [HOST], secretName: 'a' }], 'chat/a'],
    ['an entry for others', [{ hosts: ['a.example.com'], secretName: 'a' }], undefined],
    ['a wildcard', [{ hosts: ['*.example.com'], secretName: 'a' }], 'chat/a'],
    ['an entry without hosts', [{ hosts: [], secretName: 'a' }], 'chat/a'],
    ['without secretName: the default certificate', [{ hosts: [HOST] }], ''],
    [
      'its name before a wildcard before none',
      [
        { hosts: [], secretName: 'c' },
        { hosts: ['*.example.com'], secretName: 'b' },
        { hosts: [HOST], secretName: 'a' },
      ],
      'chat/a',
    ],
  ])('%s', (_, tls, certificate) => {
    expect(tlsOf(tls)?.certificate).toBe(certificate);
  });

  test('its lowest version is that of the policy', () => {
    const policies = [targetPolicy('chat/p', ['web'], { client: { tls: { minVersion: '1.3' } } })];
    expect(tlsOf([{ hosts: [HOST], secretName: 'a' }])?.minVersion).toBe('1.2');
    expect(tlsOf([{ hosts: [HOST], secretName: 'a' }], { policies })?.minVersion).toBe('1.3');
  });
});

describe('plain HTTP', () => {
  const headers = [{ name: 'X-Secret', secretRef: { name: 'preauth' } }];
  const guarded = { rules: [{ name: 'app', headers, action: 'Allow' }], defaultAction: 'Deny' };
  const secretPolicy = [targetPolicy('chat/p', ['web'], { admission: guarded })];

  test.each<[string, Readonly<Record<string, string>>, readonly RawPolicy[], string]>([
    ['redirects where the host has TLS', {}, [], 'redirect-with-tls'],
    ['ssl-redirect false', { 'ssl-redirect': 'false' }, [], 'serve'],
    ['force-ssl-redirect', { 'force-ssl-redirect': 'true' }, [], 'redirect'],
    ['force beats the other', { 'ssl-redirect': 'false', 'force-ssl-redirect': 'true' }, [], 'redirect'],
    ['no secret is judged on it', { 'ssl-redirect': 'false' }, secretPolicy, 'redirect-with-tls'],
  ])('%s', (_, named, policies, expected) => {
    const entries = Object.entries(named).map(([name, value]) => [`${NGINX}/${name}`, value]);
    const draft = draftOf(web({ annotations: Object.fromEntries(entries) }), { policies });
    expect(draft.places[0]?.content).toMatchObject({ spec: { plainHttp: expected } });
  });
});

describe('closed', () => {
  const auth = { [`${NGINX}/auth-url`]: 'https://auth.example.com' };
  const ignoring = { ...auth, 'mattermost-ingress.io/ignore-annotations': 'auth-url' };
  const required = { 'mattermost-ingress.io/require-policy': 'true' };
  const valid = targetPolicy('chat/p', ['web']);
  const invalid = targetPolicy('chat/p', ['web'], { admission: {} });
  const unreadable = targetPolicy('chat/p', [], { targetRefs: 7 });
  const elsewhere = targetPolicy('team/p', ['web']);

  test.each<[string, Readonly<Record<string, string>>, World, string | undefined]>([
    ['nothing restricts it', {}, {}, undefined],
    ['a restriction that is not understood', auth, {}, 'restriction-unsupported'],
    ['the same under a policy', auth, { policies: [valid] }, 'restriction-unsupported'],
    ['the same, ignored', ignoring, {}, undefined],
    ['a policy is demanded', required, {}, 'policy-missing'],
    ['a policy is demanded and there', required, { policies: [valid] }, undefined],
    ['that of another namespace is none', required, { policies: [elsewhere] }, 'policy-missing'],
    ['all must have one', {}, { requirePolicy: true }, 'policy-missing'],
    ['all must have one and it has', {}, { requirePolicy: true, policies: [valid] }, undefined],
    ['its policy is invalid', {}, { policies: [invalid] }, 'policy-invalid'],
    [
      'its policy is invalid, all must have one',
      {},
      { requirePolicy: true, policies: [invalid] },
      'policy-invalid',
    ],
    ['a policy of its namespace might mean it', {}, { policies: [unreadable] }, 'policy-invalid'],
    [
      'a policy might mean it, but it has one of its own',
      {},
      { policies: [unreadable, targetPolicy('chat/q', ['web'])] },
      undefined,
    ],
  ])('%s', (_, annotations, world, expected) => {
    const draft = draftOf(web({ annotations }), world);
    expect(draft.closed).toBe(expected);
    const { content } = draft.places[0] ?? {};
    expect(content?.kind === 'closed' ? content.reason : undefined).toBe(expected);
    expect(draft.problems.filter(({ severity }) => severity === 'error').length > 0).toBe(
      expected !== undefined,
    );
  });

  test('of two policies that name it the older governs, valid or not', () => {
    const at = (year: number) => ({ creationTimestamp: `${year}-01-01T00:00:00Z` });
    const refs = { targetRefs: [ingressRef('web')] };
    const young = targetPolicy('chat/a', ['web'], {}, at(2026));
    const old = targetPolicy('chat/b', ['web'], { ...refs, admission: {} }, at(2025));
    expect(draftOf(web(), { policies: [young, old] }).governor?.key).toBe('chat/b');
  });
});

describe('the proof for a certificate authority', () => {
  const PROOF = '/.well-known/acme-challenge/Tok_en-1';
  const solver = (line: IngressLine, more: Partial<Ingress> = {}) => draftOf(web(more, [line])).places[0];

  test.each<[string, IngressLine, boolean]>([
    ['Prefix', [HOST, PROOF], true],
    ['Exact', [HOST, `=${PROOF}`], true],
    ['two segments', [HOST, `${PROOF}/more`], false],
    ['none', [HOST, '/.well-known/acme-challenge'], false],
    ['a dot in it', [HOST, '=/.well-known/acme-challenge/a.b'], false],
    ['any host', ['*', PROOF], false],
  ])('%s: %j', (_, line, expected) => {
    expect(solver(line)?.isAcme).toBe(expected);
  });

  test('is Exact whatever the Ingress says, so that nothing below it is exempt', () => {
    expect(solver([HOST, PROOF])?.claim).toMatchObject({ path: PROOF, pathType: 'Exact' });
  });

  test.each<[string, readonly IngressLine[], readonly string[]]>([
    ['of nothing else hears nothing of what closes the rest', [[HOST, PROOF]], []],
    ['with more beside it does', [[HOST, PROOF], ROOT], ['PolicyMissing metadata.name']],
  ])('an Ingress %s', (_, written, expected) => {
    expect(brief(draftOf(web({}, written), { requirePolicy: true }).problems)).toEqual(expected);
  });

  test('is served on plain HTTP without admission or persistence, also where the rest is closed', () => {
    const annotations = {
      'mattermost-ingress.io/require-policy': 'true',
      [`${NGINX}/whitelist-source-range`]: '192.0.2.0/24',
      [`${NGINX}/force-ssl-redirect`]: 'true',
    };
    const content = solver([HOST, PROOF], { annotations, tls: [{ hosts: [], secretName: 'a' }] })?.content;
    expect(content).toMatchObject({
      kind: 'open',
      spec: { plainHttp: 'serve', tls: undefined, settings: { sessionPersistence: { type: 'None' } } },
    });
    expect(content?.kind === 'open' && content.spec.settings.admission).toBeUndefined();
  });
});

describe('annotations under a policy', () => {
  test('leaf fields of the policy win, its admission as a whole and not without a word', () => {
    const annotations = {
      [`${NGINX}/proxy-body-size`]: '1000M',
      [`${NGINX}/proxy-connect-timeout`]: '7',
      [`${NGINX}/whitelist-source-range`]: '192.0.2.0/24',
    };
    const policies = [targetPolicy('chat/p', ['web'], { limits: { requestBody: '50Mi' } })];
    const draft = draftOf(web({ annotations }), { policies });
    expect(draft.places[0]?.content).toMatchObject({
      spec: {
        settings: {
          admission: { defaultAction: 'Allow' },
          limits: { requestBody: '50Mi' },
          backend: { timeouts: { connect: '7s' } },
        },
      },
    });
    expect(brief(draft.problems)).toEqual(['AdmissionReplaced metadata.annotations']);
  });
});

test('an Ingress whose policy is the same gives the same draft', () => {
  const objects = [web(), ingress('chat/other', [['a.example.com', '/']])];
  const first = drafts(objects);
  expect(drafts(objects, {}, first).map((draft, at) => draft === first[at])).toEqual([true, true]);
  const governed = drafts(objects, { policies: [targetPolicy('chat/p', ['web'])] }, first);
  expect(governed.map(({ key, governor }) => [key, governor?.key])).toEqual([
    ['chat/other', undefined],
    ['chat/web', 'chat/p'],
  ]);
  expect(governed.map((draft) => first.includes(draft))).toEqual([true, false]);
});
