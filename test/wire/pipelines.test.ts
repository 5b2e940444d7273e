// Clients that ask on without reading what they are answered: their next requests wait until they do, so that what a
// client leaves lying costs no more than one answer.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { splitAnswers } from '../support/messages.ts';
import { answer, always } from '../support/recording-backend.ts';
import { turns, until, type WireClient } from '../support/wire-client.ts';
import { get } from './rows.ts';
import { WireScene } from './scene.ts';

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({ https: true });
});
afterEach(() => scene.reset());
afterAll(() => scene.end());

const BODY = 'x'.repeat(60_000);
/** Their answers are more than the kernel takes for a connection. */
const REQUESTS = 400;
const LISTENERS = ['http', 'https'] as const;

/** Asks for all of them at once, and waits until nothing moves any more: some are not asked for yet. */
async function askWithoutReading(listener: (typeof LISTENERS)[number]): Promise<WireClient> {
  scene.backend.script = always(answer(BODY));
  const client = listener === 'http' ? await scene.client() : await scene.tlsClient('a');
  client.socket.pause();
  client.send(get().repeat(REQUESTS));
  let before = -1;
  while (scene.backend.requests.length !== before) {
    before = scene.backend.requests.length;
    await scene.plane.settle();
    await turns(200);
  }
  expect(before).toBeLessThan(REQUESTS);
  return client;
}

async function readAll(client: WireClient): Promise<void> {
  client.socket.resume();
  await until(
    () => client.receivedBytes > REQUESTS * BODY.length && scene.plane.load === 0,
    () => `more than ${client.receivedBytes} bytes`,
  );
}

describe.for(LISTENERS)('requests of a client that does not read, over %s', (listener) => {
  test('wait for it, and are answered in their order', { timeout: 60_000 }, async () => {
    const client = await askWithoutReading(listener);
    await readAll(client);
    client.send(get('X-Last: yes'));
    await until(
      () => scene.backend.requests.length > REQUESTS,
      () => `the last request, behind ${scene.backend.requests.length}`,
    );
    const { statuses, messages } = splitAnswers(client.bytes);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(new Set(messages.map(({ body }) => body.length))).toEqual(new Set([BODY.length]));
  });

  test('are answered though it has ended its side', { timeout: 60_000 }, async () => {
    const client = await askWithoutReading(listener);
    client.socket.end();
    await scene.plane.settle();
    await readAll(client);
    expect(await client.ended()).toBe('fin');
    expect(splitAnswers(client.bytes).statuses).toHaveLength(REQUESTS);
  });

  test('are given up after the time of an idle connection', { timeout: 60_000 }, async () => {
    await askWithoutReading(listener);
    await scene.plane.advance(75_500 + 60_500);
    await until(
      () => scene.plane.metric('connections') === 0,
      () => `the end of ${scene.plane.metric('connections')} connections`,
    );
    expect(scene.plane.load).toBe(0);
  });
});
