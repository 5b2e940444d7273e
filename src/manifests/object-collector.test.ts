// Refusals: every one with its line and field, what is next to it goes on, and no secret stands in any message.
import { describe, expect, test } from 'vitest';
import { maxFindingsPerFile } from './object-collector.ts';
import { readObjects } from './parse.ts';

const service = 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n';

const secret = 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n';
const ingress =
  'apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: {defaultBackend: {service: {name: a, port: {number: 80}}}}\n';
const slice = `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: a, labels: {kubernetes.io/service-name: a}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.1]}]
`;

type Refusal = readonly [text: string, line: number, field: string, message: string];

const refusals: Readonly<Record<string, Refusal>> = {
  'a scalar': ['x', 1, '', 'A document must be an object with apiVersion and kind, it is a string'],
  'a list': ['- a: 1\n', 1, '', 'A document must be an object with apiVersion and kind, it is a list'],
  'no kind': ['apiVersion: v1\n', 1, 'kind', 'kind is required'],
  'no apiVersion': ['\nkind: Service\n', 2, 'apiVersion', 'apiVersion is required'],
  'a kind that is no string': [
    'apiVersion: v1\nkind: on\n',
    2,
    'kind',
    'kind must be a string, it is a boolean',
  ],
  'no metadata': [
    'apiVersion: v1\nkind: Service\n',
    1,
    'metadata.name',
    'Service: metadata.name is required',
  ],
  'no name': [
    'apiVersion: v1\nkind: Service\nmetadata: {generateName: a}\n',
    3,
    'metadata.name',
    'Service: metadata.name is required',
  ],
  'a name that is a number': [
    'apiVersion: v1\nkind: Service\nmetadata:\n  name: 010\n',
    4,
    'metadata.name',
    'Service: metadata.name must be a string, it is a number',
  ],
  'a name that cannot be': [
    'apiVersion: v1\nkind: Service\nmetadata: {name: a/b}\n',
    3,
    'metadata.name',
    'Service: metadata.name is not a Kubernetes name',
  ],
  'a namespace that cannot be': [
    'apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: a.b}\n',
    3,
    'metadata.namespace',
    'Service: metadata.namespace is not a namespace',
  ],
  'metadata that is a list': [
    'apiVersion: v1\nkind: Service\nmetadata: [a]\n',
    3,
    'metadata',
    'Service: metadata must be a map, it is a list',
  ],
  'another version': [
    slice.replace('/v1', '/v1beta1'),
    1,
    'apiVersion',
    'apiVersion must be discovery.k8s.io/v1 for kind EndpointSlice',
  ],
  'an Ingress of a version long gone': [
    'apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n',
    1,
    'apiVersion',
    'apiVersion must be networking.k8s.io/v1 for kind Ingress',
  ],
  'an annotation without quotes': [
    `${ingress}metadata:\n  name: a\n  annotations:\n    nginx.ingress.kubernetes.io/proxy-read-timeout: 600\n`,
    7,
    'metadata.annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]',
    'metadata.annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"] must be a string, it is a number',
  ],
  'a ConfigMap value that is a number': [
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: 5\n',
    5,
    'data.a',
    'data.a must be a string, it is a number',
  ],
  'a ConfigMap key that cannot be': [
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  "a b": x\n',
    5,
    'data["a b"]',
    'data["a b"] has a key with other characters than Kubernetes allows',
  ],
  'a port in quotes': [
    'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - name: x\n    port: "80"\n',
    7,
    'spec.ports[0].port',
    'spec.ports[0].port must be an integer from 1 to 65535, it is a string',
  ],
  'a port out of range': [
    service.replace('80', '65536'),
    4,
    'spec.ports[0].port',
    'spec.ports[0].port must be an integer from 1 to 65535',
  ],
  'a port that is missing': [
    service.replace('port: 80', 'name: x'),
    4,
    'spec.ports[0].port',
    'spec.ports[0].port must be an integer from 1 to 65535, it is absent',
  ],
  'ports that are a map': [
    service.replace('[{port: 80}]', '{port: 80}'),
    4,
    'spec.ports',
    'spec.ports must be a list, it is a map',
  ],
  'a port that is a number': [
    service.replace('{port: 80}', '80'),
    4,
    'spec.ports[0]',
    'spec.ports[0] must be a map, it is a number',
  ],
  'a port name that is a boolean': [
    service.replace('port: 80', 'port: 80, name: on'),
    4,
    'spec.ports[0].name',
    'spec.ports[0].name must be a string, it is a boolean',
  ],
  'a slice of no Service': [
    slice.replace(', labels: {kubernetes.io/service-name: a}', ''),
    3,
    'metadata.labels["kubernetes.io/service-name"]',
    'metadata.labels["kubernetes.io/service-name"] is required',
  ],
  'an unknown address type': [
    slice.replace('IPv4', 'IPv5'),
    4,
    'addressType',
    'addressType must be one of IPv4, IPv6, FQDN',
  ],
  'an address of the other family': [
    slice.replace('IPv4', 'IPv6'),
    5,
    'endpoints[0].addresses[0]',
    'endpoints[0].addresses[0] is not an IPv6 address',
  ],
  'an address with leading zeros': [
    slice.replace('192.0.2.1', '192.0.2.01'),
    5,
    'endpoints[0].addresses[0]',
    'endpoints[0].addresses[0] is not an IPv4 address',
  ],
  'an address with a zone': [
    slice.replace('IPv4', 'IPv6').replace('192.0.2.1', '"fe80::1%eth0"'),
    5,
    'endpoints[0].addresses[0]',
    'endpoints[0].addresses[0] is not an IPv6 address',
  ],
  'an endpoint without address': [
    slice.replace('192.0.2.1', ''),
    5,
    'endpoints[0].addresses',
    'endpoints[0].addresses needs at least one address',
  ],
  'a condition in quotes': [
    slice.replace(']}]', '], conditions: {ready: "true"}}]'),
    5,
    'endpoints[0].conditions.ready',
    'endpoints[0].conditions.ready must be true or false, it is a string',
  ],
  'an Endpoints address that is a name': [
    'apiVersion: v1\nkind: Endpoints\nmetadata: {name: a}\nsubsets: [{addresses: [{ip: chat}]}]\n',
    4,
    'subsets[0].addresses[0].ip',
    'subsets[0].addresses[0].ip is not an IP address',
  ],
  'Secret data that is not base64': [
    `${secret}data:\n  ok: YWE=\n  a: "hunter2!"\n`,
    6,
    'data',
    'data holds an entry that is not base64',
  ],
  'base64 without padding': [
    `${secret}data: {a: YWE}\n`,
    4,
    'data',
    'data holds an entry that is not base64',
  ],
  'stringData that is a number': [
    `${secret}stringData:\n  a: 12\n`,
    5,
    'stringData',
    'stringData holds an entry that is not a string',
  ],
  'a secret value written as a key': [
    `${secret}stringData: {hunter2}\n`,
    4,
    'stringData',
    'stringData holds an entry that is not a string',
  ],
  'a Secret key that cannot be': [
    `${secret}stringData:\n  "hunter2 hunter2": x\n`,
    5,
    'stringData',
    'stringData holds a key with other characters than Kubernetes allows',
  ],
};

describe('refusals', () => {
  test.each(Object.entries(refusals))('%s', (_, [text, line, field, message]) => {
    const { objects, findings } = readObjects(`${service}---\n${text}`, 'a.yaml');
    const lineBefore = service.split('\n').length;
    expect(objects.map(({ reference }) => reference.name)).toEqual(['a']);
    expect(findings).toMatchObject([
      {
        severity: 'error',
        reason: 'ObjectInvalid',
        location: { file: 'a.yaml', line: line + lineBefore },
        field,
        message,
      },
    ]);
    expect(findings[0]?.remedy).toMatch(/^[A-Z].*[^.]$/);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });

  test('an object whose name and kind are known is named in the finding', () => {
    const [finding] = readObjects(service.replace('80', '0'), 'a.yaml').findings;
    expect(finding?.object).toEqual({ kind: 'Service', namespace: 'default', name: 'a' });
  });

  test('all wrong fields of an object are reported at once', () => {
    const text = service.replace('{port: 80}', '{port: "80"}, {port: 0, name: 1}');
    expect(readObjects(text, 'a.yaml').findings.map((finding) => finding.field)).toEqual([
      'spec.ports[0].port',
      'spec.ports[1].name',
      'spec.ports[1].port',
    ]);
  });

  test.each([
    { name: 'objects', text: service.replace('80', '0') },
    { name: 'documents', text: 'a: b: c\n' },
  ])(
    'of very many broken $name the first are reported, the rest counted without naming an object',
    ({ text }) => {
      const { findings } = readObjects(
        Array(maxFindingsPerFile + 5)
          .fill(text)
          .join('---\n'),
        'a.yaml',
      );
      expect(findings).toHaveLength(maxFindingsPerFile + 1);
      expect(findings.at(-1)).toMatchObject({
        severity: 'error',
        message: '5 more errors in this file are not shown',
      });
      expect(findings.at(-1)).not.toHaveProperty('object');
    },
  );

  test('of one object with very many wrong fields the first are reported', () => {
    const text = service.replace('{port: 80}', Array(200).fill('{port: 0}').join(', '));
    expect(readObjects(text, 'a.yaml').findings).toHaveLength(100);
  });

  test.each([
    { name: 'line breaks', text: '\n', count: 0 },
    { name: 'comments', text: '#\n', count: 0 },
    { name: 'spaces', text: ' ', count: 0 },
    { name: 'document marks', text: '---\n', count: 0 },
    { name: 'brackets', text: '[', count: 1 },
  ])('a hundred thousand $name do no harm', ({ text, count }) => {
    expect(readObjects(text.repeat(100_000), 'a.yaml').findings).toHaveLength(count);
  });

  test('values and names of millions of characters do no harm', () => {
    const long = 'A'.repeat(4_000_000);
    const { objects } = readObjects(`${secret}data: {a: ${long}}\nstringData: {b: ${long}}\n`, 'a.yaml');
    expect(objects).toHaveLength(1);
    for (const text of [`${secret}data: {a: ${long}!}`, service.replace('name: a', `name: ${long}`)]) {
      expect(readObjects(text, 'a.yaml').findings).toHaveLength(1);
    }
  });

  test('items behind an alias are read, and found at their list', () => {
    const text = `x: &x\n- apiVersion: v1\n  kind: Service\n  metadata: {name: a}\n  spec: {ports: [{port: 0}]}\napiVersion: v1\nkind: List\nitems: *x\n`;
    expect(readObjects(text, 'a.yaml').findings).toMatchObject([
      { object: { name: 'a' }, location: { line: 1 }, field: 'spec.ports[0].port' },
    ]);
  });
});
