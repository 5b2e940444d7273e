// `migrate` as a process: files, standard input, a cluster that is only read, the questions about a BIG-IP, exit codes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { errorsOf } from '../support/checked.ts';
import { runCommand } from '../support/command.ts';
import { configMap, ingress, service } from '../support/kube/cluster-objects.ts';
import { FakeApiServer } from '../support/kube/fake-api-server.ts';

const NGINX = 'nginx.ingress.kubernetes.io';
let home = '';

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'migrate-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

function migrate(args: readonly string[], input = '') {
  return runCommand(['migrate', ...args], { home, input });
}

function fileOf(name: string, text: string): string {
  const file = join(home, name);
  writeFileSync(file, text);
  return file;
}

function ingressText(annotations: string, className = 'nginx'): string {
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: chat, namespace: mattermost, annotations: {${annotations}}}
spec:
  ingressClassName: ${className}
  rules: [{host: chat.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: mattermost, port: {number: 8065}}}}]}}]
`;
}

describe('files', () => {
  test('what is carried over ends with 0, and passes check', async () => {
    const { code, out, error } = await migrate(['-'], ingressText(`${NGINX}/proxy-body-size: 50m`));
    expect(code).toBe(0);
    expect(error).toBe(
      '1 Ingress, 1 policy: 1 carried over, 0 not quite the same, 0 left in the Ingress, 0 not needed, 0 without counterpart.\n',
    );
    expect(parseAllDocuments(out).at(-1)?.toJS()).toMatchObject({
      metadata: { name: 'chat', namespace: 'mattermost' },
      spec: { limits: { requestBody: '50Mi' }, admission: { defaultAction: 'Allow' } },
    });
    expect(errorsOf(out)).toEqual([]);
  });

  test('what has no counterpart ends with 1, and a restriction is said to close the site', async () => {
    const file = fileOf('auth.yaml', ingressText(`${NGINX}/auth-url: "https://auth.example.com"`));
    const { code, out, error } = await migrate([file]);
    expect(code).toBe(1);
    expect(error).toContain('1 CLOSED until you say who may come in');
    expect(out).toContain('# CLOSED until you say who may come in: nginx.ingress.kubernetes.io/auth-url');
    expect(out).not.toContain('auth.example.com');
  });

  test('a folder, and one class of it', async () => {
    const folder = mkdtempSync(join(home, 'folder-'));
    writeFileSync(join(folder, 'a.yaml'), ingressText(''));
    writeFileSync(join(folder, 'b.yaml'), ingressText('', 'other').replace('chat,', 'team,'));
    const { code, out } = await migrate(['--ingress-class', 'other', folder]);
    expect(code).toBe(0);
    expect(out).toContain('# Ingress mattermost/team (class other): chat.example.com');
    expect(out).not.toContain('mattermost/chat');
  });

  test.each<[string, readonly string[], string, string]>([
    ['nothing named', [], '', 'There is nothing to migrate. Name YAML files'],
    ['a file that is not there', ['/nowhere/a.yaml'], '', '/nowhere/a.yaml: The file does not exist'],
    ['broken YAML', ['-'], 'a: 1\n---\nb: [', 'standard input:3: The indentation does not fit'],
    ['no Ingress', ['-'], 'kind: Service\n', 'There is no Ingress in what was read'],
    ['none of the class', ['--ingress-class', 'x', '-'], ingressText(''), 'no Ingress of class x'],
    ['both', ['--namespace', 'a', 'b.yaml'], '', 'Files and a cluster at once'],
    ['no kubeconfig', ['--namespace', 'a'], '', 'There is no cluster to read: name it by --kubeconfig FILE'],
    ['an odd ConfigMap', ['--config-map', 'a'], '', 'Write --config-map namespace/name'],
  ])('%s is refused with 2, and nothing is written', async (_what, args, input, wanted) => {
    const { code, out, error } = await migrate(args, input);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain(wanted);
  });
});

describe('a cluster', () => {
  let server: FakeApiServer;
  let kubeconfig = '';

  beforeAll(async () => {
    server = await FakeApiServer.start();
    kubeconfig = fileOf('kubeconfig', server.kubeconfig('{token: token-1}'));
    const annotated = (name: string, namespace: string) => {
      const draft = ingress(name, 'nginx', namespace);
      return { ...draft, metadata: { ...draft.metadata, annotations: { [`${NGINX}/affinity`]: 'cookie' } } };
    };
    server.cluster.put('ingresses', annotated('one', 'mattermost'));
    server.cluster.put('ingresses', annotated('two', 'elsewhere'));
    server.cluster.put('services', service('one', 8065, 'mattermost'));
    server.cluster.put('configmaps', {
      ...configMap('controller', 'x', 'ingress-nginx'),
      data: { 'proxy-body-size': '8m' },
    });
  });
  afterAll(() => server.stop());

  test('is read, and nothing is written to it', async () => {
    const args = ['--kubeconfig', kubeconfig, '--config-map', 'ingress-nginx/controller'];
    const { code, out, error } = await migrate(args);
    expect({ code, error }).toMatchObject({ code: 0 });
    expect(error).toContain('2 Ingresses, 2 policies');
    expect(out).toContain('requestBody: 8Mi');
    expect(errorsOf(out)).toEqual([]);
    expect(new Set(server.requests.map(({ method }) => method))).toEqual(new Set(['GET']));
    expect(server.requests.some(({ path }) => path.includes('secrets'))).toBe(false);
  });

  test('one namespace is asked for alone', async () => {
    const before = server.requests.length;
    const { out } = await migrate(['--kubeconfig', kubeconfig, '--namespace', 'mattermost']);
    expect(out).toContain('Ingress mattermost/one');
    expect(out).not.toContain('elsewhere');
    const paths = server.requests.slice(before).map(({ path }) => path);
    expect(paths.every((path) => path.includes('/namespaces/mattermost/'))).toBe(true);
  });

  test('that may not be read is named, with its server', async () => {
    server.cluster.denials.push({ plural: 'ingresses' });
    const { code, out, error } = await migrate(['--kubeconfig', kubeconfig]);
    server.cluster.denials.length = 0;
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain(
      `The cluster at ${server.url} (context fake) cannot be read: The API server answered 403`,
    );
  });

  test('a context that is not there is refused with those that are', async () => {
    const { code, error } = await migrate(['--kubeconfig', kubeconfig, '--context', 'absent']);
    expect(code).toBe(2);
    expect(error).toMatch(/there is no context absent in it; known: /u);
  });
});

describe('f5', () => {
  const site = ['f5', '--host', 'chat.example.com', '--service', 'mattermost:8065'];

  test('options and an answers file together; options hold', async () => {
    const answers = fileOf('f5.yaml', 'host: other.example.com\ncontains: customvalue\nheader: x-custom\n');
    const { code, out } = await migrate([...site, '--namespace', 'chat', '--answers', answers]);
    expect(code).toBe(0);
    expect(parseAllDocuments(out).at(-1)?.toJS()).toMatchObject({
      metadata: { namespace: 'chat' },
      spec: {
        route: { hosts: ['chat.example.com'] },
        admission: {
          rules: [
            { headers: [{ name: 'x-custom', type: 'Contains', values: ['customvalue'] }] },
            { name: 'signed-in-websocket' },
          ],
          defaultAction: 'Reset',
        },
      },
    });
    expect(errorsOf(out)).toEqual([]);
  });

  test('automap is what happens without a SNAT pool', async () => {
    const { code, out } = await migrate([...site, '--reject', 'None', '--snat', 'Automap']);
    expect(code).toBe(0);
    expect(out).toContain('Automap, which is the address of the pod');
    expect(out).not.toContain('sourceAddresses');
  });

  test('a virtual server without iRule lets everybody in, when that is said', async () => {
    const { code, out } = await migrate([...site, '--reject', 'None']);
    expect(code).toBe(0);
    expect(parseAllDocuments(out).at(-1)?.toJS()).toMatchObject({
      spec: { admission: { defaultAction: 'Allow' } },
    });
    expect(out).not.toContain('cookie of that shape');
    expect(errorsOf(out)).toEqual([]);
  });

  test('a Secret is named, never made: whoever applies the output as it is opens nothing', async () => {
    const { code, out } = await migrate([...site, '--secret', 'preauth']);
    expect(code).toBe(0);
    expect(out).toContain('openssl rand -base64 32 | kubectl create secret generic preauth');
    const kinds = parseAllDocuments(out).map((document): unknown => document.get('kind'));
    expect(kinds.filter((kind) => kind !== undefined)).toEqual(['MattermostIngressPolicy']);
    const [, placeholder = ''] = /stringData: \{current: (.*)\}/u.exec(out) ?? [];
    expect(placeholder.length).toBeLessThan(16);
  });

  test.each<[string, readonly string[], string, string]>([
    ['no host', ['f5', '--service', 'a'], '', 'Say at least --host.'],
    [
      'a header without value',
      [...site, '--header', 'x-a'],
      '',
      '--header needs --secret NAME, or --contains',
    ],
    ['two ways at once', [...site, '--contains', 'a', '--secret', 'b'], '', 'keep one of them'],
    [
      'host bits',
      [...site, '--org-cidr', '192.0.2.1/24'],
      '',
      '--org-cidr (spec.admission.rules[0].sourceCIDRs[0])',
    ],
    [
      'a port that is none',
      ['f5', '--host', 'a.example.com', '--service', 'a:b', '--secret', 'preauth'],
      '',
      '--service (spec.route.service.port)',
    ],
    [
      'a name that is none',
      [...site, '--reject', 'None', '--name', 'My Chat'],
      '',
      'The command line: name must be the name of an object, such as chat: lower-case letters, digits, hyphens and dots',
    ],
    [
      'a namespace with a dot',
      [...site, '--reject', 'None', '--namespace', 'chat.example'],
      '',
      'The command line: namespace must be the name of a namespace, such as mattermost: lower-case letters, digits and hyphens',
    ],
    [
      'a namespace that ends a command to copy',
      [...site, '--secret', 'preauth', '--answers', '-'],
      'namespace: "x; reboot"',
      'Standard input: namespace must be the name of a namespace',
    ],
    ['a namespace that is too long', [...site, '--namespace', 'a'.repeat(64)], '', 'namespace must be'],
    ['an odd choice', [...site, '--reject', 'Drop'], '', 'reject must be one of Reset, Deny, None'],
    [
      'a rule that lets nobody sign in',
      [...site, '--cookies', 'All'],
      '',
      'Nobody could sign in: say --org-cidr',
    ],
    [
      'a rule, and none',
      [...site, '--reject', 'None', '--secret', 'preauth'],
      '',
      '--reject None lets everybody in',
    ],
    ['verification by nobody', [...site, '--server-ssl', 'Verify'], '', '--server-ca belong together'],
    [
      'a misspelt answer',
      ['f5', '--answers', '-'],
      'hots: a',
      'Standard input answers "hots". Did you mean host?',
    ],
    [
      'a list where one is asked for',
      ['f5', '--answers', '-'],
      'service: [a, b]',
      'service must be one value',
    ],
    ['no answers at all', ['f5', '--answers', '-'], 'just words', 'must hold one answer a line'],
  ])('%s is refused with 2', async (_what, args, input, wanted) => {
    const { code, out, error } = await migrate(args, input);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(error).toContain(wanted);
    expect(error).toContain('See mattermost-ingress migrate f5 --help');
  });
});
