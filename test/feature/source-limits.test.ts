// What one address may do, over the whole process: two workers count as one, others are left alone, and what is refused
// is told so that clients come back in time.
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCertificate, type Pair } from '../support/certificates.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { type EchoServer, startEchoServer } from '../support/echo-server.ts';
import { eventually } from '../support/eventually.ts';
import { ask as askHttp2, connectHttp2, statusesOf } from '../support/http2-session.ts';
import { hostOf, site, tlsSecret } from '../support/manifest-builders.ts';
import { exchangeRaw, HANDSHAKE, RawConnection, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';
import { INSPECT, WorkerThreads } from '../support/worker-threads.ts';

const BURST = 40;

const scene = new Scene();
let controller: ControllerProcess;
let echo: EchoServer;
let pair: Pair;

beforeAll(async () => {
  const node = await scene.node('node');
  echo = await startEchoServer('echo');
  scene.add(echo);
  pair = await makeCertificate(hostOf('secure'));
  const place = { name: 'node', port: node.port };
  const few = { connectionsPerSource: 3 };
  controller = await scene.controller({
    flags: { workers: '2' },
    objects: [
      ...site('rate', [place], {
        limits: { requestsPerSecond: 1, burst: BURST - 1, exemptCIDRs: ['127.9.0.0/16'] },
      }),
      ...site('few', [place], { limits: few }),
      ...site('secure', [place], { limits: few, route: { tls: { secretName: 'secure' } } }),
      tlsSecret('secure', pair),
      ...site('sockets', [echo.place], { websocket: { maxPerSource: 2 } }),
    ],
  });
});
afterAll(() => scene.end((trouble) => /^Debugger|worker ended/.test(trouble)));

/** A request on a connection of its own. */
async function ask(name: string, from: string, path = '/api/v4/system/ping'): Promise<string> {
  const bytes = requestText(`GET ${path}`, hostOf(name), { Connection: 'close' });
  return (await exchangeRaw(controller.raw({ from }), bytes)).text;
}

function statusOf(text: string): string {
  return text.slice('HTTP/1.1 '.length).slice(0, 3);
}

/** A connection that has had its first answer and stays open. */
async function hold(name: string, from: string): Promise<RawConnection> {
  const connection = new RawConnection(controller.raw({ from }));
  connection.send(requestText('GET /api/v4/system/ping', hostOf(name)));
  await connection.until((text) => /^HTTP\/1\.1 429 |"OK"/.test(text));
  return connection;
}

describe('requests a second', () => {
  test('two workers together let through what one would', async () => {
    const refused = async () =>
      (await controller.metrics()).sum('limit_decisions_total', { result: 'requests' });
    const before = await refused();
    const startedMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 150 }, () => ask('rate', '127.0.0.2')));
    const seconds = (performance.now() - startedMs) / 1000;
    const passed = answers.filter((text) => statusOf(text) === '200').length;
    expect(passed).toBeGreaterThanOrEqual(BURST);
    // Two workers that race for a place may let through one each.
    expect(passed).toBeLessThanOrEqual(BURST + seconds + 2);
    expect(new Set(answers.map(statusOf))).toEqual(new Set(['200', '429']));
    expect(statusOf(await ask('rate', '127.0.0.3'))).toBe('200');
    await eventually(async () => expect((await refused()) - before).toBe(150 - passed));
  });

  test('the answer is one of the API, and says when to come again', async () => {
    const login = () => ask('rate', '127.0.0.4', '/api/v4/users/login');
    const answers = await Promise.all(Array.from({ length: 100 }, login));
    const text = answers.find((each) => statusOf(each) === '429') ?? '';
    expect(text).toContain('\r\nRetry-After: 1\r\n');
    expect(text).toContain('\r\nContent-Type: application/json\r\n');
    expect(text).toContain('"id":"ingress.too_many_requests"');
    expect(text).toContain('"status_code":429');
  });

  test('networks that are exempt come as they like', async () => {
    const answers = await Promise.all(Array.from({ length: 2 * BURST }, () => ask('rate', '127.9.1.1')));
    expect(new Set(answers.map(statusOf))).toEqual(new Set(['200']));
  });
});

describe('connections', () => {
  test('a further one is answered and closed, and comes in when another has gone', async () => {
    const held = await Promise.all([1, 2, 3].map(() => hold('few', '127.0.0.2')));
    expect(held.map(({ received }) => statusOf(received))).toEqual(['200', '200', '200']);
    const further = await hold('few', '127.0.0.2');
    expect(further.received).toMatch(/^HTTP\/1\.1 429 /);
    expect(await further.ended()).toBe('fin');
    expect(statusOf((await hold('few', '127.0.0.3')).received)).toBe('200');
    held[0]?.socket.destroy();
    await eventually(async () => expect(statusOf(await ask('few', '127.0.0.2'))).toBe('200'));
    for (const each of held) each.socket.destroy();
  });

  test('over HTTP/2 a connection is one, however many its streams', async () => {
    const port = controller.port('https');
    const sessions = await Promise.all([1, 2, 3, 4].map(() => connectHttp2(port, hostOf('secure'))));
    const statusesOn = async (session: (typeof sessions)[number] | undefined) => {
      if (session === undefined) return [];
      const headers = { ':authority': hostOf('secure'), ':path': '/api/v4/system/ping' };
      const answers = await Promise.all([1, 2, 3].map(() => askHttp2(session, { headers })));
      return answers.map(statusesOf).flat();
    };
    const last = sessions[3];
    if (last === undefined) throw new Error('Four sessions were opened');
    const closed = once(last, 'close');
    for (const session of sessions.slice(0, 3)) expect(await statusesOn(session)).toEqual([200, 200, 200]);
    expect(await statusesOn(last)).toContain(429);
    sessions[0]?.destroy();
    await closed;
    for (const session of sessions) session.destroy();
  });
});

describe('WebSockets', () => {
  async function open(from: string): Promise<RawConnection> {
    const connection = new RawConnection(controller.raw({ from }));
    connection.send(requestText('GET /socket', hostOf('sockets'), HANDSHAKE));
    await connection.until((text) => text.includes('\r\n\r\n'));
    return connection;
  }

  test('so many at a time, whatever else the address has open', async () => {
    const held = await Promise.all([open('127.0.0.2'), open('127.0.0.2')]);
    expect(held.map(({ received }) => statusOf(received))).toEqual(['101', '101']);
    const further = await open('127.0.0.2');
    expect(further.received).toMatch(/^HTTP\/1\.1 429 /);
    expect(await further.ended()).toBe('fin');
    expect(statusOf((await open('127.0.0.3')).received)).toBe('101');
    expect(statusOf(await ask('sockets', '127.0.0.2', '/'))).toBe('404');
    held[0]?.socket.destroy();
    await eventually(async () => expect(statusOf((await open('127.0.0.2')).received)).toBe('101'));
    held[1]?.socket.destroy();
  });
});

test('what a worker had open is forgotten when it ends', async () => {
  const alone = await scene.controller({
    flags: { workers: '1' },
    nodeFlags: [INSPECT],
    objects: site('few', [echo.place], { limits: { connectionsPerSource: 1 } }),
  });
  const threads = await WorkerThreads.attach(alone);
  await eventually(() => expect(threads.count).toBe(1));
  const held = new RawConnection(alone.raw());
  held.send(requestText('GET /', hostOf('few')));
  await held.until((text) => text.startsWith('HTTP/1.1 404'));
  const statusNow = async () => {
    const bytes = requestText('GET /', hostOf('few'), { Connection: 'close' });
    return statusOf((await exchangeRaw(alone.raw(), bytes)).text);
  };
  expect(await statusNow()).toBe('429');
  threads.run('process.exit(7)');
  await alone.logged({ msg: 'worker ended and is replaced' });
  await eventually(async () => expect(await statusNow()).toBe('404'));
  threads.detach();
});
