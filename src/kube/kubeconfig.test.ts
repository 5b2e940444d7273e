// Server, certificates and tokens from kubeconfig files and from what a pod is given; rotated files are read again.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { loadCredentials } from './kubeconfig.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

function config(cluster: string, user: string): string {
  return `current-context: c
clusters: [{name: k, cluster: ${cluster}}]
contexts: [{name: c, context: {cluster: k, user: u}}]
users: [{name: u, user: ${user}}]
`;
}

describe('a kubeconfig file', () => {
  test.each<[string, string, string, object]>([
    [
      'a token',
      '{server: "https://10.0.0.1:6443/"}',
      '{token: t}',
      { server: 'https://10.0.0.1:6443', headers: { Authorization: 'Bearer t' }, tls: {} },
    ],
    [
      'a path behind the name, and a password',
      '{server: "https://rancher.example.com/k8s/clusters/c-1"}',
      '{username: a, password: b}',
      { server: 'https://rancher.example.com/k8s/clusters/c-1', headers: { Authorization: 'Basic YTpi' } },
    ],
    [
      'certificates',
      `{server: "https://k", certificate-authority-data: ${btoa('CA')}, tls-server-name: api}`,
      `{client-certificate-data: ${btoa('CERT')}, client-key-data: ${btoa('KEY')}}`,
      { tls: { ca: 'CA', cert: 'CERT', key: 'KEY', servername: 'api' } },
    ],
    [
      'no verification',
      '{server: "https://k", insecure-skip-tls-verify: true}',
      '{token: t}',
      { tls: { rejectUnauthorized: false } },
    ],
    [
      'impersonation',
      '{server: "https://k"}',
      '{token: t, as: bob}',
      { headers: { 'Impersonate-User': 'bob' } },
    ],
  ])('%s', async (name, cluster, user, wanted) => {
    const file = write(`${name.replaceAll(' ', '-')}.yaml`, config(cluster, user));
    const credentials = await loadCredentials({ kind: 'file', file });
    expect(credentials.context).toBe('c');
    expect({ server: credentials.server, ...(await credentials.access()) }).toMatchObject(wanted);
  });

  test.each<[string, string, RegExp]>([
    ['is not there', '', /Kubeconfig .*absent cannot be read: ENOENT.*--kubeconfig FILE/],
    ['is no YAML', ': [', /cannot be read/],
    ['has no context', 'clusters: []\n', /has no current context with a cluster/],
    [
      'has no user',
      'current-context: c\nclusters: [{name: k, cluster: {server: "https://k"}}]\ncontexts: [{name: c, context: {cluster: k, user: u}}]\nusers: []\n',
      /names no user/,
    ],
    ['has no URL', config('{server: "k:6443"}', '{token: t}'), /names a server that is no URL: k:6443/],
    ['wants a proxy', config('{server: "https://k", proxy-url: "http://p"}', '{token: t}'), /proxy-url/],
  ])('that %s is refused', async (what, text, message) => {
    const file = text === '' ? join(folder, 'absent') : write(`${what.replaceAll(' ', '-')}.yaml`, text);
    await expect(loadCredentials({ kind: 'file', file })).rejects.toThrow(message);
  });

  test('a token file goes before a token; it is found from the folder of the file, and read anew once refused', async () => {
    write('tokens/ci', 'first\n');
    const file = write('tokens/config', config('{server: "https://k"}', '{token: t, tokenFile: ci}'));
    const credentials = await loadCredentials({ kind: 'file', file });
    const authorization = async () => (await credentials.access()).headers['Authorization'];
    expect(await authorization()).toBe('Bearer first');
    write('tokens/ci', 'second');
    expect(await authorization()).toBe('Bearer first');
    await credentials.forget();
    expect(await authorization()).toBe('Bearer second');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    write('tokens/ci', 'third');
    expect(await authorization()).toBe('Bearer third');
    vi.useRealTimers();
    rmSync(join(folder, 'tokens/ci'));
    await credentials.forget();
    await expect(credentials.access()).rejects.toMatchObject({ reason: 'credentials' });
  });

  test('a token file of the usual kubeconfigs belongs to the first of them that knows the user', async () => {
    const elsewhere = config('{server: "https://k"}', '{tokenFile: token}').replace(
      'name: u, user:',
      'name: o, user:',
    );
    const first = write('usual/a', elsewhere);
    const second = write('usual/more/b', 'users: [{name: u, user: {tokenFile: token}}]\n');
    write('usual/more/token', 'mine');
    vi.stubEnv('KUBECONFIG', `${first}:${second}`);
    const credentials = await loadCredentials({ kind: 'usual', files: [first, second] });
    expect((await credentials.access()).headers).toEqual({ Authorization: 'Bearer mine' });
    vi.unstubAllEnvs();
  });

  test('a new authority is noticed, and told by its digest', async () => {
    const ca = write('ca.crt', 'OLD');
    const file = write(
      'rotated.yaml',
      config(`{server: "https://k", certificate-authority: ${ca}}`, '{token: t}'),
    );
    const credentials = await loadCredentials({ kind: 'file', file });
    const [before, same] = [await credentials.access(), await credentials.access()];
    write('ca.crt', 'NEW');
    const after = await credentials.access();
    expect([before.tls.ca, after.tls.ca]).toEqual(['OLD', 'NEW']);
    expect([same.tlsDigest === before.tlsDigest, after.tlsDigest === before.tlsDigest]).toEqual([
      true,
      false,
    ]);
  });

  test('another context than the current one, where it is there', async () => {
    const two = `${config('{server: "https://k"}', '{token: t}')}`
      .replace('clusters: [', 'clusters: [{name: other, cluster: {server: "https://other"}}, ')
      .replace('contexts: [', 'contexts: [{name: o, context: {cluster: other, user: u}}, ');
    const file = write('two.yaml', two);
    const load = (context: string) => loadCredentials({ kind: 'file', file, context });
    expect((await load('o')).server).toBe('https://other');
    expect((await load('c')).server).toBe('https://k');
    await expect(load('x')).rejects.toThrow(/there is no context x in it; known: o, c$/);
  });

  test('a file that is half written when a token is refused keeps what was read', async () => {
    const file = write('torn.yaml', config('{server: "https://k"}', '{token: old}'));
    const credentials = await loadCredentials({ kind: 'file', file });
    write('torn.yaml', 'clusters: [');
    await credentials.forget();
    expect((await credentials.access()).headers).toEqual({ Authorization: 'Bearer old' });
    write('torn.yaml', config('{server: "https://k"}', '{token: new}'));
    await credentials.forget();
    expect((await credentials.access()).headers).toEqual({ Authorization: 'Bearer new' });
  });
});

test('a helper is asked once for all that need it at the same time', async () => {
  const asked = join(folder, 'asked');
  const credential = { apiVersion: 'client.authentication.k8s.io/v1', status: { token: 'helped' } };
  const script = `echo asked >> ${asked}; echo '${JSON.stringify(credential)}'`;
  const exec = JSON.stringify({ command: '/bin/sh', args: ['-c', script] });
  const file = write('helper.yaml', config('{server: "https://k"}', `{exec: ${exec}}`));
  const credentials = await loadCredentials({ kind: 'file', file });
  const headers = { Authorization: 'Bearer helped' };
  const both = () => Promise.all([credentials.access(), credentials.access()]);
  expect(await both()).toMatchObject([{ headers }, { headers }]);
  expect(readFileSync(asked, 'utf8')).toBe('asked\n');
  await credentials.forget();
  expect(await both()).toMatchObject([{ headers }, { headers }]);
  expect(readFileSync(asked, 'utf8')).toBe('asked\n'.repeat(2));
});

test('a pod: server from the environment, authority and token from files, the token anew once it is refused', async () => {
  vi.stubEnv('KUBERNETES_SERVICE_HOST', '2001:db8::1');
  vi.stubEnv('KUBERNETES_SERVICE_PORT', '443');
  const account = 'pod/var/run/secrets/kubernetes.io/serviceaccount';
  write(`${account}/ca.crt`, 'CA');
  write(`${account}/token`, 'first\n');
  const credentials = await loadCredentials({ kind: 'in-cluster', root: join(folder, 'pod') });
  expect(credentials.server).toBe('https://[2001:db8::1]:443');
  expect(await credentials.access()).toMatchObject({
    tls: { ca: 'CA' },
    headers: { Authorization: 'Bearer first' },
  });
  write(`${account}/token`, 'second\n');
  expect((await credentials.access()).headers).toEqual({ Authorization: 'Bearer first' });
  await credentials.forget();
  expect((await credentials.access()).headers).toEqual({ Authorization: 'Bearer second' });
  rmSync(join(folder, account, 'token'));
  await credentials.forget();
  await expect(credentials.access()).rejects.toMatchObject({ reason: 'credentials' });
  vi.unstubAllEnvs();
});
