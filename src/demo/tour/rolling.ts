// Steps: nodes go away, as a rolling update takes them (drained, removed, stopped) and as a crash does.
import type { Conversation } from '../mattermost/conversation.ts';
import type { MattermostNode } from '../mattermost/node.ts';
import { OFFICE } from '../site.ts';
import { edit, expectAnswer, replace, whileEdited } from './live-edit.ts';
import { cookiesOf, type Scene } from './scene.ts';
import { expectSame, expectThat, type Step } from './step.ts';
import { withTraffic } from './traffic.ts';
import { isHello, isPosted, openOn, postAsAlice } from './websockets.ts';
import { stickyValueOf } from './world.ts';

const ENDPOINTS = 'endpoints.yaml';
const LEAVING = 'node-2';
const CRASHING = 'node-3';
const SOCKETS = 3;

function nodeOf(scene: Scene, name: string): MattermostNode {
  const node = scene.world.stage.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw new Error(`There is no ${name}`);
  return node;
}

async function drain(scene: Scene): Promise<void> {
  const headers = { Cookie: `MMSTICKY=${await scene.world.stickyValue(LEAVING)}` };
  const visit = {
    path: '/api/v4/system/ping',
    from: OFFICE,
    headers,
    showing: `with the cookie of ${LEAVING}`,
  };
  const change = replace(
    `conditions: {ready: true} # ${LEAVING}`,
    `conditions: {ready: false, serving: true, terminating: true} # ${LEAVING}`,
  );
  await whileEdited(
    scene,
    { file: ENDPOINTS, change, told: `${ENDPOINTS}: ${LEAVING} is terminating` },
    async () => {
      await scene.ask(visit, { status: 200, endpoint: LEAVING, persistence: 'cookie-draining' });
      const talk = await scene.connect({ ...visit, path: '/api/v4/websocket' }, { rule: 'office-networks' });
      talk.socket.close();
      expectThat(`a new WebSocket is on another node than ${LEAVING}`, talk.node !== LEAVING);
      const sticky = stickyValueOf(talk.headers['set-cookie']);
      expectSame('new cookie', sticky, await scene.world.stickyValue(talk.node));
    },
  );
}

/** What a client remembers of its WebSocket. */
type Connected = { readonly talk: Conversation; readonly connectionId: unknown };

async function leave(scene: Scene): Promise<void> {
  const connected: Connected[] = [];
  for (let at = 0; at < SOCKETS; at++) {
    const talk = await openOn(scene, 'bob', LEAVING);
    connected.push({ talk, connectionId: (await talk.next(isHello)).data?.['connection_id'] });
  }
  await withTraffic(scene, LEAVING, () =>
    edit(scene, ENDPOINTS, withoutNode(LEAVING), `${ENDPOINTS}: without ${LEAVING}`),
  );
  await Promise.all(connected.map(({ talk }) => expectAnswer(talk)));
  scene.note(`  its ${SOCKETS} WebSockets are open and answer`);
  await nodeOf(scene, LEAVING).stop();
  const ends = await Promise.all(connected.map(({ talk }) => talk.closed));
  scene.note(`${LEAVING} stops: its WebSockets end with ${ends.map(({ code }) => code).join(', ')}`);
  const text = await postAsAlice(scene);
  for (const { connectionId } of connected) await reconnect(scene, connectionId, text);
}

/** A change that takes the node's EndpointSlice out of the file. */
function withoutNode(name: string): (text: string) => string {
  return (text) =>
    text
      .split('---\n')
      .filter((document) => !document.includes(`name: ${name},`))
      .join('---\n');
}

/** What an app does: it asks for its connection, learns by a new one that it missed something, and fetches that. */
async function reconnect(scene: Scene, connectionId: unknown, missed: string): Promise<void> {
  const { world } = scene;
  const bob = await world.session('bob');
  const cookies = `${cookiesOf(bob)}; MMSTICKY=${await world.stickyValue(LEAVING)}`;
  const path = `/api/v4/websocket?connection_id=${String(connectionId)}&sequence_number=1`;
  const headers = { Origin: world.origin(), Cookie: cookies };
  const showing = `bob again, with the cookie of ${LEAVING}`;
  const talk = await scene.connect({ path, headers, showing }, { rule: 'signed-in-websocket' });
  const hello = await talk.next(() => true);
  expectThat('the first message is a hello', isHello(hello) && hello.seq === 0);
  expectThat('it is a new connection', hello.data?.['connection_id'] !== connectionId);
  expectSame('new cookie', stickyValueOf(talk.headers['set-cookie']), await world.stickyValue(talk.node));
  const { square } = world.stage.town;
  const posts = await scene.send({
    path: `/api/v4/channels/${square.channelId}/posts`,
    headers: { ...scene.secretHeader, Authorization: `Bearer ${bob.token}` },
  });
  expectThat('what was missed is there', posts.reply.body.toString().includes(missed));
  const next = await postAsAlice(scene);
  await talk.next(isPosted(next));
  talk.socket.close();
}

/** No request is on its way when the node dies: those could not be saved, one that was not sent yet can. */
async function crash(scene: Scene): Promise<void> {
  const { world } = scene;
  const { token } = await world.session('alice');
  const sticky = await world.stickyValue(CRASHING);
  const headers = { Authorization: `Bearer ${token}`, Cookie: `MMSTICKY=${sticky}` };
  const visit = { from: OFFICE, headers, showing: `with the cookie of ${CRASHING}` };
  await scene.ask({ ...visit, path: '/api/v4/users/me' }, { status: 200, endpoint: CRASHING });
  await nodeOf(scene, CRASHING).stop();
  scene.note(`${CRASHING} is gone, ${ENDPOINTS} still names it`);
  const body = JSON.stringify({ channel_id: world.stage.town.square.channelId, message: 'Still here' });
  for (const request of [
    { path: '/api/v4/users/me', status: 200 },
    { path: '/api/v4/posts', method: 'POST', body, status: 201 },
  ]) {
    const reply = await scene.ask({ ...visit, ...request }, { status: request.status });
    expectThat(`another node than ${CRASHING} answers`, reply.node !== CRASHING);
    expectSame('new cookie', stickyValueOf(reply.headers['set-cookie']), await world.stickyValue(reply.node));
  }
}

export const rollingSteps: readonly Step<Scene>[] = [
  { name: 'A terminating node keeps those who hold its cookie, and gets no new WebSockets', run: drain },
  {
    name: 'A node leaves: no request fails, its WebSockets end only with it, and go on elsewhere',
    run: leave,
  },
  { name: 'A node dies unannounced: requests that still believe in it go elsewhere', run: crash },
];
