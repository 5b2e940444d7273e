// How who may not come in is told so: exactly what Mattermost's apps look for, on the wire; or nothing but a reset.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import {
  hostOf,
  type Manifest,
  type PolicyParts,
  secret,
  site,
  tlsSecret,
} from '../support/manifest-builders.ts';
import { answer, type RawBackend } from '../support/raw-backend.ts';
import { exchangeRaw, HANDSHAKE, RawConnection, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const SECRET_RULE: Manifest = {
  name: 'app',
  headers: [{ name: 'X-Mattermost-Preauth-Secret', secretRef: { name: 'preauth' } }],
  action: 'Allow',
};
const WEBSOCKET_RULE: Manifest = {
  name: 'signed-in',
  request: 'WebSocket',
  cookies: [{ name: 'MMAUTHTOKEN' }],
  action: 'Allow',
};
const ID = 'abcdefghijklmnopqrstuvwxyz';
const SITES: Readonly<Record<string, PolicyParts>> = {
  preauth: { admission: { rules: [SECRET_RULE], defaultAction: 'Deny' } },
  below: { route: { path: '/chat' }, admission: { rules: [SECRET_RULE], defaultAction: 'Deny' } },
  quiet: { admission: { defaultAction: 'Deny' } },
  told: { admission: { rules: [SECRET_RULE], defaultAction: 'Deny', deny: { rejectReason: 'None' } } },
  hidden: { admission: { defaultAction: 'Deny', deny: { status: 404, rejectReason: 'None' } } },
  busy: { admission: { defaultAction: 'Deny', deny: { status: 429 } } },
  reset: { admission: { defaultAction: 'Reset' } },
  secure: { admission: { defaultAction: 'Reset' }, route: { tls: { secretName: 'secure' } } },
  watched: { admission: { mode: 'Observe', rules: [SECRET_RULE], defaultAction: 'Reset' } },
  shape: { admission: { rules: [WEBSOCKET_RULE], defaultAction: 'Deny' } },
  observed: { admission: { mode: 'Observe', rules: [WEBSOCKET_RULE], defaultAction: 'Deny' } },
};

const scene = new Scene();
let controller: ControllerProcess;
let backend: RawBackend;

beforeAll(async () => {
  backend = await scene.backend('plain', ({ socket }) => void socket.write(answer('a page of the site')));
  controller = await scene.controller({
    objects: [
      ...Object.entries(SITES).flatMap(([name, parts]) => site(name, [backend.place], parts)),
      secret('preauth', { current: 'a-secret-of-enough-bytes' }),
      tlsSecret('secure', await makeCertificate(hostOf('secure'))),
    ],
  });
});
afterAll(() => scene.end());

/** What a request that ends its connection gets, split where the body begins. */
async function wire(name: string, target: string, fields: Readonly<Record<string, string>> = {}) {
  const bytes = requestText(`GET ${target}`, hostOf(name), { Connection: 'close', ...fields });
  const { text, ending } = await exchangeRaw(controller.raw(), bytes);
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [line = '', ...lines] = head.split('\r\n');
  return { line, fields: lines, body, ending };
}

describe('Deny', () => {
  test('says what the apps wait for, in lower case and as the API does', async () => {
    const { line, fields, body } = await wire('preauth', '/api/v4/users/me', { 'X-Request-ID': 'deny-1' });
    expect(line).toBe('HTTP/1.1 403 Forbidden');
    expect(fields).toEqual([
      'Cache-Control: no-store',
      'X-Request-ID: deny-1',
      'x-reject-reason: pre-auth',
      'Content-Type: application/json',
      expect.stringMatching(/^Date: /),
      `Content-Length: ${body.length}`,
      'Connection: close',
    ]);
    expect(JSON.parse(body)).toEqual({
      id: 'ingress.admission',
      message: 'Forbidden',
      status_code: 403,
      detailed_error: '',
      request_id: 'deny-1',
    });
  });

  test.each([
    ['preauth', '/', false],
    ['preauth', '/apiary', false],
    ['preauth', '/api/v4/x', true],
    ['below', '/chat/api/v4/x', true],
    ['below', '/chat/x/api/v4/x', false],
  ])('%s %s: JSON only below the API', async (name, target, isApi) => {
    const { fields, body } = await wire(name, target);
    expect(fields.includes('Content-Type: application/json')).toBe(isApi);
    expect(body.startsWith('{')).toBe(isApi);
    expect(fields).toContain('x-reject-reason: pre-auth');
  });

  test.each([
    ['quiet', 'HTTP/1.1 403 Forbidden'],
    ['told', 'HTTP/1.1 403 Forbidden'],
    ['hidden', 'HTTP/1.1 404 Not Found'],
    ['busy', 'HTTP/1.1 429 Too Many Requests'],
  ])('%s: no reason for an app to ask its user for a secret', async (name, expected) => {
    const { line, fields } = await wire(name, '/');
    expect(line).toBe(expected);
    expect(fields.join('\n').toLowerCase()).not.toContain('x-reject-reason');
    expect(fields.some((field) => field.startsWith('Retry-After: '))).toBe(name === 'busy');
  });

  test('a backend cannot make the apps ask for a secret', async () => {
    const liar = await scene.backend('liar', ({ socket }) => {
      socket.write(answer('x', 'X-Reject-Reason: pre-auth\r\n'));
    });
    await controller.apply('liar.yaml', ...site('liar', [liar.place]));
    const { line, fields } = await wire('liar', '/');
    expect(line).toBe('HTTP/1.1 200 OK');
    expect(fields.join('\n').toLowerCase()).not.toContain('reject');
  });

  test('the connection serves the next request, and the body of the refused one is no request', async () => {
    const smuggled = requestText('GET /smuggled', hostOf('preauth'));
    const { text } = await exchangeRaw(
      controller.raw(),
      requestText('POST /', hostOf('preauth'), { 'Content-Length': String(smuggled.length) }) + smuggled,
    );
    expect(text.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 403']);
    const two = requestText('GET /', hostOf('preauth'));
    const last = requestText('GET /', hostOf('quiet'), { Connection: 'close' });
    const second = await exchangeRaw(controller.raw(), two + last);
    expect(second.text.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 403', 'HTTP/1.1 403']);
  });
});

describe('Reset', () => {
  test('is a TCP RST and not a byte', async () => {
    const { text, ending } = await exchangeRaw(controller.raw(), requestText('GET /', hostOf('reset')));
    expect([text, ending]).toEqual(['', 'reset']);
  });

  test('below TLS too', async () => {
    const secure = new RawConnection(controller.raw({ serverName: hostOf('secure') }));
    secure.send(requestText('GET /', hostOf('secure')));
    expect([await secure.ended(), secure.received]).toEqual(['reset', '']);
  });

  test('is logged and counted as a request without an answer', async () => {
    await exchangeRaw(controller.raw(), requestText('GET /', hostOf('reset'), { 'X-Request-ID': 'reset-1' }));
    const line = await controller.logged({ requestId: 'reset-1' });
    expect(line).toMatchObject({ status: 0, reason: 'admission', rule: 'default', action: 'Reset' });
    const labels = { host: hostOf('reset'), code: 'none' };
    await controller.expectMetrics((metrics) =>
      expect(metrics.sum('requests_total', labels)).toBeGreaterThan(0),
    );
  });
});

describe('Observe', () => {
  test('lets through what it would refuse, says so, and still removes the secret', async () => {
    const fields = {
      'X-Mattermost-Preauth-Secret': 'a-wrong-one-of-enough-bytes',
      'X-Request-ID': 'observe-1',
    };
    const { line, body } = await wire('watched', '/observed', fields);
    expect([line, body]).toEqual(['HTTP/1.1 200 OK', 'a page of the site']);
    const logged = await controller.logged({ requestId: 'observe-1' });
    expect(logged).toMatchObject({ status: 200, rule: 'default', action: 'Reset', mode: 'Observe' });
    expect(backend.received).toContain('GET /observed HTTP/1.1');
    expect(backend.received.toLowerCase()).not.toContain('preauth');
    const labels = { host: hostOf('watched'), action: 'Reset', mode: 'Observe' };
    await controller.expectMetrics((metrics) =>
      expect(metrics.sum('admission_decisions_total', labels)).toBeGreaterThan(0),
    );
  });
});

describe('a handshake let in on the shape of a cookie', () => {
  const forged = { ...HANDSHAKE, Cookie: `MMAUTHTOKEN=${ID}` };

  test('reads no page: an answer without 101 becomes an empty 403', async () => {
    const before = backend.connections.length;
    const { line, fields, body, ending } = await wire('shape', '/api/v4/websocket', {
      ...forged,
      'X-Request-ID': 'shape-1',
    });
    expect([line, body, ending]).toEqual(['HTTP/1.1 403 Forbidden', '', 'fin']);
    expect(fields).toContain('Content-Length: 0');
    expect(fields).toContain('Connection: close');
    expect(fields.join('\n').toLowerCase()).not.toContain('reject');
    const logged = await controller.logged({ requestId: 'shape-1' });
    expect(logged).toMatchObject({ status: 403, reason: 'upgrade-not-accepted', rule: 'signed-in' });
    const [used, ...more] = backend.connections.slice(before);
    expect(more).toEqual([]);
    await eventually(() => expect(used?.isClosed).toBe(true));
  });

  test('in Observe the answer of the backend is passed on', async () => {
    const { line, body } = await wire('observed', '/api/v4/websocket', forged);
    expect([line, body]).toEqual(['HTTP/1.1 200 OK', 'a page of the site']);
  });

  test('opens a WebSocket where the backend says 101, and Mattermost judges the cookie', async () => {
    const node = await scene.node('fast', { timing: { authenticationMs: 100 } });
    await controller.apply('real.yaml', ...site('real', [{ name: 'fast', port: node.port }], SITES['shape']));
    const talk = await controller.open(hostOf('real'), { headers: { Cookie: `MMAUTHTOKEN=${ID}` } });
    expect(await talk.closed).toMatchObject({ code: 1006 });
  });
});
