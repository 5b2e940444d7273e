// Ingress and IngressClass as the program sees them, and what is refused as the API server refuses it.
import { describe, expect, test } from 'vitest';
import type { JsonValue } from './json-value.ts';
import { type KnownKind, projectObject } from './project.ts';

function project(kind: KnownKind, spec: JsonValue, annotations: Readonly<Record<string, JsonValue>> = {}) {
  const metadata = { name: 'chat', namespace: kind === 'IngressClass' ? '' : 'mattermost' };
  const { produced, issues } = projectObject(kind, { metadata: { annotations }, spec }, metadata);
  return { object: produced[0], issues: issues.map(({ message }) => message) };
}

const service = { name: 'mattermost', port: { number: 8065 } };
const path = { path: '/', pathType: 'Prefix', backend: { service } };

function withPath(edit: Readonly<Record<string, JsonValue>>): JsonValue {
  return { rules: [{ http: { paths: [{ ...path, ...edit }] } }] };
}

function withBackend(backend: JsonValue): JsonValue {
  return withPath({ backend });
}

function withHost(host: JsonValue): JsonValue {
  return { rules: [{ host, http: { paths: [path] } }] };
}

describe('Ingress', () => {
  test('all fields that are read', () => {
    const spec = {
      ingressClassName: 'mattermost',
      defaultBackend: { resource: { apiGroup: 'k8s.example.com', kind: 'Bucket', name: 'static' } },
      tls: [{ hosts: ['chat.example.com'], secretName: 'chat-tls' }, { hosts: null }, { secretName: '' }],
      rules: [
        { host: 'chat.example.com', http: { paths: [path] } },
        { host: '*.example.com', http: null },
        {
          http: {
            paths: [
              {
                path: null,
                pathType: 'ImplementationSpecific',
                backend: { service: { name: 'mattermost', port: { name: 'app' } }, resource: null },
              },
            ],
          },
        },
      ],
    };
    expect(project('Ingress', spec)).toEqual({
      object: {
        kind: 'Ingress',
        metadata: { name: 'chat', namespace: 'mattermost' },
        annotations: {},
        ingressClassName: 'mattermost',
        defaultBackend: { resource: 'Bucket static' },
        tls: [{ hosts: ['chat.example.com'], secretName: 'chat-tls' }, { hosts: [] }, { hosts: [] }],
        rules: [
          {
            host: 'chat.example.com',
            paths: [{ path: '/', pathType: 'Prefix', backend: { serviceName: 'mattermost', port: 8065 } }],
          },
          { host: '*.example.com', paths: [] },
          {
            paths: [
              { pathType: 'ImplementationSpecific', backend: { serviceName: 'mattermost', portName: 'app' } },
            ],
          },
        ],
      },
      issues: [],
    });
  });

  test('annotations of ingress controllers are kept, others are not looked at', () => {
    const kept = {
      'nginx.ingress.kubernetes.io/proxy-body-size': '1000M',
      'nginx.org/websocket-services': 'mattermost',
      'mattermost-ingress.io/require-policy': 'true',
      'haproxy.org/timeout-tunnel': '1h',
      'haproxy-ingress.github.io/affinity': 'cookie',
      'traefik.ingress.kubernetes.io/router.tls': 'true',
      'kubernetes.io/ingress.class': 'nginx',
      'nginx.com/sticky-cookie-services': 'serviceName=mattermost srv_id',
      'appprotect.f5.com/app-protect-policy': 'default/policy',
      'ingress.kubernetes.io/affinity': 'cookie',
      'alb.ingress.kubernetes.io/inbound-cidrs': '192.0.2.0/24',
      'appgw.ingress.kubernetes.io/waf-policy-for-path': 'office',
      'konghq.com/plugins': 'ip-restriction',
    };
    const others = {
      'kubernetes.io/ingress.class.x': 5,
      'nginx.example.com/a': 5,
      'other.ingress.kubernetes.io/a': 5,
      'example.konghq.com/a': 5,
      'example.com/nginx.org/': 5,
    };
    const { object, issues } = project('Ingress', withHost('a.example.com'), { ...kept, ...others });
    expect(issues).toEqual([]);
    expect(object).toMatchObject({ annotations: kept });
    expect(Object.keys(object?.kind === 'Ingress' ? object.annotations : {})).toHaveLength(13);
  });

  test.each(['/a//', '/a/../b', '/a/./b', '/a%2fb', '/a%2Fb', '/a/..', '/a/.'])(
    'path %s is refused where it is compared, and taken where the type is open',
    (written) => {
      const refusal = /^spec\.rules\[0\]\.http\.paths\[0\]\.path must not hold /u;
      for (const pathType of ['Exact', 'Prefix']) {
        expect(project('Ingress', withPath({ path: written, pathType })).issues).toEqual([
          expect.stringMatching(refusal),
        ]);
      }
      expect(
        project('Ingress', withPath({ path: written, pathType: 'ImplementationSpecific' })).issues,
      ).toEqual([]);
    },
  );

  const at = 'spec.rules[0].http.paths[0]';
  test.each<readonly [name: string, spec: JsonValue, message: string]>([
    ['nothing', {}, 'spec needs rules or defaultBackend'],
    ['no spec', null, 'spec needs rules or defaultBackend'],
    ['no paths', { rules: [{ http: { paths: [] } }] }, 'spec.rules[0].http.paths needs at least one path'],
    ['a relative path', withPath({ path: 'a' }), `${at}.path must be an absolute path`],
    ['a Prefix without path', withPath({ path: '' }), `${at}.path must be an absolute path`],
    [
      'a relative open path',
      withPath({ path: '*', pathType: 'ImplementationSpecific' }),
      `${at}.path must be an absolute path`,
    ],
    ['no path type', withPath({ pathType: null }), `${at}.pathType is required`],
    [
      'an unknown path type',
      withPath({ pathType: 'Regex' }),
      `${at}.pathType must be one of Exact, Prefix, ImplementationSpecific`,
    ],
    ['no backend', withBackend(null), `${at}.backend needs exactly one of service and resource`],
    [
      'both backends',
      withBackend({ service, resource: { kind: 'a', name: 'b' } }),
      `${at}.backend needs exactly one of service and resource`,
    ],
    [
      'a nameless Service',
      withBackend({ service: { port: { number: 1 } } }),
      `${at}.backend.service.name is required`,
    ],
    [
      'no name of a Service',
      withBackend({ service: { ...service, name: 'A' } }),
      `${at}.backend.service.name is not the name of a Service`,
    ],
    [
      'a nameless resource',
      withBackend({ resource: { kind: 'a' } }),
      `${at}.backend.resource.name is required`,
    ],
    [
      'no port',
      withBackend({ service: { name: 'a' } }),
      `${at}.backend.service.port needs exactly one of number and name`,
    ],
    [
      'port 0',
      withBackend({ service: { name: 'a', port: { number: 0 } } }),
      `${at}.backend.service.port needs exactly one of number and name`,
    ],
    [
      'both ports',
      withBackend({ service: { name: 'a', port: { number: 1, name: 'b' } } }),
      `${at}.backend.service.port needs exactly one of number and name`,
    ],
    [
      'a port out of range',
      withBackend({ service: { name: 'a', port: { number: 65_536 } } }),
      `${at}.backend.service.port.number must be an integer from 1 to 65535`,
    ],
    ['an upper-case host', withHost('Chat.example.com'), 'spec.rules[0].host is not a host'],
    ['an address as host', withHost('192.0.2.1'), 'spec.rules[0].host is not a host'],
    ['a wildcard inside', withHost('a.*.example.com'), 'spec.rules[0].host is not a host'],
    ['a port in the host', withHost('a.example.com:80'), 'spec.rules[0].host is not a host'],
    [
      'a TLS host in upper case',
      { ...path, rules: [{}], tls: [{ hosts: ['A.example.com'] }] },
      'spec.tls[0].hosts[0] is not a host',
    ],
    [
      'a Secret that cannot be',
      { rules: [{}], tls: [{ secretName: 'a/b' }] },
      'spec.tls[0].secretName is not the name of a Secret',
    ],
    [
      'a class that cannot be',
      { rules: [{}], ingressClassName: '' },
      'spec.ingressClassName is not the name of an IngressClass',
    ],
    [
      'rules that are a map',
      { rules: {}, defaultBackend: { service } },
      'spec.rules must be a list, it is a map',
    ],
  ])('%s is refused', (_, spec, message) => {
    expect(project('Ingress', spec).issues).toEqual([message]);
  });
});

describe('IngressClass', () => {
  test.each<readonly [value: JsonValue, isDefault: boolean]>([
    ['true', true],
    ['True', false],
    ['false', false],
    [null, false],
  ])('default class annotation %j', (value, isDefault) => {
    const annotations = { 'ingressclass.kubernetes.io/is-default-class': value };
    const spec = { controller: 'mattermost-ingress.io/controller' };
    expect(project('IngressClass', spec, annotations)).toEqual({
      object: { kind: 'IngressClass', metadata: { name: 'chat', namespace: '' }, ...spec, isDefault },
      issues: [],
    });
  });

  test('parameters are named', () => {
    const spec = { controller: 'a/b', parameters: { kind: 'ConfigMap', name: 'x', scope: 'Cluster' } };
    expect(project('IngressClass', spec).object).toMatchObject({ parameters: 'ConfigMap x' });
  });

  test('a class without controller is refused', () => {
    expect(project('IngressClass', {}).issues).toEqual(['spec.controller is required']);
  });
});
