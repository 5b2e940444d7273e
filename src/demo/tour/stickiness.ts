// Steps: everybody stays on one node, by cookie, by who they are, or by where they come from.
import { HOMES, OFFICE } from '../site.ts';
import type { Scene, Sent, Visit } from './scene.ts';
import { expectSame, expectThat, type Step } from './step.ts';
import { stickyValueOf } from './world.ts';

const PING = '/api/v4/system/ping';
const STICKY_REQUESTS = 50;
const FEW_REQUESTS = 5;

/** Sends visits one after another; the node that answered all of them, and how persistence found it. */
async function askAll(
  scene: Scene,
  visits: readonly Visit[],
): Promise<{ readonly node: string; readonly persistence: string }> {
  const sent: Sent[] = [];
  for (const visit of visits) {
    sent.push(await scene.send(visit));
    scene.progress(`${sent.length} of ${visits.length} requests`);
  }
  const decisions = await Promise.all(sent.map(({ requestId }) => scene.decisionOn(requestId)));
  expectSame('statuses', distinct(sent.map(({ reply }) => reply.status)), [200]);
  const nodes = distinct(sent.map(({ reply }) => reply.node));
  expectSame('number of nodes that answered', nodes.length, 1);
  expectSame('endpoints in the access log', distinct(decisions.map((line) => line['endpoint'])), nodes);
  const found = distinct(decisions.map((line) => line['persistence']));
  return { node: nodes[0] ?? '', persistence: found.join(', ') };
}

function distinct<Value>(values: readonly Value[]): readonly Value[] {
  return [...new Set(values)];
}

/** Only the cookie speaks for the node: every request comes from another place. */
async function stickByCookie(scene: Scene): Promise<void> {
  const places = [OFFICE, ...HOMES];
  const first = await scene.ask({ path: PING, from: OFFICE }, { status: 200 });
  const value = stickyValueOf(first.headers['set-cookie']);
  expectThat('a first answer sets the cookie', value !== undefined);
  const headers = { ...scene.secretHeader, Cookie: `MMSTICKY=${value}` };
  const visits = Array.from({ length: STICKY_REQUESTS }, (_, at) => ({
    path: PING,
    from: places[at % places.length] ?? OFFICE,
    headers,
  }));
  const { node, persistence } = await askAll(scene, visits);
  scene.note(`${STICKY_REQUESTS} x GET ${PING} from ${places.length} addresses, with that cookie`);
  scene.note(`  ${STICKY_REQUESTS} x 200 from ${node} | endpoint ${node} by ${persistence}`);
  expectSame('node', node, first.node);
  expectSame('persistence', persistence, 'cookie');
}

async function honourOtherCookie(scene: Scene): Promise<void> {
  const own = await scene.ask({ path: PING, from: OFFICE }, { status: 200, persistence: 'source' });
  const other = scene.world.stage.nodes.find(({ name }) => name !== own.node)?.name ?? '';
  const headers = { Cookie: `MMSTICKY=${await scene.world.stickyValue(other)}` };
  const reply = await scene.ask(
    { path: PING, from: OFFICE, headers, showing: `with the cookie of ${other}` },
    { status: 200, persistence: 'cookie', endpoint: other },
  );
  expectThat('a right cookie is not set again', reply.headers['set-cookie'] === undefined);
}

async function replaceUnknownCookie(scene: Scene): Promise<void> {
  const visit = { path: PING, from: OFFICE, headers: { Cookie: 'MMSTICKY=nobody-knows-this' } };
  const reply = await scene.ask(
    { ...visit, showing: 'with an unknown cookie' },
    { status: 200, persistence: 'source' },
  );
  const value = stickyValueOf(reply.headers['set-cookie']);
  scene.note(`  a new cookie, the one of ${reply.node}`);
  expectSame('new cookie', value, await scene.world.stickyValue(reply.node));
}

async function stickByUser(scene: Scene, user: 'alice' | 'bob', headers: Visit['headers']): Promise<string> {
  const visits = HOMES.map((from) => ({
    path: '/api/v4/users/me',
    from,
    headers: { ...scene.secretHeader, ...headers },
  }));
  const { node, persistence } = await askAll(scene, visits);
  const by = headers?.['Cookie'] === undefined ? 'bearer token' : 'MMUSERID';
  scene.note(`${visits.length} x GET /api/v4/users/me from as many addresses, ${user} by ${by}`);
  scene.note(`  ${visits.length} x 200 from ${node} | endpoint ${node} by ${persistence}`);
  expectSame('persistence', persistence, 'user');
  return node;
}

async function stickByIdentity(scene: Scene): Promise<void> {
  for (const user of ['alice', 'bob'] as const) {
    const { token, userId } = await scene.world.session(user);
    await stickByUser(scene, user, { Cookie: `MMAUTHTOKEN=${token}; MMUSERID=${userId}` });
    await stickByUser(scene, user, { Authorization: `BEARER ${token}` });
  }
}

async function stickByAddress(scene: Scene): Promise<void> {
  for (const from of HOMES) {
    const visits = Array.from({ length: FEW_REQUESTS }, () => ({
      path: PING,
      from,
      headers: scene.secretHeader,
    }));
    const { node, persistence } = await askAll(scene, visits);
    scene.note(`${FEW_REQUESTS} x GET ${PING} from ${from}, no cookie, no user`);
    scene.note(`  ${FEW_REQUESTS} x 200 from ${node} | endpoint ${node} by ${persistence}`);
    expectSame('persistence', persistence, 'source');
  }
}

export const stickinessSteps: readonly Step<Scene>[] = [
  { name: 'A client with the cookie stays on its node for 50 requests', run: stickByCookie },
  { name: 'The cookie of another node is honoured', run: honourOtherCookie },
  { name: 'An unknown cookie is replaced', run: replaceUnknownCookie },
  { name: 'Without the cookie a user stays on one node, wherever they are', run: stickByIdentity },
  { name: 'Without cookie and user an address stays on one node', run: stickByAddress },
];
