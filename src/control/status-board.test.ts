// What the cluster is told, and when: statuses follow what the workers serve, notes follow what was found.
import { describe, expect, test } from 'vitest';
import type { Ingress, ObjectSet, RawPolicy, Service } from '../api/objects.ts';
import type { Finding } from '../model/finding.ts';
import { NO_ADDRESSES } from '../translate/address-ranges.ts';
import { EMPTY_MEMORY, translate } from '../translate/translate.ts';
import { type BoardOptions, type Note, type Posting, StatusBoard, type ToldStatus } from './status-board.ts';

/** The same values each time, as those of a running controller are. */
const SETTINGS = {
  stickyKeys: [],
  secretDigestKey: Buffer.alloc(1),
  deniedEndpoints: NO_ADDRESSES,
  nowMs: 0,
};

const META = { namespace: 'chat', generation: 3, creationTimestamp: '2026-01-01T00:00:00Z' };

function policy(name: string, spec: object): RawPolicy {
  return {
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    kind: 'MattermostIngressPolicy',
    metadata: { ...META, name, uid: `uid-${name}` },
    spec: { admission: { defaultAction: 'Allow' }, ...spec },
  };
}

function ingress(name: string, className = 'mattermost'): Ingress {
  const backend = { serviceName: 'mattermost', port: 8065 };
  return {
    kind: 'Ingress',
    metadata: { ...META, name, uid: `uid-${name}` },
    annotations: {},
    ingressClassName: className,
    tls: [],
    rules: [{ host: `${name}.example.com`, paths: [{ path: '/', pathType: 'Prefix', backend }] }],
  };
}

const published: Service = {
  kind: 'Service',
  metadata: { namespace: 'ingress', name: 'front' },
  ports: [],
  loadBalancer: [{ ip: '192.0.2.1' }],
};

const ROUTE = { route: { hosts: ['chat.example.com'], service: { name: 'mattermost', port: 8065 } } };
const TARGET = (name: string) => ({ targetRefs: [{ group: 'networking.k8s.io', kind: 'Ingress', name }] });

type World = { readonly policies?: readonly RawPolicy[]; readonly ingresses?: readonly Ingress[] };

function objectsOf({ policies = [], ingresses = [] }: World): ObjectSet {
  const byKey = <Item extends { readonly metadata: { readonly namespace: string; readonly name: string } }>(
    items: readonly Item[],
  ) => new Map(items.map((item) => [`${item.metadata.namespace}/${item.metadata.name}`, item]));
  return {
    policies: byKey(policies),
    ingresses: byKey(ingresses),
    ingressClasses: new Map(),
    services: byKey([published]),
    endpointSlices: new Map(),
    secrets: new Map(),
    configMaps: new Map(),
  };
}

/** A board, and all that it told. */
function boardOf(more: Partial<BoardOptions> = {}) {
  const told: { statuses: ReadonlyMap<string, ToldStatus>; notes: readonly Note[] }[] = [];
  const board = new StatusBoard({
    unhealthyCount: () => 0,
    controllerName: 'mattermost-ingress.io/controller',
    updateStatus: true,
    publishService: undefined,
    publishAddresses: [],
    tell: (statuses, notes) => told.push({ statuses, notes }),
    ...more,
  });
  let memory = EMPTY_MEMORY;
  const post = (world: World, generation: number) => {
    const objects = objectsOf(world);
    const translation = translate(objects, SETTINGS, memory);
    memory = translation.memory;
    const posting: Posting = { translation, findings: translation.findings, objects, generation };
    board.post(posting);
  };
  const conditions = (key: string) => {
    const status = told.at(-1)?.statuses.get(key)?.status;
    if (status === undefined || !('conditions' in status)) return undefined;
    return status.conditions?.map(({ type, reason }) => `${type} ${reason}`);
  };
  return { board, told, post, conditions };
}

const KEY = 'MattermostIngressPolicy/chat/site';

describe('Programmed', () => {
  test('nothing is told before the workers serve it', () => {
    const { board, told, post, conditions } = boardOf();
    post({ policies: [policy('site', ROUTE)] }, 1);
    expect(told).toEqual([]);
    board.served(1);
    expect(conditions(KEY)).toEqual([
      'Accepted Accepted',
      'ResolvedRefs ServiceNotFound',
      'Programmed Programmed',
    ]);
  });

  test('what changes no configuration is told at once', () => {
    const { board, told, post } = boardOf();
    post({ policies: [policy('site', ROUTE)] }, 1);
    board.served(1);
    post({ policies: [policy('site', ROUTE), policy('other', { admission: {} })] }, 1);
    expect(told.length).toBe(2);
    expect(told[1]?.statuses.has('MattermostIngressPolicy/chat/other')).toBe(true);
  });

  test('a status that did not change is the same value', () => {
    const { board, told, post } = boardOf();
    const world = { policies: [policy('site', ROUTE)] };
    post(world, 1);
    board.served(1);
    post(world, 1);
    expect(told[1]?.statuses.get(KEY)).toBe(told[0]?.statuses.get(KEY));
  });

  test('endpoints that fail count as unhealthy, and a change of that alone is told', () => {
    let unhealthy = 0;
    const { board, told, post } = boardOf({ unhealthyCount: () => unhealthy });
    const world = { policies: [policy('site', ROUTE)] };
    post(world, 1);
    board.served(1);
    unhealthy = 2;
    post(world, 1);
    const counts = told
      .map(({ statuses }) => statuses.get(KEY)?.status)
      .map((each) => each && 'endpoints' in each && each.endpoints);
    expect(counts).toEqual([
      { ready: 0, draining: 0, unhealthy: 0 },
      { ready: 0, draining: 0, unhealthy: 2 },
    ]);
  });

  test('a stalled worker shows in what changed and nowhere else', () => {
    const { board, post, conditions } = boardOf();
    const kept = policy('kept', { route: { ...ROUTE.route, hosts: ['kept.example.com'] } });
    post({ policies: [kept] }, 1);
    board.served(1);
    post({ policies: [kept, policy('site', ROUTE)] }, 2);
    board.stalled();
    expect(conditions(KEY)?.at(-1)).toBe('Programmed Stalled');
    expect(conditions('MattermostIngressPolicy/chat/kept')?.at(-1)).toBe('Programmed Programmed');
    board.served(2);
    expect(conditions(KEY)?.at(-1)).toBe('Programmed Programmed');
  });

  test('a policy that is not accepted is not served', () => {
    const { board, post, conditions } = boardOf();
    post({ policies: [policy('site', { route: {} })] }, 1);
    board.served(1);
    expect(conditions(KEY)).toEqual(['Accepted Invalid', 'Programmed NotAccepted']);
  });
});

describe('status of a policy', () => {
  test('holds hosts, endpoints and a line for the column', () => {
    const { board, told, post } = boardOf();
    post({ policies: [policy('site', ROUTE)] }, 1);
    board.served(1);
    expect(told[0]?.statuses.get(KEY)).toMatchObject({
      kind: 'MattermostIngressPolicy',
      namespace: 'chat',
      name: 'site',
      uid: 'uid-site',
      status: { hosts: ['chat.example.com'], endpoints: { ready: 0 }, summary: 'chat.example.com' },
    });
  });

  test('with targets speaks of each, in the name of this controller', () => {
    const { board, told, post } = boardOf();
    post({ policies: [policy('site', TARGET('mm'))], ingresses: [ingress('mm')] }, 1);
    board.served(1);
    expect(told[0]?.statuses.get(KEY)?.status).toMatchObject({
      ancestors: [
        {
          group: 'networking.k8s.io',
          kind: 'Ingress',
          name: 'mm',
          controllerName: 'mattermost-ingress.io/controller',
          conditions: [
            { type: 'Accepted', status: 'True' },
            { type: 'ResolvedRefs' },
            { type: 'Programmed' },
          ],
        },
      ],
      summary: 'mm.example.com',
    });
  });

  test('is not ours to write where all targets are of another class', () => {
    const { board, told, post } = boardOf();
    post({ policies: [policy('site', TARGET('mm'))], ingresses: [ingress('mm', 'nginx')] }, 1);
    board.served(1);
    expect([...(told[0]?.statuses.keys() ?? [])]).toEqual([]);
  });
});

describe('status of Ingresses', () => {
  const world = { ingresses: [ingress('mm'), ingress('foreign', 'nginx')] };
  test.each<[string, Partial<BoardOptions>, readonly object[] | undefined]>([
    ['the published Service', { publishService: 'ingress/front' }, [{ ip: '192.0.2.1' }]],
    [
      'fixed addresses',
      { publishAddresses: ['192.0.2.9', '2001:db8::1', 'lb.example.com'] },
      [{ ip: '192.0.2.9' }, { ip: '2001:db8::1' }, { hostname: 'lb.example.com' }],
    ],
    ['no address', {}, undefined],
    ['a Service that is missing', { publishService: 'ingress/none' }, undefined],
    ['a shadow', { publishService: 'ingress/front', updateStatus: false }, undefined],
  ])('%s', (_, options, expected) => {
    const { board, told, post } = boardOf(options);
    post(world, 1);
    board.served(1);
    const status = told[0]?.statuses.get('Ingress/chat/mm')?.status;
    expect(status).toEqual(expected === undefined ? undefined : { loadBalancer: { ingress: expected } });
    expect(told[0]?.statuses.has('Ingress/chat/foreign')).toBe(false);
  });
});

test('notes tell of objects that the cluster has, with what to do', () => {
  const { board, told } = boardOf();
  const objects = objectsOf({ ingresses: [ingress('mm')] });
  const finding: Finding = {
    severity: 'warning',
    object: { kind: 'Ingress', namespace: 'chat', name: 'mm' },
    field: 'metadata.annotations',
    reason: 'AnnotationUnsupported',
    message: 'It has no effect',
    remedy: 'Remove it',
  };
  const elsewhere: Finding = { ...finding, object: { kind: 'Secret', namespace: 'chat', name: 'mm' } };
  const translation = translate(objects, SETTINGS, EMPTY_MEMORY);
  board.served(1);
  board.post({ translation, findings: [finding, elsewhere], objects, generation: 1 });
  expect(told[0]?.notes).toEqual([
    {
      type: 'Warning',
      regarding: {
        apiVersion: 'networking.k8s.io/v1',
        kind: 'Ingress',
        namespace: 'chat',
        name: 'mm',
        uid: 'uid-mm',
      },
      reason: 'AnnotationUnsupported',
      action: 'Translate',
      note: 'metadata.annotations: It has no effect (Remove it)',
    },
  ]);
});
