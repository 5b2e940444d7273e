// Reuse of backend connections: rows R7 to R9, retries, and what may never be attributed to another request.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { backend, endpoint, openSite, site } from '../../src/decide/test-objects.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { stopUntilHandedOver } from '../support/kernel-queues.ts';
import { splitAnswers } from '../support/messages.ts';
import { answer, RecordingBackend } from '../support/recording-backend.ts';
import { turns, until, WireClient } from '../support/wire-client.ts';
import { get, head, post } from './rows.ts';
import { WireScene } from './scene.ts';

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start();
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

/** A client whose first request has left one idle connection to the backend. */
async function withIdleConnection(): Promise<WireClient> {
  const client = await scene.client();
  client.send(get());
  await client.until((text) => text.endsWith('ok'));
  await turns();
  expect(scene.upstream.requests).toHaveLength(1);
  return client;
}

function statuses(client: WireClient): readonly number[] {
  return splitAnswers(client.bytes).statuses;
}

async function nextStatus(client: WireClient): Promise<number | undefined> {
  const before = statuses(client).length;
  await client.until(() => statuses(client).length > before);
  return statuses(client).at(-1);
}

test('a connection serves one request after another', async () => {
  const client = await withIdleConnection();
  for (const count of [2, 3, 4]) {
    client.send(get());
    expect(await nextStatus(client)).toBe(200);
    expect(scene.upstream.requests).toHaveLength(count);
  }
});

test('two requests at once take two connections', async () => {
  scene.backend.script = () => undefined;
  const clients = [await scene.client(), await scene.client()];
  for (const client of clients) client.send(get());
  await until(
    () => scene.backend.requests.length === 2,
    () => 'two requests',
  );
  expect(scene.backend.connections).toHaveLength(2);
});

describe('R7 an idle connection', () => {
  test.each([
    { name: 'gets bytes nobody asked for', act: (write: (bytes: string) => void) => write(answer('stale')) },
    { name: 'gets a single byte', act: (write: (bytes: string) => void) => write('X') },
  ])('that $name is destroyed', async ({ act }) => {
    const client = await withIdleConnection();
    act((bytes) => scene.upstream.send(bytes));
    await scene.upstreamEnd();
    client.send(get());
    expect(await nextStatus(client)).toBe(200);
    expect(client.text).not.toContain('stale');
    expect(scene.backend.connections).toHaveLength(2);
  });

  test.each(['fin', 'reset'] as const)('that ends with a %s is not used again', async (ending) => {
    const client = await withIdleConnection();
    const { socket } = scene.upstream;
    if (ending === 'fin') socket.end();
    else socket.resetAndDestroy();
    await scene.plane.settle();
    client.send(post());
    expect(await nextStatus(client)).toBe(200);
    expect(scene.backend.connections).toHaveLength(2);
  });

  test('is closed after 50 seconds', async () => {
    await withIdleConnection();
    await scene.plane.advance(48_000);
    expect(scene.upstream.ending).toBeUndefined();
    await scene.plane.advance(4_000);
    await scene.upstreamEnd();
  });
});

describe('R8 bytes that wait in the kernel at checkout', () => {
  test.each([
    { name: 'an answer', bytes: answer('stale') },
    { name: 'half an answer', bytes: 'HTTP/1.1 200 OK\r\nContent-Le' },
    { name: 'one byte', bytes: '\n' },
  ])('$name', async ({ bytes }) => {
    const client = await withIdleConnection();
    // Both in one turn: the proxy may read the client first.
    client.send(post('Content-Length: 2').concat('hi'));
    scene.upstream.send(bytes);
    stopUntilHandedOver(scene.upstream.socket);
    expect(await nextStatus(client)).toBe(200);
    expect(client.text).not.toContain('stale');
    expect(scene.backend.connections.map(({ requests }) => requests.length)).toEqual([1, 1]);
  });

  // The poll that brought the request is over by then: only another one can show these bytes.
  test('an answer that comes while the request is being read', async () => {
    const client = await withIdleConnection();
    const { upstream } = scene;
    scene.plane.whileReading = () => {
      scene.plane.whileReading = undefined;
      upstream.send(answer('stale'));
      stopUntilHandedOver(upstream.socket);
    };
    client.send(post('Content-Length: 2').concat('hi'));
    expect(await nextStatus(client)).toBe(200);
    expect(client.text).not.toContain('stale');
    expect(scene.backend.connections.map(({ requests }) => requests.length)).toEqual([1, 1]);
  });

  test('the end of the connection', async () => {
    const client = await withIdleConnection();
    client.send(post('Content-Length: 2').concat('hi'));
    const { socket } = scene.upstream;
    socket.end(() => stopUntilHandedOver(socket));
    expect(await nextStatus(client)).toBe(200);
    expect(scene.backend.connections.map(({ requests }) => requests.length)).toEqual([1, 1]);
  });
});

describe('R9 a reused connection that ends instead of answering', () => {
  /** The second request of a connection gets these bytes and the end; all others an answer. */
  function playStale(bytes: string): void {
    scene.backend.script = (connection, _, at) => {
      if (at === 0) connection.send(answer('ok'));
      else if (bytes === '') connection.socket.destroy();
      else connection.socket.end(bytes);
    };
  }

  test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
    '%s without a body is sent once more',
    async (method) => {
      const client = await withIdleConnection();
      playStale('');
      const { length } = client.text;
      client.send(head(`${method} /again HTTP/1.1`, 'Host: a'));
      await client.until((text) => text.indexOf('\r\n\r\n', length) !== -1);
      expect(client.text.slice(length)).toMatch(/^HTTP\/1.1 200 OK/);
      expect(scene.backend.connections.map(({ requests }) => requests.length)).toEqual([2, 1]);
      expect(scene.plane.records.at(-1)).toMatchObject({ status: 200, retries: 1 });
    },
  );

  test.each([
    { name: 'POST', request: post() },
    { name: 'PATCH', request: head('PATCH / HTTP/1.1', 'Host: a') },
    { name: 'PUT with a body', request: `${head('PUT / HTTP/1.1', 'Host: a', 'Content-Length: 2')}hi` },
    { name: 'GET with a body', request: `${get('Content-Length: 2')}hi` },
  ])('$name is not', async ({ request }) => {
    const client = await withIdleConnection();
    playStale('');
    client.send(request);
    expect(await nextStatus(client)).toBe(502);
    expect(scene.backend.connections).toHaveLength(1);
    expect(scene.plane.records.at(-1)).toMatchObject({ status: 502, reason: 'closed-before-response' });
  });

  test.each(['H', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 103 Early Hints\r\n\r\n'])(
    'GET is not after %j',
    async (bytes) => {
      const client = await withIdleConnection();
      playStale(bytes);
      client.send(get());
      await client.until((text) => text.includes(' 502 '));
      expect(scene.backend.connections).toHaveLength(1);
    },
  );

  test('GET on a fresh connection is not', async () => {
    scene.backend.script = (connection) => void connection.socket.destroy();
    const client = await scene.client();
    client.send(get());
    expect(await nextStatus(client)).toBe(502);
    expect(scene.backend.connections).toHaveLength(1);
  });
});

describe('an endpoint that cannot be connected to', () => {
  /** Nobody listens there, and nobody is given them who asks for any. */
  const DEAD_PORTS = [1, 2, 3, 4];

  async function exchange(
    ports: readonly number[],
    request: string,
  ): Promise<{ text: string; records: object[] }> {
    const endpoints = ports.map((port, at) => endpoint(`node-${at}`, { address: '127.0.0.1', port }));
    const plane = await TestPlane.start(configuration([site('a', openSite())], [backend(endpoints)]));
    const client = await WireClient.connect(plane.httpPort);
    client.send(request);
    await client.until((text) => splitAnswers(Buffer.from(text, 'latin1')).statuses.length === 1);
    client.destroy();
    await plane.close();
    return { text: client.text, records: [...plane.records] };
  }

  test('is passed over by any method, its body still unsent', async () => {
    const second = await RecordingBackend.start();
    const { text, records } = await exchange(
      [DEAD_PORTS[0] ?? 0, second.port],
      `${post('Content-Length: 2')}hi`,
    );
    expect(text).toMatch(/^HTTP\/1.1 200 OK/);
    expect(second.requests.map(({ body }) => body.toString())).toEqual(['hi']);
    expect(records).toMatchObject([{ status: 200, retries: 1, endpoint: 'node-1' }]);
    await second.stop();
  });

  test.each([1, 2, 3, 4])('is a 502 where all %i are like that', async (count) => {
    const { text, records } = await exchange(DEAD_PORTS.slice(0, count), get());
    expect(text).toMatch(/^HTTP\/1.1 502 Bad Gateway/);
    expect(records).toMatchObject([{ status: 502, reason: 'connect-refused' }]);
  });

  test('is a 503 with Retry-After where there is none at all', async () => {
    const { text } = await exchange([], get());
    expect(text).toMatch(/^HTTP\/1.1 503 Service Unavailable\r\n(.*\r\n)*Retry-After: \d+\r\n/);
  });
});
