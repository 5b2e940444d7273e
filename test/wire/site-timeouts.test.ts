// How a site wants its clients waited for, on a clock that the test moves: from the first request on, over both protocols.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openSite, site } from '../../src/decide/test-objects.ts';
import { splitAnswers } from '../support/messages.ts';
import { connectHttp2, ask } from '../support/http2-session.ts';
import { until, type WireClient } from '../support/wire-client.ts';
import { get, head, post } from './rows.ts';
import { WireScene } from './scene.ts';

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({
    https: true,
    site: { clientTimeouts: { requestHeadMs: 3_000, requestBodyIdleMs: 4_000, keepAliveMs: 5_000 } },
    more: [site('b', openSite())],
  });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

function statuses(client: WireClient): readonly number[] {
  return splitAnswers(client.bytes).statuses;
}

async function expectEndAfter(client: WireClient, ms: number): Promise<void> {
  await scene.plane.advance(ms - 300);
  expect(client.ending).toBeUndefined();
  await scene.plane.advance(600);
  await client.ended();
}

async function asked(text = get()): Promise<WireClient> {
  const client = await scene.client();
  client.send(text);
  await client.until((received) => received.endsWith('ok'));
  return client;
}

test('the first head has the time of the listener: its site is not known', async () => {
  const client = await scene.client();
  client.send('GET / HTTP/1.1\r\n');
  await expectEndAfter(client, 10_000);
  expect(statuses(client)).toEqual([408]);
});

test('a later head has the time of the site that was asked before', async () => {
  const client = await asked();
  client.send('G');
  await expectEndAfter(client, 3_000);
  expect(statuses(client)).toEqual([200, 408]);
});

test('silence within a body', async () => {
  const client = await scene.client();
  client.send(`${post('Content-Length: 10')}abc`);
  await until(
    () => scene.backend.text.includes('abc'),
    () => 'the body at the backend',
  );
  await expectEndAfter(client, 4_000);
  expect(statuses(client)).toEqual([408]);
});

test('another request is waited for', async () => {
  const client = await asked();
  await expectEndAfter(client, 5_000);
  expect(statuses(client)).toEqual([200]);
});

test('on a connection that has moved to another site its times are forgotten', async () => {
  const client = await asked();
  client.send(head('GET / HTTP/1.1', 'Host: b'));
  await client.until(() => statuses(client).length === 2);
  await expectEndAfter(client, 75_000);
  expect(statuses(client)).toEqual([200, 200]);
});

test('over HTTP/2 another request is waited for', async () => {
  const session = await connectHttp2(scene.plane.httpsPort);
  const closed = { is: false };
  session.on('close', () => (closed.is = true));
  expect((await ask(session)).body.toString()).toBe('ok');
  await scene.plane.advance(4_700);
  expect(closed.is).toBe(false);
  await scene.plane.advance(600);
  await until(
    () => closed.is,
    () => 'the end of the session',
  );
});

test('over HTTP/2 silence within a body', async () => {
  const session = await connectHttp2(scene.plane.httpsPort);
  const stream = session.request(
    { ':method': 'POST', ':authority': 'a', ':path': '/' },
    { endStream: false },
  );
  const seen = { status: 0 };
  stream.on('response', (headers) => (seen.status = Number(headers[':status'])));
  stream.on('error', () => undefined);
  stream.resume().write('abc');
  await until(
    () => scene.backend.text.includes('abc'),
    () => 'the body at the backend',
  );
  await scene.plane.advance(3_700);
  expect(seen.status).toBe(0);
  await scene.plane.advance(600);
  await until(
    () => seen.status === 408,
    () => 'the answer',
  );
  session.destroy();
});
