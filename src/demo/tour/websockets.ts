// Steps: WebSockets. Who gets one, and what people have of staying on their node.
import { randomUUID } from 'node:crypto';
import type { Conversation, SocketMessage } from '../mattermost/conversation.ts';
import { cookiesOf, type Scene, type Visit } from './scene.ts';
import { expectSame, expectThat, type Step } from './step.ts';
import { until } from './waiting.ts';

const SOCKET = '/api/v4/websocket';
const FORGED = `MMAUTHTOKEN=${'a'.repeat(26)}; MMUSERID=${'b'.repeat(26)}`;
const BY_COOKIES = { rule: 'signed-in-websocket', action: 'Allow' } as const;

/** A handshake as a browser makes it: no header but those of the page and its cookies. */
function browserVisit(scene: Scene, cookies: string | undefined, showing: string): Visit {
  const headers = { Origin: scene.world.origin(), ...(cookies === undefined ? {} : { Cookie: cookies }) };
  return { path: SOCKET, headers, showing };
}

export function isHello({ event }: SocketMessage): boolean {
  return event === 'hello';
}

/** For `next`: the event of the post with that text. */
export function isPosted(text: string): (message: SocketMessage) => boolean {
  return ({ event, data }) => event === 'posted' && String(data?.['post']).includes(text);
}

/** Sends a post of alice's from the Internet and returns its text. */
export async function postAsAlice(scene: Scene): Promise<string> {
  const { token } = await scene.world.session('alice');
  const message = `Hello ${randomUUID()}`;
  const { reply } = await scene.send({
    path: '/api/v4/posts',
    method: 'POST',
    headers: { ...scene.secretHeader, Authorization: `Bearer ${token}` },
    body: JSON.stringify({ channel_id: scene.world.stage.town.square.channelId, message }),
  });
  expectSame('status of the post', reply.status, 201);
  return message;
}

/** A WebSocket of that user on that node, which the sticky cookie names. */
export async function openOn(
  scene: Scene,
  user: 'alice' | 'bob',
  node: string,
  query = '',
): Promise<Conversation> {
  const cookies = cookiesOf(await scene.world.session(user));
  const sticky = await scene.world.stickyValue(node);
  const visit = browserVisit(scene, `${cookies}; MMSTICKY=${sticky}`, `${user}, with the cookie of ${node}`);
  const talk = await scene.connect({ ...visit, path: SOCKET + query }, BY_COOKIES);
  expectSame('node of the WebSocket', talk.node, node);
  return talk;
}

async function openSignedIn(scene: Scene): Promise<void> {
  const cookies = cookiesOf(await scene.world.session('alice'));
  const talk = await scene.connect(browserVisit(scene, cookies, 'with the cookies of a login'), BY_COOKIES);
  const hello = await talk.next(isHello);
  scene.note(`  hello from ${String(hello.data?.['server_hostname'])}`);
  expectSame('node of the hello', hello.data?.['server_hostname'], talk.node);
  talk.socket.close();
  expectSame('end of the WebSocket', (await talk.closed).code, 1005);
}

async function forgeForPage(scene: Scene): Promise<void> {
  const handshake = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Version': '13',
  };
  const visit = { path: '/api/v4/users/me', headers: { ...handshake, Cookie: FORGED } };
  const promised = { status: 403, rule: 'default', action: 'Deny', endpoint: null };
  await scene.ask({ ...visit, showing: 'with forged cookies and the fields of an upgrade' }, promised);
}

/** The node refuses a foreign Origin: what it answers is not for somebody who has shown nothing but forged cookies. */
async function forgeForAnswer(scene: Scene): Promise<void> {
  const headers = { Origin: 'https://evil.example', Cookie: FORGED };
  const promised = { ...BY_COOKIES, status: 403, reason: 'upgrade-not-accepted' };
  const visit = { path: SOCKET, headers, showing: 'with forged cookies and a foreign Origin' };
  const { body, headers: fields } = await scene.connectInVain(visit, promised);
  expectSame('body', body.toString(), '');
  expectThat('nothing makes an app ask for the secret', fields['x-reject-reason'] === undefined);
}

async function refuseStranger(scene: Scene): Promise<void> {
  const visit = browserVisit(scene, undefined, 'a browser without cookies');
  const promised = { status: 403, rule: 'default', action: 'Deny', reason: 'admission' };
  const { headers } = await scene.connectInVain(visit, promised);
  expectSame('x-reject-reason', headers['x-reject-reason'], 'pre-auth');
}

async function openAndroidCall(scene: Scene): Promise<void> {
  const { token } = await scene.world.session('bob');
  const headers = { Origin: scene.world.origin(), Authorization: `Bearer ${token}` };
  const visit = { path: `${SOCKET}?calls=true`, headers, showing: 'with a bearer token alone' };
  const talk = await scene.connect(visit, { rule: 'android-calls', action: 'Allow' });
  await talk.next(isHello);
  talk.socket.close();
}

async function chat(scene: Scene): Promise<void> {
  const alice = await openOn(scene, 'alice', 'node-1');
  const bob = await openOn(scene, 'bob', 'node-2');
  const text = await postAsAlice(scene);
  for (const [name, talk] of [
    ['alice', alice],
    ['bob', bob],
  ] as const) {
    const { seq } = await talk.next(isPosted(text));
    scene.note(`  the post of alice came to ${name} on ${talk.node} as event ${seq}`);
    talk.socket.close();
  }
}

/** Only the node that had the connection knows what was missed: elsewhere the app would have to fetch everything anew. */
async function resume(scene: Scene): Promise<void> {
  const before = await openOn(scene, 'bob', 'node-3');
  const hello = await before.next(isHello);
  const node = scene.world.stage.nodes.find(({ name }) => name === before.node);
  const open = node?.sockets ?? 0;
  before.socket.terminate();
  await until('the node has seen the connection break', () => (node?.sockets ?? 0) < open);
  const text = await postAsAlice(scene);
  const query = `?connection_id=${String(hello.data?.['connection_id'])}&sequence_number=1`;
  const after = await openOn(scene, 'bob', 'node-3', query);
  const first = await after.next(() => true);
  scene.note(`  the first message is event ${first.seq}, ${first.event}: nothing was missed`);
  expectThat('the missed post comes first, no hello', isPosted(text)(first) && first.seq === 1);
  after.socket.close();
}

export const webSocketSteps: readonly Step<Scene>[] = [
  { name: "A browser's WebSocket from the Internet passes by the cookies of its login", run: openSignedIn },
  { name: 'Forged cookies with the fields of an upgrade read no page', run: forgeForPage },
  { name: 'Forged cookies do not even get the answer of a refused WebSocket', run: forgeForAnswer },
  { name: 'A browser without cookies gets no WebSocket', run: refuseStranger },
  { name: "An Android call's WebSocket passes by its bearer token", run: openAndroidCall },
  { name: 'Two people on two nodes talk to each other', run: chat },
  { name: 'A broken WebSocket goes on where it was, since its node is found again', run: resume },
];
