// Streams that we reset: by a rule, and by a mistake of ours. Neither costs the streams beside them.
import { expect, test } from 'vitest';
import { admission, rule } from '../../src/decide/test-objects.ts';
import { requestList } from '../support/http2-client.ts';
import { CODE, data, headers } from '../support/http2-frames.ts';
import { Http2Scene } from './http2-scene.ts';
import type { SceneOptions } from './scene.ts';

const RESETS: SceneOptions = {
  site: {
    admission: admission([rule('no-put', { action: 'Reset', methods: ['PUT'] })], { defaultAction: 'Allow' }),
  },
};

test('a rule that resets: RST_STREAM without a word, and nothing reaches a backend', async () => {
  const scene = await Http2Scene.start(RESETS);
  const client = await scene.client();
  client.request(1, requestList([], 'PUT'));
  expect(await client.settled(1)).toMatchObject({ statuses: [], reset: CODE.internal, ended: false });
  client.send(headers(3, requestList([], 'PUT')), data(3, 'a body'));
  expect(await client.settled(3)).toMatchObject({ statuses: [], reset: CODE.internal, ended: false });
  expect(scene.wire.backend.connections).toEqual([]);
  client.request(5);
  expect((await client.settled(5)).statuses).toEqual([200]);
  expect(scene.wire.plane.records).toMatchObject([
    { status: 0, reason: 'admission' },
    { status: 0, reason: 'admission' },
    { status: 200 },
  ]);
  await scene.end();
});

test('a trusted proxy gets an empty 403 instead', async () => {
  const scene = await Http2Scene.start({ ...RESETS, trustedProxies: ['127.0.0.0/8'] });
  const client = await scene.client();
  client.request(1, requestList([], 'PUT'));
  const story = await client.settled(1);
  expect(story).toMatchObject({ statuses: [403], ended: true, reset: undefined });
  expect(story.body).toHaveLength(0);
  await scene.end();
});

test('a mistake of ours costs its stream, and is told', async () => {
  const scene = await Http2Scene.start();
  const client = await scene.client();
  scene.wire.plane.whileReading = () => {
    throw new Error('a mistake');
  };
  client.request(1);
  expect(await client.settled(1)).toMatchObject({ statuses: [], reset: CODE.internal });
  scene.wire.plane.whileReading = undefined;
  client.request(3);
  expect((await client.settled(3)).statuses).toEqual([200]);
  await expect(scene.end()).rejects.toThrow('made mistakes');
});
