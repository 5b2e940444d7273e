// At the limit of connections those that are silent give their places up. Whoever still reads an answer is not silent,
// though everything was handed over to the system long ago.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { answer, always } from '../support/recording-backend.ts';
import { until, WireClient } from '../support/wire-client.ts';
import { Http2Scene } from './http2-scene.ts';
import { head } from './rows.ts';

/** Read at once, and written at once. */
const BODY = 'x'.repeat(60_000);
/** More than the kernel keeps for who does not read. */
const MOST_ANSWERS = 200;
const STREAMS = 100;
/** An answer takes some ways through the kernel. */
const LOOKS = 10;

let scene: Http2Scene;

beforeEach(async () => {
  scene = await Http2Scene.start({ maxConnections: 1, limits: { slowReaderTimeoutMs: 3_600_000 } });
  scene.wire.backend.script = always(answer(BODY));
});
afterEach(() => scene.end());

/** Somebody comes, and is let in or not. */
async function visitor(): Promise<void> {
  const client = await WireClient.connect(scene.wire.plane.httpPort);
  await scene.wire.plane.settle();
  client.destroy();
}

/** Whether so many answers were given, when nothing is on its way any more. */
async function answered(count: number): Promise<boolean> {
  const { plane } = scene.wire;
  for (let look = 0; look < LOOKS && plane.records.length < count; look++) await plane.settle();
  return plane.records.length >= count;
}

/** A client that reads nothing, and has been given so many answers one after another, as far as they could be given. */
async function stuck(most: number): Promise<{ readonly client: WireClient; readonly given: number }> {
  scene.wire.plane.records.length = 0;
  const client = await scene.wire.client();
  client.socket.pause();
  for (let given = 0; given < most; given++) {
    client.send(head('GET / HTTP/1.1', 'Host: a'));
    if (!(await answered(given + 1))) return { client, given };
  }
  return { client, given: most };
}

test('over HTTP/1', async () => {
  const { client, given } = await stuck(MOST_ANSWERS);
  expect(given).toBeLessThan(MOST_ANSWERS);
  client.destroy();
  for (let count = given - 4; count <= given + 4; count++) {
    await until(
      () => scene.wire.plane.metric('connections') === 0,
      () => 'the end of the connection before',
    );
    const next = await stuck(count);
    await visitor();
    next.client.socket.resume();
    const wanted = next.given * answer(BODY).length;
    await until(
      () => next.client.receivedBytes >= wanted || next.client.ending !== undefined,
      () => `${next.given} answers, ${next.client.receivedBytes} bytes of ${wanted}`,
    );
    expect(next.client.receivedBytes, `${next.given} answers`).toBeGreaterThanOrEqual(wanted);
    next.client.destroy();
  }
}, 60_000);

test('over HTTP/2', async () => {
  const { client, streams } = await scene.unread(STREAMS, BODY);
  client.socket.on('data', () => client.socket.pause());
  const isWhole = () => streams.every((stream) => client.story(stream).ended);
  while (!isWhole() && client.ending === undefined) {
    client.socket.resume();
    await until(
      () => client.socket.isPaused() || client.ending !== undefined,
      () => 'something to read',
    );
    await visitor();
  }
  expect(streams.filter((stream) => client.story(stream).body.length !== BODY.length)).toEqual([]);
}, 60_000);
