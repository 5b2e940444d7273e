// A mistake of ours while a request is on its way costs that request, which is told so, and nothing stays behind.
import { afterEach, expect, test, vi } from 'vitest';
import { UpstreamConnection } from '../../src/proxy/backend/upstream-connection.ts';
import { splitAnswers } from '../support/messages.ts';
import { turns } from '../support/wire-client.ts';
import { get } from './rows.ts';
import { WireScene } from './scene.ts';

afterEach(() => void vi.restoreAllMocks());

test.each([
  ['a fresh connection', 0],
  ['a used one', 1],
])('when it is given %s', async (_, before) => {
  const scene = await WireScene.start();
  const client = await scene.client();
  const answers = () => splitAnswers(client.bytes).statuses;
  for (let count = 1; count <= before; count++) {
    client.send(get());
    await client.until(() => answers().length === count);
    await turns();
  }
  vi.spyOn(UpstreamConnection.prototype, 'begin').mockImplementationOnce(() => {
    throw new Error('A mistake of ours');
  });
  client.send(get());
  await client.until(() => answers().length > before);
  expect(answers().at(-1)).toBe(502);
  expect(await scene.upstreamEnd()).toBeDefined();
  expect([scene.plane.load, scene.plane.bugs.length]).toEqual([0, 1]);
  client.send(get());
  await client.until((text) => text.endsWith('ok'));
  await expect(scene.end()).rejects.toThrow('The data plane made mistakes');
});
