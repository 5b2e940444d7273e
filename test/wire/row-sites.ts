// The sites that rows of requests are about; host `a` is open to all.
import { admission, COOKIE, openSite, rule, secretHeader, site } from '../../src/decide/test-objects.ts';
import type { OpenSite, Site } from '../../src/model/configuration.ts';

/** Of the shape of Mattermost's ids and tokens. */
export const ID = 'abcdefghijklmnopqrstuvwx01';
/** Both open the site `g`, as while a secret is being changed. */
export const SECRET = 'correct horse battery';
export const NEXT_SECRET = 'c3VwZXIgc2VjcmV0IDE=';

function plainSite(host: string, more: Partial<OpenSite> = {}): Site {
  // Without persistence an answer has no field that a test did not ask for.
  return site(host, openSite({ persistence: { ...COOKIE, type: 'None' }, ...more }));
}

export function openToAll(host: string): Site {
  return plainSite(host);
}

const guarded = admission(
  [
    rule('app', { headers: [secretHeader('x-secret', { current: SECRET, next: NEXT_SECRET })] }),
    rule('signed-in', {
      paths: [{ type: 'Exact', value: '/cookie' }],
      cookies: [{ name: 'MMAUTHTOKEN', shape: 'MattermostId' }],
    }),
    rule('web-socket', {
      request: 'WebSocket',
      cookies: [{ name: 'MMAUTHTOKEN', shape: 'MattermostId' }],
    }),
    rule('mobile', {
      paths: [{ type: 'Exact', value: '/header' }],
      headers: [{ name: 'x-app', type: 'Exact', values: ['mobile'] }],
    }),
  ],
  { secretHeaders: ['x-secret'] },
);

const byPath = admission([
  rule('login', { paths: [{ type: 'Exact', value: '/login' }] }),
  rule('api', { paths: [{ type: 'Prefix', value: '/api' }] }),
  rule('oauth', { paths: [{ type: 'Pattern', segments: ['oauth', '*', 'complete'] }] }),
]);

const TLS = {
  certificate: 'chat/tls',
  minVersion: '1.2',
  hsts: undefined,
  clientCertificate: undefined,
} as const;

export const ROW_SITES: readonly Site[] = [
  openToAll('a'),
  // Everybody may come in, and the header X-Secret stays here.
  plainSite('s', { admission: admission([], { defaultAction: 'Allow', secretHeaders: ['x-secret'] }) }),
  // A secret, a cookie at one place, the cookie for WebSockets, a header at one place; nobody else.
  plainSite('g', { admission: guarded }),
  // Some paths only.
  plainSite('k', { admission: byPath }),
  // A cookie of ours.
  site('c', openSite({ persistence: COOKIE })),
  // TLS only: with a redirect, and without.
  plainSite('t', { tls: TLS, plainHttp: 'redirect' }),
  plainSite('n', { tls: TLS, plainHttp: 'refuse' }),
];
