// An answer that begins while the body of its request is still on its way (row R6), to a backend that reads it slowly.
import { expect, test } from 'vitest';
import { splitAnswers } from '../support/messages.ts';
import { answer } from '../support/recording-backend.ts';
import { turns, until, type WireClient } from '../support/wire-client.ts';
import { post } from './rows.ts';
import { WireScene } from './scene.ts';

/** More than the kernel takes for two connections. */
const MOST = 40_000_000;

/** Until no more of what the client has said is taken from it. */
async function untilStill({ plane }: WireScene, { socket }: WireClient): Promise<void> {
  let before = -1;
  while (socket.writableLength !== before) {
    before = socket.writableLength;
    await plane.settle();
    await turns(100);
  }
}

function untilAllIsTaken({ socket }: WireClient): Promise<void> {
  return until(
    () => socket.writableLength === 0,
    () => `the last ${socket.writableLength} bytes to be taken`,
  );
}

test('it is not cut off for the size of a body that nobody wants any more', async () => {
  const own = await WireScene.start({ site: { requestBodyMaxBytes: MOST + 1_000_000 } });
  own.backend.intercept = ({ socket }) => socket.pause();
  const client = await own.client();
  client.send(post('Transfer-Encoding: chunked') + `${MOST.toString(16)}\r\n`);
  client.send(Buffer.alloc(MOST, 'x'));
  await until(
    () => own.backend.connections.length === 1,
    () => 'a connection to the backend',
  );
  await untilStill(own, client);
  expect(client.socket.writableLength).toBeGreaterThan(0);
  const begun = answer('early');
  own.upstream.send(begun.slice(0, -1));
  await client.until((text) => text.endsWith('earl'));
  client.send(`\r\n${(2_000_000).toString(16)}\r\n`);
  client.send(Buffer.alloc(1_000_000, 'x'));
  await untilAllIsTaken(client);
  // What was handed over before goes out now.
  own.backend.intercept = () => undefined;
  own.upstream.socket.resume();
  await untilStill(own, client);
  client.send(Buffer.alloc(1_000_000, 'x'));
  await untilAllIsTaken(client);
  own.upstream.send(begun.slice(-1));
  await client.until((text) => text.endsWith('early'));
  expect(splitAnswers(client.bytes).statuses).toEqual([200]);
  await own.end();
});
