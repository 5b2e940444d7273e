// Mattermost's own REST client against a node.
import { Client4 } from '@mattermost/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MattermostNode } from './node.ts';
import { alice, createTownFixture, urlOf } from './town-fixture.ts';

const fixture = createTownFixture();
let node: MattermostNode;

beforeAll(async () => {
  node = await fixture.start();
});
afterAll(() => fixture.stop());

test('Client4 goes through a whole session', async () => {
  const client = new Client4();
  client.setUrl(urlOf(node));
  const data = new FormData();
  data.append('channel_id', fixture.town.square.channelId);
  data.append('files', new Blob(['abc']), 'a.txt');

  await expect(client.getMe()).rejects.toMatchObject({ status_code: 401 });
  await expect(client.login('alice', 'wrong')).rejects.toMatchObject({ status_code: 401 });
  expect(await client.ping(true)).toMatchObject({ status: 'OK', database_status: 'OK' });
  expect(await client.login('alice', alice.password)).toMatchObject({ username: 'alice' });
  expect(client.getToken()).toMatch(/^[a-z0-9]{26}$/);
  expect(await client.getMe()).toMatchObject({ id: fixture.town.users.all[0]?.id });
  expect(await client.getClientConfig()).toMatchObject({ SiteName: 'Mattermost (demo)' });
  const [team] = await client.getMyTeams();
  const [channel] = await client.getMyChannels(team?.id ?? '');
  const { file_infos: infos } = await client.uploadFile(data);
  expect(infos).toMatchObject([{ name: 'a.txt', size: 3 }]);
  const post = { channel_id: channel?.id ?? '', message: 'hello', file_ids: infos.map((info) => info.id) };
  const created = await client.createPost(post as Parameters<typeof client.createPost>[0]);
  expect(await client.getPosts(channel?.id ?? '')).toMatchObject({ order: [created.id] });
  expect(client.serverVersion).toContain('11.1.0');
  await client.logout();
  await expect(client.getMe()).rejects.toMatchObject({ status_code: 401 });
});
