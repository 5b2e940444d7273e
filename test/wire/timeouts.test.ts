// Slow and silent peers, on a clock that the test moves: rows Q2 to Q5, and the deadlines towards backends.
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { untilStalled } from '../support/kernel-queues.ts';
import { splitAnswers } from '../support/messages.ts';
import { answer } from '../support/recording-backend.ts';
import { turns, until, type WireClient } from '../support/wire-client.ts';
import { get, post } from './rows.ts';
import { WireScene } from './scene.ts';

const MEBIBYTE = 1024 * 1024;

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({
    https: true,
    site: { requestBodyMaxBytes: 100 * MEBIBYTE },
    backend: { responseTimeoutMs: 20_000 },
    limits: { requestsPerConnection: 3 },
  });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

function statuses(client: WireClient): readonly number[] {
  return splitAnswers(client.bytes).statuses;
}

/** Open until `ms` have passed, and ended soon after. */
async function expectEndAfter(client: WireClient, ms: number): Promise<void> {
  await scene.plane.advance(ms - 300);
  expect(client.ending).toBeUndefined();
  await scene.plane.advance(600);
  await client.ended();
}

async function untilRequested(): Promise<void> {
  await until(
    () => scene.backend.connections.some(({ text }) => text.includes('\r\n\r\n')),
    () => 'the head at the backend',
  );
}

describe('Q2 a head', () => {
  test('that never begins ends the connection in silence after 10 seconds', async () => {
    const client = await scene.client();
    await expectEndAfter(client, 10_000);
    expect(client.text).toBe('');
  });

  test('that is not whole after 10 seconds is answered with 408', async () => {
    const client = await scene.client();
    client.send('GET / HTTP/1.1\r\nHost: a\r\n');
    await expectEndAfter(client, 10_000);
    expect(statuses(client)).toEqual([408]);
    expect(client.text).toMatch(/^Connection: close\r$/m);
    expect(scene.plane.records).toMatchObject([{ status: 408, reason: 'request-timeout' }]);
    expect(scene.backend.connections).toEqual([]);
  });

  test('has 10 seconds however often a byte comes', async () => {
    const client = await scene.client();
    const text = get();
    for (let at = 0; at < 9; at++) {
      client.send(text.charAt(at));
      await scene.plane.advance(1_000);
    }
    client.send(text.slice(9, 12));
    await expectEndAfter(client, 1_000);
    expect(statuses(client)).toEqual([408]);
  });

  test('of a later request has 10 seconds from its first byte', async () => {
    const client = await scene.client();
    client.send(get());
    await client.until((text) => text.endsWith('ok'));
    await scene.plane.advance(60_000);
    client.send('G');
    await expectEndAfter(client, 10_000);
    expect(statuses(client)).toEqual([200, 408]);
  });
});

describe('keep-alive', () => {
  test('ends in silence after 75 seconds without a request', async () => {
    const client = await scene.client();
    client.send(get());
    await client.until((text) => text.endsWith('ok'));
    await expectEndAfter(client, 75_000);
    expect(statuses(client)).toEqual([200]);
  });

  test('begins anew with each answer', async () => {
    const client = await scene.client();
    for (const count of [1, 2]) {
      client.send(get());
      await client.until(() => statuses(client).length === count);
      await scene.plane.advance(74_000);
    }
    expect(client.ending).toBeUndefined();
  });

  test('ends with the last request that a connection may have', async () => {
    const client = await scene.client();
    client.send(get().repeat(5));
    expect(await client.ended()).toBe('fin');
    expect(statuses(client)).toEqual([200, 200, 200]);
    expect(client.text.match(/^Connection: close\r$/gm)).toHaveLength(1);
    expect(scene.backend.requests).toHaveLength(3);
  });
});

describe('Q3 a body', () => {
  test('that stops for 60 seconds is answered with 408 and broken off at the backend', async () => {
    await withPatientBackend(async (patient) => {
      const client = await patient.client();
      client.send(`${post('Content-Length: 100000')}${'x'.repeat(50_000)}`);
      await until(
        () => patient.backend.text.endsWith('x'),
        () => 'the body at the backend',
      );
      await patient.plane.advance(59_500);
      expect(client.ending).toBeUndefined();
      await patient.plane.advance(1_000);
      await client.ended();
      expect(statuses(client)).toEqual([408]);
      await patient.upstreamEnd();
      expect(patient.plane.records).toMatchObject([{ status: 408, reason: 'body-timeout' }]);
    });
  });

  test('that stops is waited for longer than for an answer: it is not the backend that is silent', async () => {
    const client = await scene.client();
    client.send(`${post('Content-Length: 100000')}${'x'.repeat(50_000)}`);
    await until(
      () => scene.backend.text.endsWith('x'),
      () => 'the body at the backend',
    );
    await expectEndAfter(client, 60_000);
    expect(statuses(client)).toEqual([408]);
    expect(scene.plane.records).toMatchObject([{ status: 408, reason: 'body-timeout' }]);
  });

  test('that comes with less than 500 bytes a second ends after 30 seconds', async () => {
    await withPatientBackend(async (patient) => {
      const client = await patient.client();
      client.send(post('Content-Length: 100000'));
      for (let second = 0; second < 30; second++) {
        client.send('x'.repeat(400));
        await patient.plane.advance(1_000);
        expect(client.ending).toBeUndefined();
      }
      client.send('x');
      await patient.plane.advance(1_000);
      client.send('x');
      await client.ended();
      expect(statuses(client)).toEqual([408]);
    });
  });

  test('that comes with more goes on', async () => {
    await withPatientBackend(async (patient) => {
      const client = await patient.client();
      client.send(post('Content-Length: 60000'));
      for (let second = 0; second < 100; second++) {
        client.send('x'.repeat(600));
        await patient.plane.advance(1_000);
      }
      expect(await client.until((text) => text.endsWith('ok'))).toContain(' 200 OK');
    });
  });

  /** Its backends may be silent for longer than the client. */
  async function withPatientBackend(act: (patient: WireScene) => Promise<void>): Promise<void> {
    const patient = await WireScene.start({ site: { requestBodyMaxBytes: MEBIBYTE } });
    try {
      await act(patient);
    } finally {
      await patient.end();
    }
  }
});

describe('Q4 a client that does not read', () => {
  test('is reset after 60 seconds, and its backend connection is not used again', async () => {
    const client = await scene.client();
    scene.backend.script = (connection) => {
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 83886080\r\n\r\n');
      connection.send(Buffer.alloc(80 * MEBIBYTE, 'x'));
    };
    client.send(get());
    await client.until((text) => text.includes('\r\n\r\n'));
    client.socket.pause();
    await untilStalled(scene.upstream.socket, client.socket);
    await scene.plane.advance(59_000);
    expect(scene.upstream.ending).toBeUndefined();
    await scene.plane.advance(2_000);
    await scene.upstreamEnd();
    client.socket.resume();
    expect(await client.ended()).toBe('reset');
    expect(scene.plane.records).toMatchObject([{ reason: 'slow-reader' }]);
  });
});

describe('a backend', () => {
  test('that says nothing is given up with 504', async () => {
    scene.backend.script = () => undefined;
    const client = await scene.client();
    client.send(get());
    await untilRequested();
    await scene.plane.advance(19_500);
    expect(client.text).toBe('');
    await scene.plane.advance(1_000);
    await client.until((text) => text.includes(' 504 '));
    await scene.upstreamEnd();
    expect(scene.plane.records).toMatchObject([{ status: 504, reason: 'response-timeout' }]);
  });

  test('that stops in its answer is given up, and the client is reset', async () => {
    scene.backend.script = (connection) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi');
    const client = await scene.client();
    client.send(get());
    await client.until((text) => text.endsWith('hi'));
    await scene.plane.advance(20_500);
    expect(await client.ended()).toBe('reset');
    await scene.upstreamEnd();
  });

  test('that says a little now and then is not', async () => {
    scene.backend.script = (connection) => connection.send('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n');
    const client = await scene.client();
    client.send(get());
    await client.until((text) => text.endsWith('\r\n\r\n'));
    for (const piece of ['a', 'b', 'c', 'd']) {
      await scene.plane.advance(15_000);
      scene.upstream.send(piece);
    }
    expect(await client.until((text) => text.endsWith('d'))).toMatch(/\r\n\r\nabcd$/);
  });

  test('has its whole time from the last byte of the request', async () => {
    const client = await scene.client();
    scene.backend.script = () => undefined;
    client.send(post('Content-Length: 30000'));
    for (let at = 0; at < 3; at++) {
      client.send('x'.repeat(10_000));
      await scene.plane.advance(15_000);
    }
    expect(client.text).toBe('');
    scene.upstream.send(answer('ok'));
    await client.until((text) => text.endsWith('ok'));
  });
});

test('a TLS handshake has 10 seconds', async () => {
  const socket = connect(scene.plane.httpsPort, '127.0.0.1');
  let isClosed = false;
  socket.on('close', () => (isClosed = true)).on('error', () => undefined);
  await turns();
  await scene.plane.advance(9_700);
  expect(isClosed).toBe(false);
  await scene.plane.advance(600);
  await until(
    () => isClosed,
    () => 'the end of the handshake',
  );
});
