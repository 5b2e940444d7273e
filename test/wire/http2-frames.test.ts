// HTTP/2 frame by frame: what node:http2 keeps of RFC 9113, and what we must not lose of it. Rows that it does not keep
// (frames on streams that are long closed, streams numbered backwards) are not ours to mend, and not here.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { FrameClient } from '../support/http2-client.ts';
import { FRAME, PREFACE, SETTING, settings, windowUpdate } from '../support/http2-frames.ts';
import { until } from '../support/wire-client.ts';
import { Http2Scene } from './http2-scene.ts';
import { type FrameOutcome, frameRows } from './rows-http2-frames.ts';

let scene: Http2Scene;

beforeAll(async () => {
  scene = await Http2Scene.start({ site: { requestBodyMaxBytes: 1_000_000 } });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

async function expectOutcome(client: FrameClient, outcome: FrameOutcome): Promise<void> {
  switch (outcome.kind) {
    case 'connection':
      await client.ended();
      for (const { code } of client.goaways) expect(outcome.codes).toContain(code);
      return;
    case 'stream':
      await until(
        () => client.ending !== undefined || client.story(1).reset !== undefined || client.goaways.length > 0,
        () => `an error; frames ${client.describe()}`,
      );
      expect(outcome.codes).toContain(client.story(1).reset ?? client.goaways[0]?.code);
      return;
    case 'answered':
      expect((await client.settled(1)).statuses).toEqual([200]);
      expect(await client.isAlive()).toBe(true);
      return;
    case 'alive':
      expect(await client.isAlive()).toBe(true);
  }
}

describe.each(frameRows)('$name', ({ bytes, outcome }) => {
  // What is to be refused must be so while its answer is still to come.
  beforeEach(() => {
    if (outcome.kind === 'stream') scene.quiet();
  });

  test('whole', async () => {
    const client = await scene.client();
    client.send(bytes);
    await expectOutcome(client, outcome);
  });

  test('byte by byte', async () => {
    const client = await scene.client();
    const step = bytes.length > 2_000 ? 503 : 1;
    for (let at = 0; at < bytes.length; at += step) client.send(bytes.subarray(at, at + step));
    await expectOutcome(client, outcome);
  });
});

test.each([
  ['3.4 something else than the preface', Buffer.from('INVALID CONNECTION PREFACE\r\n\r\n')],
  ['3.4 another frame than SETTINGS first', Buffer.concat([PREFACE, windowUpdate(0, 1)])],
])('%s ends the connection', async (_, bytes) => {
  const client = await scene.client({ greets: false });
  client.send(bytes);
  expect(await client.ended()).toBeDefined();
});

test('6.5.3 SETTINGS are acknowledged, the last value of one counts', async () => {
  const client = await scene.client();
  client.send(settings([SETTING.initialWindowSize, 100], [SETTING.initialWindowSize, 1]));
  await client.until(
    () => client.frames.filter(({ type, flags }) => type === FRAME.settings && flags === 1).length === 2,
  );
  client.request(1);
  await client.until(() => client.story(1).body.length === 1);
  expect(client.story(1).ended).toBe(false);
});

test('6.9.2 windows that become negative are made up for first', async () => {
  const client = await scene.client({ settings: [[SETTING.initialWindowSize, 1]] });
  client.request(1);
  await client.until(() => client.story(1).body.length === 1);
  client.send(settings([SETTING.initialWindowSize, 0]), windowUpdate(1, 1));
  expect(await client.isAlive()).toBe(true);
  expect(client.story(1).body).toHaveLength(1);
  client.send(windowUpdate(1, 1));
  expect((await client.settled(1)).body.toString()).toBe('ok');
});
