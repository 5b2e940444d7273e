// A connection of HTTP/2 that is told to leave while its client reads slowly: what was answered still reaches it.
import { expect, test } from 'vitest';
import { CODE } from '../support/http2-frames.ts';
import { turns, until } from '../support/wire-client.ts';
import { Http2Scene } from './http2-scene.ts';

/** As many as one connection may have at a time; together more than the kernel keeps for who does not read. */
const STREAMS = 100;
const BODY = 'x'.repeat(60_000);
/** Longer than whoever has left is waited for, and far shorter than a slow reader is. */
const PAUSE_MS = 6_000;

test('answers that a slow client still reads are not cut off by GOAWAY', async () => {
  const limits = { requestsPerConnection: STREAMS, slowReaderTimeoutMs: 3_600_000 };
  const scene = await Http2Scene.start({ limits });
  const { client, streams } = await scene.unread(STREAMS, BODY);
  // Some bytes, a pause, some more: never silent for long.
  let read = 0;
  client.socket.on('data', (chunk: Buffer) => {
    read += chunk.length;
    client.socket.pause();
  });
  const isWhole = () => streams.every((stream) => client.story(stream).ended);
  while (!isWhole() && client.ending === undefined) {
    const before = read;
    client.socket.resume();
    await until(
      () => read > before || client.ending !== undefined,
      () => 'something to read',
    );
    await turns(5);
    await scene.wire.plane.advance(PAUSE_MS);
  }
  const cut = streams.filter((stream) => client.story(stream).body.length !== BODY.length);
  expect(cut).toEqual([]);
  expect(client.goaways.map(({ code }) => code)).toContain(CODE.none);
  expect(await client.ended()).toBe('fin');
  await scene.end();
}, 60_000);
