// Service ports, the key of a backend, and TLS towards the nodes: closed where it cannot be verified.
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import type { ConfigMap, Secret, Service } from '../api/objects.ts';
import { checkPolicy } from '../api/validate.ts';
import { compileBackend } from './backends.ts';
import { CertificateShelf } from './certificates.ts';
import type { Problem } from './problem.ts';
import { brief, policy, route, secret, service, SETTINGS, slice } from './test-objects.ts';

const SLICES = [slice('chat/one', [{ addresses: ['10.0.0.1'], conditions: {} }])];
const made = await generate([{ name: 'commonName', value: 'nodes' }], { keyType: 'ec', algorithm: 'sha256' });
const PEM = new X509Certificate(made.cert).toString();

type World = {
  readonly service?: Service | undefined;
  readonly secrets?: readonly Secret[];
  readonly configMaps?: readonly ConfigMap[];
  readonly own?: readonly string[];
};

function compile(spec: object, world: World = {}) {
  const checked = checkPolicy(policy('chat/site', spec)).policy;
  if (checked === undefined) throw new Error('The policy of this test is invalid');
  const problems: Problem[] = [];
  const services = 'service' in world ? [world.service] : [service('chat/mattermost')];
  const secrets = new Map((world.secrets ?? []).map((each) => [`chat/${each.metadata.name}`, each]));
  const source = {
    services: new Map(services.filter((each) => each !== undefined).map((each) => ['chat/mattermost', each])),
    slices: new Map([['chat/mattermost', SLICES]]),
    secrets,
    configMaps: new Map((world.configMaps ?? []).map((each) => [`chat/${each.metadata.name}`, each])),
    certificates: new CertificateShelf({ secrets, remembered: new Map(), nowMs: SETTINGS.nowMs }),
    endpointSettings: SETTINGS,
    ownAddresses: world.own,
  };
  const { route: wanted, ...settings } = checked.spec;
  if (wanted === undefined) throw new Error('The policy of this test has no route');
  const health = { sitePath: '/', isExpected: true };
  const wish = { namespace: 'chat', service: wanted.service, settings, health };
  const { backend } = compileBackend(wish, source, (problem) => problems.push(problem));
  return { backend, problems: brief(problems), endpoints: backend.endpoints.length };
}

const tls = (more: object) => ({ backend: { tls: { mode: 'Verify', ...more } } });
const CA = tls({ caRef: { kind: 'Secret', name: 'ca' } });
const CLIENT = tls({ clientCertificateRef: { name: 'client' } });

describe('Service', () => {
  const port = (more: object) => ({
    route: { hosts: ['chat.example.com'], service: { name: 'mattermost', ...more } },
  });
  test.each<[string, object, Service | undefined, string[]]>([
    ['by number', port({ port: 8065 }), service('chat/mattermost'), []],
    ['by name', port({ portName: 'http' }), service('chat/mattermost'), []],
    ['missing', port({ port: 8065 }), undefined, ['ServiceNotFound spec.route.service.name']],
    [
      'without that number',
      port({ port: 1 }),
      service('chat/mattermost'),
      ['ServicePortNotFound spec.route.service.port'],
    ],
    [
      'without that name',
      port({ portName: 'web' }),
      service('chat/mattermost'),
      ['ServicePortNotFound spec.route.service.portName'],
    ],
    [
      'with that port for UDP',
      port({ port: 8065 }),
      service('chat/mattermost', { ports: [{ name: 'http', port: 8065, protocol: 'UDP' }] }),
      ['ServicePortNotFound spec.route.service.port'],
    ],
    [
      'of type ExternalName',
      port({ port: 8065 }),
      service('chat/mattermost', { type: 'ExternalName' }),
      ['ServiceUnsupported spec.route.service.name'],
    ],
    [
      'whose port has another name than the slices',
      port({ port: 8065 }),
      service('chat/mattermost', { ports: [{ name: 'web', port: 8065 }] }),
      ['NoEndpoints spec.route.service'],
    ],
  ])('%s', (_, spec, object, problems) => {
    const endpoints = problems.length === 0 ? 1 : 0;
    expect(compile(spec, { service: object })).toMatchObject({ problems, endpoints });
  });
});

describe('key', () => {
  const keyOf = (spec: object, secrets: readonly Secret[] = []) => compile(spec, { secrets }).backend.key;
  const base = keyOf({});

  test.each([
    [
      'the port by name',
      { route: route('chat.example.com', { service: { name: 'mattermost', portName: 'http' } }) },
    ],
    [
      'defaults written out',
      { backend: { loadBalancing: 'LeastConnections', timeouts: { connect: '3000ms' } } },
    ],
    ['TLS written as off', { backend: { tls: { mode: 'Disabled' } } }],
    ['what has nothing to do with the backend', { accessLog: { enabled: false } }],
  ])('is the same with %s', (_, spec) => {
    expect(keyOf(spec)).toBe(base);
  });

  test('differs with each setting', () => {
    const keys = [
      {},
      { backend: { loadBalancing: 'Random' } },
      { backend: { timeouts: { connect: '4s' } } },
      { backend: { timeouts: { response: '4s' } } },
      { backend: { tls: { mode: 'InsecureSkipVerify' } } },
      tls({}),
      tls({ minVersion: '1.3' }),
      tls({ serverName: 'other' }),
      CA,
      tls({ caRef: { kind: 'ConfigMap', name: 'ca' } }),
      CLIENT,
    ].map((spec) => keyOf(spec));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('stays while a Secret is renewed: the slots of its endpoints go on', () => {
    expect(keyOf(CA, [secret('chat/ca', { 'ca.crt': PEM })])).toBe(keyOf(CA));
  });
});

describe('TLS to the nodes', () => {
  const good = {
    ca: secret('chat/ca', { 'ca.crt': PEM }),
    client: secret('chat/client', { 'tls.crt': PEM, 'tls.key': made.private }),
  };

  test.each([
    ['ca.crt', secret('chat/ca', { 'ca.crt': PEM })],
    ['tls.crt, where there is no ca.crt', secret('chat/ca', { 'tls.crt': PEM })],
  ])('authorities stand in %s', (_, ca) => {
    const { backend, problems, endpoints } = compile(CA, { secrets: [ca] });
    expect(backend.tls).toMatchObject({ verify: true, ca: PEM, serverName: 'mattermost.chat.svc' });
    expect({ problems, endpoints }).toEqual({ problems: [], endpoints: 1 });
  });

  test.each([
    ['no Secret', [], ['SecretNotFound spec.backend.tls.caRef']],
    ['no key', [secret('chat/ca', {})], ['SecretInvalid spec.backend.tls.caRef']],
    ['no PEM', [secret('chat/ca', { 'ca.crt': 'rubbish' })], ['SecretInvalid spec.backend.tls.caRef']],
    [
      'a broken ca.crt beside a good tls.crt',
      [secret('chat/ca', { 'ca.crt': '', 'tls.crt': PEM })],
      ['SecretInvalid spec.backend.tls.caRef'],
    ],
  ])('Verify with %s reaches no node, and never an unverified one', (_, secrets, problems) => {
    const compiled = compile(CA, { secrets });
    expect(compiled).toMatchObject({ problems, endpoints: 0 });
    expect(compiled.backend.tls?.verify).toBe(true);
  });

  const fromConfigMap = tls({ caRef: { kind: 'ConfigMap', name: 'ca' } });
  const map = (data: Readonly<Record<string, string>>): ConfigMap => {
    return { kind: 'ConfigMap', metadata: { namespace: 'chat', name: 'ca' }, data };
  };

  test('authorities may stand in a ConfigMap', () => {
    const { backend, problems, endpoints } = compile(fromConfigMap, { configMaps: [map({ 'ca.crt': PEM })] });
    expect(backend.tls).toMatchObject({ verify: true, ca: PEM });
    expect({ problems, endpoints }).toEqual({ problems: [], endpoints: 1 });
  });

  test.each([
    ['missing', []],
    ['without the key', [map({ 'tls.crt': PEM })]],
    ['with rubbish', [map({ 'ca.crt': 'rubbish' })]],
  ])('a ConfigMap %s reaches no node, whatever a Secret of its name holds', (_, configMaps) => {
    const compiled = compile(fromConfigMap, { configMaps, secrets: [good.ca] });
    expect(compiled).toMatchObject({ problems: ['ConfigMapNotFound spec.backend.tls.caRef'], endpoints: 0 });
    expect(compiled.backend.tls?.verify).toBe(true);
  });

  test('a client certificate is shown', () => {
    const { backend, problems } = compile(CLIENT, { secrets: [good.client] });
    expect(backend.tls?.clientCertificate).toEqual({ chain: PEM, key: made.private });
    expect(problems).toEqual([]);
  });

  test('without the client certificate it was told to show it reaches no node', () => {
    expect(compile(CLIENT)).toMatchObject({
      problems: ['SecretNotFound spec.backend.tls.clientCertificateRef'],
      endpoints: 0,
    });
  });

  test('InsecureSkipVerify is warned about and works', () => {
    const compiled = compile({ backend: { tls: { mode: 'InsecureSkipVerify' } } });
    expect(compiled).toMatchObject({ problems: ['BackendUnverified spec.backend.tls.mode'], endpoints: 1 });
    expect(compiled.backend.tls?.verify).toBe(false);
  });
});

describe('sourceAddresses', () => {
  const POOL = { backend: { sourceAddresses: ['192.0.2.64/28', '2001:db8::/64'] } };
  const MISSING = ['SourceAddressMissing spec.backend.sourceAddresses'];
  test.each<[string, object, readonly string[] | undefined, readonly string[]]>([
    ['with an address in it', POOL, ['10.0.0.1', '192.0.2.79'], []],
    ['with one of the other family', POOL, ['10.0.0.1', '2001:db8::1'], []],
    ['without', POOL, ['10.0.0.1', '192.0.2.80', '::1'], MISSING],
    ['where nobody knows', POOL, undefined, []],
    ['no pool at all', {}, ['10.0.0.1'], []],
  ])('%s', (_, spec, own, problems) => {
    const { backend, ...found } = compile(spec, own === undefined ? {} : { own });
    expect(found).toMatchObject({ problems, endpoints: 1 });
    expect(backend.sourceAddresses).toEqual(
      'backend' in spec
        ? { v4: ['c0000240', 'c000024f'], v6: [expect.any(String), expect.any(String)] }
        : undefined,
    );
  });
});
