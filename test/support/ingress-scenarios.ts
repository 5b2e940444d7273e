// The 25 scenarios of the conformance suite for Ingress controllers of the Kubernetes project, in our own words and as
// plain data: the pure table of test/golden judges them, and a real API server can be sent the same objects.

/** A Kubernetes object as JSON, without namespace: whoever applies it chooses one. */
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
};

export type ScenarioRequest = {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly path: string;
  /** The Service that answers; a number is a status of ours. */
  readonly expected: string | number;
};

export type IngressScenario = {
  readonly feature: 'default backend' | 'host rules' | 'ingress class' | 'load balancing' | 'path rules';
  readonly name: string;
  /** Name of the set of objects in SCENARIO_WORLDS. */
  readonly world: keyof typeof SCENARIO_WORLDS;
  readonly requests: readonly ScenarioRequest[];
};

/** What stands in a world: each Service has one port, named http, and as many pods as it says. */
export type ScenarioWorld = {
  /** Ingresses, and a policy where a scenario needs another setting than the defaults. */
  readonly objects: readonly Manifest[];
  readonly services: readonly { readonly name: string; readonly port: number; readonly pods: number }[];
  /** Rules without host need the permission of whoever runs the controller: --default-backend-namespace. */
  readonly needsDefaultBackend: boolean;
  /** Secret of type kubernetes.io/tls for these hosts, if any. */
  readonly tls: { readonly secretName: string; readonly hosts: readonly string[] } | undefined;
};

/** The class that the controller under test is given; that of `ingress class` belongs to nobody. */
const SCENARIO_CLASS = 'mattermost';
const PORT = 8080;

function ingress(name: string, spec: object, className = SCENARIO_CLASS): Manifest {
  const apiVersion = 'networking.k8s.io/v1';
  return { apiVersion, kind: 'Ingress', metadata: { name }, spec: { ingressClassName: className, ...spec } };
}

type PathType = 'Exact' | 'Prefix';

function rule(host: string, ...paths: readonly (readonly [path: string, type: PathType, service: string])[]) {
  return {
    host,
    http: {
      paths: paths.map(([path, pathType, name]) => ({
        path,
        pathType,
        backend: { service: { name, port: { number: PORT } } },
      })),
    },
  };
}

function world(
  objects: readonly Manifest[],
  names: readonly string[],
  more: Partial<ScenarioWorld> & { readonly pods?: number } = {},
): ScenarioWorld {
  const { pods = 1, ...rest } = more;
  const services = names.map((name) => ({ name, port: PORT, pods }));
  return { objects, services, needsDefaultBackend: false, tls: undefined, ...rest };
}

const SECURE = 'foo.bar.com';

/** A hundred requests of one client without cookies would all go to one pod, by its address. */
const WITHOUT_PERSISTENCE: Manifest = {
  apiVersion: 'mattermost-ingress.io/v1alpha1',
  kind: 'MattermostIngressPolicy',
  metadata: { name: 'balanced' },
  spec: {
    targetRefs: [{ group: 'networking.k8s.io', kind: 'Ingress', name: 'balanced' }],
    admission: { defaultAction: 'Allow' },
    sessionPersistence: { type: 'None' },
  },
};

export const SCENARIO_WORLDS = {
  'default backend': world(
    [ingress('any', { defaultBackend: { service: { name: 'echo', port: { number: PORT } } } })],
    ['echo'],
    { needsDefaultBackend: true },
  ),
  'host rules': world(
    [
      ingress('hosts', {
        tls: [{ hosts: [SECURE], secretName: 'conformance-tls' }],
        rules: [
          rule('*.foo.com', ['/', 'Prefix', 'wildcard-foo-com']),
          {
            host: SECURE,
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'Prefix',
                  backend: { service: { name: 'foo-bar-com', port: { name: 'http' } } },
                },
              ],
            },
          },
        ],
      }),
    ],
    ['wildcard-foo-com', 'foo-bar-com'],
    { tls: { secretName: 'conformance-tls', hosts: [SECURE] } },
  ),
  'ingress class': world(
    [ingress('foreign', { rules: [rule('foreign.test', ['/', 'Prefix', 'echo'])] }, 'of-nobody')],
    ['echo'],
  ),
  'load balancing': world(
    [ingress('balanced', { rules: [rule('load-balancing', ['/', 'Prefix', 'echo'])] }), WITHOUT_PERSISTENCE],
    ['echo'],
    { pods: 10 },
  ),
  'path rules': world(
    [
      ingress('exact', { rules: [rule('exact-path-rules', ['/foo', 'Exact', 'foo-exact'])] }),
      ingress('prefix', {
        rules: [
          rule(
            'prefix-path-rules',
            ['/foo', 'Prefix', 'foo-prefix'],
            ['/aaa', 'Prefix', 'aaa-prefix'],
            ['/aaa/bbb', 'Prefix', 'aaa-slash-bbb-prefix'],
          ),
        ],
      }),
      ingress('mixed', {
        rules: [rule('mixed-path-rules', ['/foo', 'Prefix', 'foo-prefix'], ['/foo', 'Exact', 'foo-exact'])],
      }),
      ingress('trailing', {
        rules: [
          rule(
            'trailing-slash-path-rules',
            ['/aaa/bbb/', 'Prefix', 'aaa-slash-bbb-slash-prefix'],
            ['/foo/', 'Exact', 'foo-slash-exact'],
          ),
        ],
      }),
    ],
    [
      'foo-exact',
      'foo-prefix',
      'aaa-prefix',
      'aaa-slash-bbb-prefix',
      'aaa-slash-bbb-slash-prefix',
      'foo-slash-exact',
    ],
  ),
} as const satisfies Readonly<Record<string, ScenarioWorld>>;

function get(host: string, path: string, expected: string | number): ScenarioRequest {
  return { method: 'GET', scheme: 'http', host, path, expected };
}

/** One request, which is how most scenarios are. */
function single(
  feature: IngressScenario['feature'],
  name: string,
  request: ScenarioRequest,
): IngressScenario {
  return { feature, name, world: feature, requests: [request] };
}

const EXACT = 'exact-path-rules';
const PREFIX = 'prefix-path-rules';
const MIXED = 'mixed-path-rules';
const TRAILING = 'trailing-slash-path-rules';

export const INGRESS_SCENARIOS: readonly IngressScenario[] = [
  {
    feature: 'default backend',
    name: 'an Ingress of nothing but defaultBackend answers any method, host and path',
    world: 'default backend',
    requests: (
      [
        ['GET', 'some-host', '/'],
        ['GET', 'other-host.test', '/some/path'],
        ['POST', 'some-host', '/'],
        ['PUT', 'some-host', '/resource'],
        ['DELETE', 'a.b.c.test', '/resource/1'],
        ['PATCH', 'some-host', '/resource?x=y'],
      ] as const
    ).map(([method, host, path]) => ({ ...get(host, path, 'echo'), method })),
  },
  single('host rules', 'a host with TLS is served by TLS', {
    ...get(SECURE, '/', 'foo-bar-com'),
    scheme: 'https',
  }),
  single('host rules', 'a host that no rule names is not served', get('wrong.bar.com', '/', 404)),
  single('host rules', 'a wildcard is for one label below it', get('bar.foo.com', '/', 'wildcard-foo-com')),
  single(
    'host rules',
    'letters of a host are the same in both cases',
    get('Bar.FOO.com', '/', 'wildcard-foo-com'),
  ),
  single('host rules', 'a wildcard is not for two labels', get('baz.bar.foo.com', '/', 404)),
  single('host rules', 'a wildcard is not for its own parent', get('foo.com', '/', 404)),
  single('ingress class', 'an Ingress of another class is not served', get('foreign.test', '/', 404)),
  {
    feature: 'load balancing',
    name: 'a hundred requests reach each of ten pods',
    world: 'load balancing',
    requests: Array.from({ length: 100 }, () => get('load-balancing', '/', 'echo')),
  },
  single('path rules', 'Exact: the path itself', get(EXACT, '/foo', 'foo-exact')),
  single('path rules', 'Exact: not with a slash behind it', get(EXACT, '/foo/', 404)),
  single('path rules', 'Exact: not in other letters', get(EXACT, '/FOO', 404)),
  single('path rules', 'Exact: not another path', get(EXACT, '/bar', 404)),
  single('path rules', 'Prefix: the path itself', get(PREFIX, '/foo', 'foo-prefix')),
  single('path rules', 'Prefix: a slash behind it is ignored', get(PREFIX, '/foo/', 'foo-prefix')),
  single('path rules', 'Prefix: not in other letters', get(PREFIX, '/FOO', 404)),
  single('path rules', 'Prefix: the longest wins', get(PREFIX, '/aaa/bbb', 'aaa-slash-bbb-prefix')),
  single('path rules', 'Prefix: what lies below it', get(PREFIX, '/aaa/bbb/ccc', 'aaa-slash-bbb-prefix')),
  single('path rules', 'Prefix: a shorter one for the rest', get(PREFIX, '/aaa/ccc', 'aaa-prefix')),
  single('path rules', 'Prefix: by whole elements', get(PREFIX, '/aaaccc', 404)),
  single('path rules', 'mixed: Exact before Prefix', get(MIXED, '/foo', 'foo-exact')),
  single('path rules', 'mixed: Prefix for the rest', get(MIXED, '/foo/bar', 'foo-prefix')),
  single(
    'path rules',
    'Prefix written with a slash: also without one',
    get(TRAILING, '/aaa/bbb', 'aaa-slash-bbb-slash-prefix'),
  ),
  single('path rules', 'Exact written with a slash: only with it', get(TRAILING, '/foo/', 'foo-slash-exact')),
  single('path rules', 'Exact written with a slash: not without', get(TRAILING, '/foo', 404)),
];
