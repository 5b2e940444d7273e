// How a connection of HTTP/2 is told to leave: once, and nothing that was begun is lost.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { requestList } from '../support/http2-client.ts';
import { CODE, data, FLAG, FRAME, headers } from '../support/http2-frames.ts';
import { Http2Scene } from './http2-scene.ts';

let scene: Http2Scene;

beforeEach(async () => {
  scene = await Http2Scene.start({ limits: { requestsPerConnection: 50 } });
});
afterEach(() => scene.end());

describe('GOAWAY', () => {
  test('comes with the last request that a connection may have; what is in flight is finished', async () => {
    scene.quiet();
    const client = await scene.client();
    for (let stream = 1; stream <= 99; stream += 2) client.request(stream);
    await client.until(() => client.goaways.length > 0);
    expect(client.goaways).toEqual([{ code: CODE.none, last: 99 }]);
    await scene.asked(50);
    scene.answerAll();
    for (let stream = 1; stream <= 99; stream += 2)
      expect((await client.settled(stream)).statuses).toEqual([200]);
    expect(await client.ended()).toBe('fin');
  });

  test('comes with the lame duck, once; a stream in flight is finished and its connection ends', async () => {
    scene.quiet();
    const client = await scene.client();
    client.send(headers(1, requestList([], 'POST')), data(1, 'half'));
    await scene.requested('half');
    scene.wire.plane.plane.lameDuck();
    await client.until(() => client.goaways.length > 0);
    expect(client.goaways).toEqual([{ code: CODE.none, last: 1 }]);
    client.send(data(1, 'more', FLAG.endStream));
    await scene.asked(1);
    scene.answerAll();
    const story = await client.settled(1);
    expect([story.statuses, story.body.toString()]).toEqual([[200], 'late']);
    expect(await client.ended()).toBe('fin');
  });

  test('is all that a silent connection hears of the lame duck', async () => {
    const client = await scene.client();
    client.request(1);
    await client.settled(1);
    scene.wire.plane.plane.lameDuck();
    expect(await client.ended()).toBe('fin');
    expect(client.goaways.map(({ code, last }) => [code, last])).toContainEqual([CODE.none, 1]);
  });

  test('of a lame duck comes to a new connection with its first answer', async () => {
    scene.wire.plane.plane.lameDuck();
    scene.quiet();
    const client = await scene.client();
    client.request(1);
    client.request(3);
    await scene.asked(2);
    expect(client.goaways).toEqual([]);
    scene.answerAll();
    for (const stream of [1, 3]) expect((await client.settled(stream)).statuses).toEqual([200]);
    expect(await client.ended()).toBe('fin');
    expect(client.goaways[0]).toEqual({ code: CODE.none, last: 3 });
  });

  test('comes with the drain, which waits for what is in flight', async () => {
    scene.quiet();
    const client = await scene.client();
    const silent = await scene.client();
    client.request(1);
    await scene.asked(1);
    let isOver = false;
    void scene.wire.plane.plane.drain(0).then(() => (isOver = true));
    await client.until(() => client.goaways.length > 0);
    expect(await silent.ended()).toBe('fin');
    await scene.wire.plane.advance(1_000);
    expect(isOver).toBe(false);
    scene.answerAll();
    expect((await client.settled(1)).statuses).toEqual([200]);
    expect(await client.ended()).toBe('fin');
    await scene.wire.plane.advance(1_000);
    expect(isOver).toBe(true);
  });

  test('of the client lets its streams be finished, and ends the connection', async () => {
    scene.quiet();
    const client = await scene.client();
    client.request(1);
    await scene.asked(1);
    client.send(Buffer.from([0, 0, 8, FRAME.goaway, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    await scene.wire.plane.settle();
    scene.answerAll();
    expect((await client.settled(1)).statuses).toEqual([200]);
    expect(await client.ended()).toBe('fin');
  });
});
