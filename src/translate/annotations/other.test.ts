// Annotations that no table knows: misspelt, or of other controllers.
import { describe, expect, test } from 'vitest';
import { saidOf, settingsOf } from './test-reading.ts';

describe('annotations that no table knows', () => {
  test.each([
    ['proxy-body-sizes', 'AnnotationUnsupported proxy-body-sizes', 'Did you mean proxy-body-size?'],
    ['completely-unknown', 'AnnotationUnsupported completely-unknown', 'Remove it'],
    [
      'whitelist-source-ranges',
      'UnsupportedRestriction whitelist-source-ranges',
      'Did you mean whitelist-source-range?',
    ],
    ['auth-something-new', 'UnsupportedRestriction auth-something-new', expect.any(String)],
    [
      'nginx.org/client-max-body-size',
      'AnnotationUnsupported nginx.org/client-max-body-size',
      expect.any(String),
    ],
    ['nginx.org/basic-auth-secret', 'UnsupportedRestriction nginx.org/basic-auth-secret', expect.any(String)],
    ['nginx.org/policies', 'UnsupportedRestriction nginx.org/policies', expect.any(String)],
    ['haproxy.org/timeout-tunnel', 'AnnotationUnsupported haproxy.org/timeout-tunnel', expect.any(String)],
    [
      'haproxy-ingress.github.io/affinity',
      'AnnotationUnsupported haproxy-ingress.github.io/affinity',
      'Say the same with a policy; the command migrate writes it',
    ],
    ['haproxy.org/deny-list', 'UnsupportedRestriction haproxy.org/deny-list', expect.any(String)],
    [
      'haproxy-ingress.github.io/allowlist-source-range',
      'UnsupportedRestriction haproxy-ingress.github.io/allowlist-source-range',
      expect.any(String),
    ],
    [
      'traefik.ingress.kubernetes.io/router.middlewares',
      'UnsupportedRestriction traefik.ingress.kubernetes.io/router.middlewares',
      expect.any(String),
    ],
    [
      'traefik.ingress.kubernetes.io/router.tls.options',
      'UnsupportedRestriction traefik.ingress.kubernetes.io/router.tls.options',
      expect.any(String),
    ],
    [
      'alb.ingress.kubernetes.io/security-groups',
      'UnsupportedRestriction alb.ingress.kubernetes.io/security-groups',
      'Say the same with spec.admission of a policy',
    ],
    [
      'alb.ingress.kubernetes.io/security-group-prefix-lists',
      'UnsupportedRestriction alb.ingress.kubernetes.io/security-group-prefix-lists',
      expect.any(String),
    ],
    [
      'alb.ingress.kubernetes.io/manage-backend-security-group-rules',
      'AnnotationUnsupported alb.ingress.kubernetes.io/manage-backend-security-group-rules',
      expect.any(String),
    ],
    [
      'traefik.ingress.kubernetes.io/router.tls',
      'AnnotationUnsupported traefik.ingress.kubernetes.io/router.tls',
      expect.any(String),
    ],
  ])('%s', (name, said, remedy) => {
    const settings = settingsOf({ [name]: 'x' });
    expect(saidOf(settings)).toEqual([said]);
    expect([...settings.restrictions, ...settings.problems][0]).toMatchObject({ remedy });
    expect(settings.spec).toEqual({});
  });

  test.each([
    ['location-snippet', 'deny all;', 'UnsupportedRestriction'],
    ['location-snippet', 'gzip on;', 'AnnotationUnsupported'],
    ['nginx.org/server-snippets', 'return 403;', 'UnsupportedRestriction'],
    ['haproxy-ingress.github.io/config-backend', 'http-request deny if a', 'UnsupportedRestriction'],
    ['haproxy-ingress.github.io/config-backend', 'timeout tunnel 1h', 'AnnotationUnsupported'],
  ])('%s %s', (name, value, reason) => {
    expect(saidOf(settingsOf({ [name]: value }))).toEqual([`${reason} ${name}`]);
  });

  test.each([
    'nginx.org/websocket-services',
    'haproxy-ingress.github.io/session-cookie-dynamic',
    'kubernetes.io/ingress.class',
  ])('%s is not needed', (name) => {
    expect(settingsOf({ [name]: 'x' })).toMatchObject({ spec: {}, restrictions: [], problems: [] });
  });
});
