// Objects of a file: every kind as it comes out, lists, and what is passed over.
import { describe, expect, test } from 'vitest';
import { readObjects } from './parse.ts';
import { locateField } from './parsed-object.ts';

function produce(text: string): readonly unknown[] {
  const { objects, findings } = readObjects(text, 'a.yaml');
  expect(findings).toEqual([]);
  return objects.flatMap((object) => object.produced);
}

describe('kinds', () => {
  test('a policy goes on as it is, with the metadata that files can give', () => {
    const [policy] = produce(`
apiVersion: mattermost-ingress.io/v1alpha1
kind: MattermostIngressPolicy
metadata: {name: chat, namespace: mattermost, uid: x, creationTimestamp: null, generation: 7, labels: {a: 5}}
spec: {route: null, unknown: [1, {on: off}]}
status: {x: z}
`);
    expect(policy).toEqual({
      apiVersion: 'mattermost-ingress.io/v1alpha1',
      kind: 'MattermostIngressPolicy',
      metadata: { name: 'chat', namespace: 'mattermost' },
      spec: { route: null, unknown: [1, { true: false }] },
      status: { x: 'z' },
    });
  });

  test.each(['mattermost-ingress.io/v2', 'mattermost.com/v1alpha1', 'v1'])(
    'a policy of version %s goes on to be refused by its schema, which closes its hosts',
    (apiVersion) => {
      const text = `apiVersion: ${apiVersion}\nkind: MattermostIngressPolicy\nmetadata: {name: chat}\n`;
      expect(produce(text)).toMatchObject([{ apiVersion, metadata: { name: 'chat', namespace: 'default' } }]);
    },
  );

  test('a Service', () => {
    const text = `
apiVersion: v1
kind: Service
metadata: {name: chat, namespace: null}
spec:
  type: ExternalName
  clusterIP: None
  ports:
  - {name: http, port: 8065, targetPort: 8065, protocol: TCP}
  - {name: null, port: 0x50}
`;
    expect(produce(text)).toEqual([
      {
        kind: 'Service',
        metadata: { name: 'chat', namespace: 'default' },
        type: 'ExternalName',
        ports: [{ name: 'http', port: 8065, protocol: 'TCP' }, { port: 80 }],
      },
    ]);
  });

  test('an EndpointSlice', () => {
    const text = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: chat-1, labels: {kubernetes.io/service-name: chat, x: "y"}}
addressType: IPv6
endpoints:
- addresses: ["2001:db8::1"]
  conditions: {ready: null, serving: yes, terminating: false}
  targetRef: {kind: Pod, name: pod-1, uid: u1}
- {addresses: ["2001:db8::2"]}
ports:
- {name: app, port: 8065, protocol: TCP}
- {port: 8067}
`;
    expect(produce(text)).toEqual([
      {
        kind: 'EndpointSlice',
        metadata: {
          name: 'chat-1',
          namespace: 'default',
          labels: { 'kubernetes.io/service-name': 'chat', x: 'y' },
        },
        serviceName: 'chat',
        addressType: 'IPv6',
        endpoints: [
          {
            addresses: ['2001:db8::1'],
            conditions: { serving: true, terminating: false },
            targetUid: 'u1',
            targetName: 'pod-1',
          },
          { addresses: ['2001:db8::2'], conditions: {} },
        ],
        ports: [
          { name: 'app', port: 8065, protocol: 'TCP' },
          { name: '', port: 8067 },
        ],
      },
    ]);
  });

  test('v1 Endpoints become slices by subset and address family, with names that no slice can have', () => {
    const text = `
apiVersion: v1
kind: Endpoints
metadata: {name: chat}
subsets:
- addresses: [{ip: 192.0.2.1, targetRef: {uid: u1}}, {ip: "2001:db8::1"}]
  notReadyAddresses: [{ip: 192.0.2.2}]
  ports: [{name: app, port: 8065}]
- notReadyAddresses: [{ip: 192.0.2.3}]
- addresses: []
`;
    const metadata = { namespace: 'default' };
    const ready = { ready: true, serving: true };
    const notReady = { ready: false, serving: false };
    const common = { kind: 'EndpointSlice', serviceName: 'chat' };
    expect(produce(text)).toEqual([
      {
        ...common,
        metadata: { ...metadata, name: 'endpoints:chat:0:IPv4' },
        addressType: 'IPv4',
        endpoints: [
          { addresses: ['192.0.2.1'], conditions: ready, targetUid: 'u1' },
          { addresses: ['192.0.2.2'], conditions: notReady },
        ],
        ports: [{ name: 'app', port: 8065 }],
      },
      {
        ...common,
        metadata: { ...metadata, name: 'endpoints:chat:0:IPv6' },
        addressType: 'IPv6',
        endpoints: [{ addresses: ['2001:db8::1'], conditions: ready }],
        ports: [{ name: 'app', port: 8065 }],
      },
      {
        ...common,
        metadata: { ...metadata, name: 'endpoints:chat:1:IPv4' },
        addressType: 'IPv4',
        endpoints: [{ addresses: ['192.0.2.3'], conditions: notReady }],
        ports: [],
      },
    ]);
  });

  test('a Secret: stringData is folded in and wins, line breaks in base64 go', () => {
    const text = `
apiVersion: v1
kind: Secret
metadata: {name: preauth}
type: Opaque
data: {a: YWE=, b: YmI=, c: "", d: "YWFh\\nYWFh\\n"}
stringData: {b: "ü", e: "010"}
`;
    expect(produce(text)).toEqual([
      {
        kind: 'Secret',
        metadata: { name: 'preauth', namespace: 'default' },
        type: 'Opaque',
        data: { a: 'YWE=', b: 'w7w=', c: '', d: 'YWFhYWFh', e: 'MDEw' },
      },
    ]);
  });

  test('a ConfigMap, without binary data', () => {
    const text = `
apiVersion: v1
kind: ConfigMap
metadata: {name: ca}
data: {ca.crt: pem, empty: ""}
binaryData: {b: AAAA}
`;
    expect(produce(text)).toEqual([
      {
        kind: 'ConfigMap',
        metadata: { name: 'ca', namespace: 'default' },
        data: { 'ca.crt': 'pem', empty: '' },
      },
    ]);
  });

  test('an IngressClass has no namespace, whatever the file says', () => {
    const text = `
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: mattermost, namespace: x}
spec: {controller: mattermost-ingress.io/controller}
`;
    const { objects, findings } = readObjects(text, 'a.yaml');
    expect(findings).toEqual([]);
    expect(objects.map(({ reference }) => reference)).toEqual([
      { kind: 'IngressClass', namespace: '', name: 'mattermost' },
    ]);
    expect(objects[0]?.produced).toMatchObject([{ metadata: { namespace: '', name: 'mattermost' } }]);
  });

  test('lists are opened, also in lists, and their items keep their lines', () => {
    const text = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Service
  metadata: {name: a}
  spec:
    ports:
    - port: 80
- {apiVersion: v1, kind: SecretList, items: [
    {apiVersion: v1, kind: Secret, metadata: {name: b},
     data: {}}]}
`;
    const { objects, findings } = readObjects(text, 'a.yaml');
    expect(findings).toEqual([]);
    expect(objects.map(({ reference, source }) => [reference.name, source.line])).toEqual([
      ['a', 4],
      ['b', 11],
    ]);
    const [first, second] = objects;
    expect(first && locateField(first, 'spec.ports[0].port')).toEqual({ file: 'a.yaml', line: 9 });
    expect(second && locateField(second, 'data')).toEqual({ file: 'a.yaml', line: 12 });
  });

  test('an empty list is no empty file', () => {
    expect(readObjects('{apiVersion: v1, kind: List, items: []}', 'a.yaml')).toEqual({
      objects: [],
      findings: [],
      documentCount: 1,
    });
  });

  test.each(['', ' \n', '# comment\n', '---\n---\n# x\n', '\uFEFF'])('%j holds nothing', (text) => {
    expect(readObjects(text, 'a.yaml')).toEqual({ objects: [], findings: [], documentCount: 0 });
  });

  test('other kinds are ignored, with one warning each', () => {
    const text = ['apps/v1 Deployment', 'v1 Pod', 'apps/v1 Deployment', 'serving.knative.dev/v1 Service']
      .map((word) => word.split(' '))
      .map(([apiVersion, kind]) => `apiVersion: ${apiVersion}\nkind: ${kind}\n---\n`)
      .join('');
    const { objects, findings } = readObjects(text, 'a.yaml');
    expect(objects).toEqual([]);
    expect(
      findings.map(({ severity, reason, location, message }) => [severity, reason, location?.line, message]),
    ).toEqual([
      [
        'warning',
        'KindUnknown',
        1,
        'Kind Deployment (apps/v1) is not read from files; 2 objects are ignored',
      ],
      ['warning', 'KindUnknown', 4, 'Kind Pod (v1) is not read from files; the object is ignored'],
      [
        'warning',
        'KindUnknown',
        10,
        'Kind Service (serving.knative.dev/v1) is not read from files; the object is ignored',
      ],
    ]);
  });

  test.each([
    ['mattermost-ingress.io/v1alpha1', 'MattermostIngressPolcy', 'Did you mean MattermostIngressPolicy?'],
    ['mattermost-ingress.io/v1alpha1', 'Chat', 'Write MattermostIngressPolicy, or remove the object'],
  ])('a kind of our own group that is none is a mistake: %s %s', (apiVersion, kind, remedy) => {
    const { findings } = readObjects(`apiVersion: ${apiVersion}\nkind: ${kind}\n`, 'a.yaml');
    const message = `There is no kind ${kind} in mattermost-ingress.io`;
    expect(findings).toMatchObject([
      { severity: 'error', reason: 'ObjectInvalid', field: 'kind', message, remedy },
    ]);
  });

  test.each([
    ['networking.k8s.io/v1', 'Ingres', 'Did you mean Ingress? Else leave it: it does no harm'],
    ['v1', 'Secrets', 'Did you mean Secret? Else leave it: it does no harm'],
    ['v1', 'Pod', 'Remove it from the folder, or leave it: it does no harm'],
    // Near to a kind, but of another group.
    ['gateway.example.com/v1', 'Ingresses', 'Remove it from the folder, or leave it: it does no harm'],
  ])('a kind that is nearly one we read: %s %s', (apiVersion, kind, remedy) => {
    const { findings } = readObjects(`apiVersion: ${apiVersion}\nkind: ${kind}\n`, 'a.yaml');
    expect(findings).toMatchObject([{ severity: 'warning', reason: 'KindUnknown', remedy }]);
  });
});
