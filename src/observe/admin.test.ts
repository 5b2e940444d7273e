// The admin port as the kubelet, Prometheus and a stranger meet it.
import { once } from 'node:events';
import { connect } from 'node:net';
import { Registry } from 'prom-client';
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../test/support/eventually.ts';
import { createAdminServer } from './admin.ts';
import type { AdminStatus } from './admin.ts';

const PAGES = ['/', '/dashboard/dashboard.js', '/dashboard/dashboard.css', '/dashboard/icon.svg'];

const ready: AdminStatus = {
  synced: true,
  listening: true,
  draining: false,
  generation: 7,
  workers: [
    { worker: 0, alive: true, generation: 7 },
    { worker: 1, alive: false, generation: 6 },
  ],
};

async function admin(status: Partial<AdminStatus> = {}, registry = new Registry(), showsState = false) {
  const state = { status: () => ({ ...ready, ...status }), state: () => ({ generation: 7 }) };
  const server = await createAdminServer({ address: '127.0.0.1', port: 0, state, registry, showsState });
  onTestFinished(() => server.close());
  const ask = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`http://127.0.0.1:${server.port}${path}`, init);
  return { server, ask };
}

/** Sends bytes and returns all that comes back until the other end closes. */
async function exchange(port: number, bytes: string, from = '127.0.0.1'): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: from });
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  socket.on('error', () => {});
  socket.write(bytes);
  await new Promise((resolve) => {
    socket.once('close', resolve);
  });
  return received;
}

describe('/livez', () => {
  test.each<[string, AdminStatus['workers'], number]>([
    ['some worker lives', ready.workers, 200],
    ['no worker was started yet', [], 200],
    ['no worker lives', [{ worker: 0, alive: false, generation: 7 }], 503],
  ])('%s', async (_, workers, status) => {
    const { ask } = await admin({ workers });
    expect((await ask('/livez')).status).toBe(status);
  });

  test('draining is no reason to be restarted', async () => {
    const { ask } = await admin({ draining: true, synced: false, listening: false });
    const response = await ask('/livez');
    expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
  });
});

describe('/api/state and the dashboard', () => {
  const askAs = async (host: string, showsState: boolean, path = '/api/state') => {
    const { server } = await admin({}, new Registry(), showsState);
    const head = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
    return (await exchange(server.port, head)).split('\r\n');
  };

  test.each([
    ['127.0.0.1:10254', false, 200],
    ['localhost', false, 200],
    ['[::1]:10254', false, 200],
    // A page of another name that resolves to this machine.
    ['rebound.example.com', false, 403],
    ['localhost.example.com', false, 403],
    ['rebound.example.com', true, 200],
  ])('asked as %s, shown to all: %s', async (host, showsState, status) => {
    for (const path of ['/api/state', ...PAGES])
      expect((await askAs(host, showsState, path))[0]).toContain(` ${status} `);
  });

  test.each(['127.0.0.6', '127.1.0.1'])(
    '%s is a proxy of this machine, and speaks for others',
    async (from) => {
      const { server } = await admin();
      const answer = await exchange(server.port, `GET / HTTP/1.0\r\nHost: localhost\r\n\r\n`, from);
      expect(answer).toContain(' 403 ');
    },
  );

  test('says what it was asked wrongly', async () => {
    const { ask } = await admin();
    const response = await ask('/api/state?limit=many');
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('limit is')]);
  });

  test('is JSON', async () => {
    const { ask } = await admin();
    const response = await ask('/api/state');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ generation: 7 });
  });
});

describe('/readyz', () => {
  test.each<[string, Partial<AdminStatus>, number, string]>([
    ['all is well', {}, 200, 'ok\n'],
    ['before the first sync', { synced: false }, 503, 'not synced\n'],
    ['before the listeners are up', { listening: false }, 503, 'not listening\n'],
    ['while draining', { draining: true }, 503, 'draining\n'],
    ['several at once', { synced: false, listening: false }, 503, 'not synced, not listening\n'],
  ])('%s', async (_, status, code, text) => {
    const { ask } = await admin(status);
    const response = await ask('/readyz');
    expect([response.status, await response.text()]).toEqual([code, text]);
  });

  test.each<[string, Partial<AdminStatus>, number, string]>([
    ['/readyz?exclude=draining', { draining: true }, 200, 'ok\n'],
    ['/readyz?exclude=draining', { draining: true, listening: false }, 503, 'not listening\n'],
    ['/readyz?exclude=synced', {}, 400, 'exclude: must be draining, the only reason that can be left out\n'],
  ])('%s of %j', async (path, status, code, text) => {
    const { ask } = await admin(status);
    const response = await ask(path);
    expect([response.status, await response.text()]).toEqual([code, text]);
  });

  test.each([
    ['/readyz?verbose', {}, 200, []],
    ['/readyz?verbose=1', { draining: true }, 503, ['draining']],
    ['/readyz?verbose&exclude=draining', { draining: true }, 200, []],
  ])('%s says it as JSON', async (path, status, code, reasons) => {
    const { ask } = await admin(status);
    const response = await ask(path);
    expect(response.status).toBe(code);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({ ...ready, ...status, ready: code === 200, reasons });
  });
});

describe('/metrics', () => {
  test('is what the registry says', async () => {
    const registry = new Registry();
    registry.metrics = () => Promise.resolve('some_metric 1\n');
    const { ask } = await admin({}, registry);
    const response = await ask('/metrics');
    expect(response.headers.get('content-type')).toBe(registry.contentType);
    expect(await response.text()).toBe('some_metric 1\n');
  });

  test('scrapes at the same time are one', async () => {
    const registry = new Registry();
    const { promise, resolve } = Promise.withResolvers<string>();
    let scrapes = 0;
    registry.metrics = () => {
      scrapes += 1;
      return promise;
    };
    const { server, ask } = await admin({}, registry);
    // Requests of one write are heard in one turn; the last one has the connection closed.
    const scrape = 'GET /metrics HTTP/1.1\r\nHost: a\r\n';
    const received = exchange(server.port, `${scrape}\r\n${scrape}\r\n${scrape}Connection: close\r\n\r\n`);
    await eventually(() => expect(scrapes).toBe(1));
    resolve('one 1\n');
    expect((await received).match(/one 1\n/g)).toHaveLength(3);
    expect(scrapes).toBe(1);
    await ask('/metrics');
    expect(scrapes).toBe(2);
  });

  test('that cannot be had are a 500, and the server goes on', async () => {
    const registry = new Registry();
    registry.metrics = () => Promise.reject(new Error('SECRET'));
    const { ask } = await admin({}, registry);
    const response = await ask('/metrics');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('SECRET');
    expect((await ask('/livez')).status).toBe(200);
  });
});

describe('anything else', () => {
  test.each([
    '/metrics/',
    '/dashboard',
    '/dashboard/',
    '/dashboard/index.html',
    '/dashboard/../admin.ts',
    '/livez/x',
    '/%6divez',
    '//livez',
    '/METRICS',
  ])('%s is 404', async (path) => {
    const { ask } = await admin();
    expect((await ask(path)).status).toBe(404);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is 405', async (method) => {
    const { ask } = await admin();
    const response = await ask('/livez', { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, HEAD');
  });

  test('HEAD is GET without a body', async () => {
    const { ask } = await admin();
    const response = await ask('/readyz', { method: 'HEAD' });
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '3']);
    expect(await response.text()).toBe('');
  });

  test.each(['/livez', '/readyz?verbose', '/metrics', '/nothing', ...PAGES])(
    '%s has strict headers',
    async (path) => {
      const { ask } = await admin();
      const { headers } = await ask(path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-powered-by')).toBeNull();
    },
  );

  test.each([
    ['a body', 'Content-Length: 30', 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['a chunked body', 'Transfer-Encoding: chunked', '0\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n'],
  ])('%s is refused and the connection closed', async (_, field, body) => {
    const { server } = await admin();
    const received = await exchange(server.port, `GET /livez HTTP/1.1\r\nHost: a\r\n${field}\r\n\r\n${body}`);
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
    expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  test('a head over 8 KiB is refused', async () => {
    const { ask } = await admin();
    expect((await ask('/livez', { headers: { a: 'x'.repeat(8 * 1024) } })).status).toBe(431);
  });

  test('the 65th connection is closed', async () => {
    const { server, ask } = await admin();
    const sockets = Array.from({ length: 64 }, () => connect(server.port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    expect(await exchange(server.port, 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('');
    for (const socket of sockets) socket.destroy();
    await eventually(async () => expect((await ask('/livez')).status).toBe(200));
  });

  test('what is no HTTP is closed, and the server goes on', async () => {
    const { server, ask } = await admin();
    expect(await exchange(server.port, '\u0016\u0003\u0001 rubbish\r\n\r\n')).not.toContain('200');
    expect((await ask('/livez')).status).toBe(200);
  });
});

describe('opening and closing', () => {
  test('a port in use is an error that names it', async () => {
    const { server } = await admin();
    await expect(
      createAdminServer({
        address: '127.0.0.1',
        port: server.port,
        state: { status: () => ready, state: () => ({}) },
        registry: new Registry(),
        showsState: false,
      }),
    ).rejects.toThrow(`Port ${server.port} on 127.0.0.1 (--admin-port) cannot be opened`);
  });

  test('closing ends connections, also where an answer is still being made', async () => {
    const registry = new Registry();
    const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
    registry.metrics = () => {
      onAsked();
      return new Promise(() => {});
    };
    const { server } = await admin({}, registry);
    const idle = exchange(server.port, '');
    const waiting = exchange(server.port, 'GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n');
    await asked;
    await server.close();
    expect(await Promise.all([idle, waiting])).toEqual(['', '']);
  });
});
