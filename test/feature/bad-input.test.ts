// What wrong input gets: a wrong start ends with its reason, a wrong policy closes its own hosts, wrong bytes go nowhere.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { hostOf, policy, site, tlsSecret, yamlOf } from '../support/manifest-builders.ts';
import { answer, type RawBackend } from '../support/raw-backend.ts';
import { exchangeRaw, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const scene = new Scene();
let folder = '';
let controller: ControllerProcess;
let backend: RawBackend;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bad-input-'));
  backend = await scene.backend('good', ({ socket }) => void socket.write(answer('good')));
  controller = await scene.controller({ objects: site('good', [backend.place]) });
});
afterAll(async () => {
  await scene.end();
  rmSync(folder, { recursive: true, force: true });
});

describe('a start that cannot be', () => {
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  test.each<[string, () => Readonly<Record<string, string>>, readonly (string | RegExp)[]]>([
    [
      'a folder that is not there',
      () => ({ manifests: join(folder, 'absent') }),
      ['/absent', 'does not exist'],
    ],
    ['a folder that is a file', () => ({ manifests: file('file', '') }), ['/file', 'is not a folder']],
    ['keys that are too short', () => ({ 'sticky-key-file': file('keys', 'short\n') }), ['/keys', '16']],
    ['keys that are not there', () => ({ 'sticky-key-file': join(folder, 'no-keys') }), ['/no-keys']],
    ['ticket keys of another size', () => ({ 'ticket-key-file': file('tickets', 'x') }), ['/tickets', '48']],
    [
      'several wrong options: all of them at once',
      () => ({
        workers: '0',
        'http-port': '70000',
        'shutdown-delay': 'soon',
        'trusted-proxies': '10.0.0.0/40',
        'unknown-tls-names': 'maybe',
        'default-tls-secret': 'chat',
        'host-namespace': 'nonsense',
        'log-level': 'loud',
      }),
      [
        '--workers "0"',
        '--http-port "70000"',
        '--shutdown-delay "soon"',
        '--trusted-proxies "10.0.0.0/40"',
        '--unknown-tls-names "maybe"',
        '--default-tls-secret "chat"',
        '--host-namespace "nonsense"',
        '--log-level "loud"',
      ],
    ],
  ])('%s: exit 2', async (_, flags, wanted) => {
    const error: unknown = await scene.controller({ flags: flags() }).catch((reason: unknown) => reason);
    expect(String(error)).toContain('ended with 2: ');
    for (const text of wanted) expect(String(error)).toMatch(text);
  });

  test('a port that is taken: exit 2 with its number, its option, and what to do', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const bound = server.address();
    const port = String(typeof bound === 'object' ? bound?.port : bound);
    for (const flag of ['http-port', 'https-port', 'legacy-https-port', 'admin-port']) {
      await expect(scene.controller({ flags: { [flag]: port } })).rejects.toThrow(
        new RegExp(`ended with 2: Port ${port} on 127.0.0.1 .--${flag}. cannot .* take another port`),
      );
    }
    server.close();
  });

  test('an empty folder is a start: it waits for files, and every host is unknown', async () => {
    mkdirSync(join(folder, 'empty'));
    const waiting = await scene.controller({ flags: { manifests: join(folder, 'empty') } });
    expect((await waiting.get('any.test', '/')).status).toBe(404);
  });
});

describe('an invalid policy', () => {
  const invalid = (name: string, route: object) =>
    yamlOf(policy(name, { route: { ...route }, admission: { defaultAction: 'Maybe' } }));

  test('closes its own hosts, and the others do not notice', async () => {
    controller.write('invalid.yaml', invalid('invalid', { hosts: ['invalid.test', '*.invalid.test'] }));
    await controller.settled();
    for (const host of ['invalid.test', 'any.invalid.test']) {
      const reply = await controller.get(host, '/');
      expect([reply.status, reply.headers['retry-after']]).toEqual([503, '30']);
    }
    expect((await controller.get(hostOf('good'), '/')).status).toBe(200);
    const line = await controller.logged({ policy: 'test/invalid', msg: 'policy translated' });
    expect(line['conditions']).toContain('Accepted=False (Invalid)');
  });

  test('for one host closes it below an open wildcard', async () => {
    await controller.apply(
      'wild.yaml',
      ...site('wild', [backend.place], { route: { hosts: ['*.wild.test'] } }),
    );
    controller.write('shadow.yaml', invalid('shadow', { hosts: ['closed.wild.test'] }));
    await controller.settled();
    expect((await controller.get('closed.wild.test', '/')).status).toBe(503);
    expect((await controller.get('other.wild.test', '/')).status).toBe(200);
  });

  test('of a site with TLS keeps its certificate: phones that meet another one give up for good', async () => {
    const pair = await makeCertificate(hostOf('sealed'));
    const route = { tls: { secretName: 'sealed' } };
    const open = [...site('sealed', [backend.place], { route }), tlsSecret('sealed', pair)];
    await controller.apply('sealed.yaml', ...open);
    const ask = () => controller.get(hostOf('sealed'), '/', { ca: pair.certificate });
    expect((await ask()).status).toBe(200);
    controller.write('sealed.yaml', `${yamlOf(...open.slice(1))}---\n${invalid('sealed', route)}`);
    await controller.settled();
    expect((await ask()).status).toBe(503);
  });

  test('is open again when it is mended', async () => {
    controller.write('mended.yaml', invalid('mended', {}));
    await controller.settled();
    expect((await controller.get(hostOf('mended'), '/')).status).toBe(503);
    await controller.apply('mended.yaml', ...site('mended', [backend.place]));
    expect((await controller.get(hostOf('mended'), '/')).status).toBe(200);
  });
});

describe('a malformed request', () => {
  const host = `Host: ${hostOf('good')}\r\n`;

  test.each([
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
    ['an old version', `GET / HTTP/0.9\r\n${host}\r\n`],
    ['two Hosts', `GET / HTTP/1.1\r\n${host}${host}\r\n`],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two lengths', `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    [
      'a length and chunks',
      `POST / HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a space before the colon', `GET / HTTP/1.1\r\n${host}X : y\r\n\r\n`],
    ['a folded line', `GET / HTTP/1.1\r\n${host}X: y\r\n z\r\n\r\n`],
    ['lines that end with LF', `GET / HTTP/1.1\n${host.replace('\r', '')}\n`],
    ['a NUL', `GET / HTTP/1.1\r\n${host}X: a\0b\r\n\r\n`],
  ])('%s: refused, the connection ends, and the backend hears nothing', async (_, bytes) => {
    const before = backend.connections.length;
    const smuggled = requestText('GET /smuggled', hostOf('good'));
    const { text } = await exchangeRaw(controller.raw(), bytes + smuggled);
    expect(text).toMatch(/^HTTP\/1\.1 (?:400|505) [^]*\r\nConnection: close\r\n/);
    expect(text.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    expect(backend.connections).toHaveLength(before);
    expect(backend.received).not.toContain('smuggled');
  });
});

describe('a backend that speaks rubbish', () => {
  test.each([
    ['another-protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['no-version', 'HTTP 200 OK\r\n\r\n'],
    ['two-framings', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc'],
    ['two-lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
    ['a-bad-line', 'HTTP/1.1 200 OK\r\nno colon here\r\n\r\n'],
    ['a-huge-head', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`],
    ['a-status-of-two-digits', 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'],
  ])('%s: 502, and that connection ends', async (name, bytes) => {
    const liar = await scene.backend(name, ({ socket }) => void socket.write(bytes));
    await controller.apply(`${name}.yaml`, ...site(name, [liar.place]));
    const reply = await controller.get(hostOf(name), '/', { headers: { 'X-Request-ID': name } });
    expect(reply.status).toBe(502);
    expect(reply.body.toString()).not.toMatch(/SSH|abc|no colon/);
    expect(await controller.logged({ requestId: name })).toMatchObject({ reason: 'response-malformed' });
    await eventually(() => expect(liar.connections.map(({ isClosed }) => isClosed)).toEqual([true]));
  });

  test('behind a good answer: that one is passed on, nothing of it is taken for the next', async () => {
    const twice = await scene.backend('twice', ({ socket }) => {
      socket.write(answer('mine') + answer('poison'));
    });
    await controller.apply('twice.yaml', ...site('twice', [twice.place]));
    for (let round = 1; round <= 5; round++) {
      const reply = await controller.get(hostOf('twice'), '/');
      expect([reply.status, reply.body.toString()]).toEqual([200, 'mine']);
      await eventually(() => expect(twice.connections).toHaveLength(round));
    }
  });
});
