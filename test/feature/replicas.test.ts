// Two controllers behind one balancer that knows nothing of HTTP, as replicas behind a Service: they share a key and the
// objects, never a word, and a client that comes to the other one finds its node.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Conversation } from '../../src/demo/mattermost/conversation.ts';
import type { MattermostNode } from '../../src/demo/mattermost/node.ts';
import { login, openWebSocket } from '../../src/demo/mattermost/session.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { type EndpointPlace, hostOf, site } from '../support/manifest-builders.ts';
import { ALICE, Scene } from '../support/scene.ts';

const CLIENTS = 16;
const HOST = hostOf('chat');

/** Each connection goes to the next replica, whoever opens it. */
class Balancer {
  replicas: readonly ControllerProcess[];
  /** How many connections each replica was given. */
  readonly given = new Map<ControllerProcess, number>();
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  constructor(replicas: readonly ControllerProcess[]) {
    this.replicas = replicas;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#join(client));
  }

  async listen(): Promise<number> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  #join(client: Socket): void {
    const replica = this.replicas[this.#turn++ % this.replicas.length];
    if (replica === undefined) throw new Error('There is no replica');
    this.given.set(replica, (this.given.get(replica) ?? 0) + 1);
    const inside = connect({ port: replica.port('http'), host: '127.0.0.1', allowHalfOpen: true });
    for (const [from, to] of [
      [client, inside],
      [inside, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => to.destroy()).on('close', () => this.#sockets.delete(from));
      from.pipe(to);
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server.close(), 'close');
  }
}

/** One browser: it keeps its cookie and its WebSocket. */
class Visitor {
  cookie = '';
  /** How often it was given a cookie. */
  cookies = 0;
  readonly #user: string;
  #conversation: Conversation | undefined;

  constructor(at: number) {
    this.#user = String(at).padStart(26, 'u');
  }

  async enter(): Promise<string> {
    const cookies = [`MMAUTHTOKEN=${token}`, `MMUSERID=${this.#user}`, this.cookie].filter((each) => each);
    const conversation = await openWebSocket({
      url: `http://${HOST}/api/v4/websocket`,
      connectTo: { address: '127.0.0.1', port: balancerPort },
      headers: { Cookie: cookies.join('; ') },
    });
    const given = conversation.headers['set-cookie']?.[0]?.split(';')[0];
    if (given !== undefined) {
      this.cookie = given;
      this.cookies++;
    }
    this.#conversation = conversation;
    return conversation.node;
  }

  /** Its network breaks. */
  async leave(): Promise<void> {
    this.#conversation?.socket.terminate();
    await this.#conversation?.closed;
  }

  /** Undefined as long as it is there. */
  async closeCode(): Promise<number | undefined> {
    return (await this.#conversation?.closed)?.code;
  }

  get isOpen(): boolean {
    return this.#conversation?.socket.readyState === 1;
  }
}

const scene = new Scene();
const visitors = Array.from({ length: CLIENTS }, (_, at) => new Visitor(at));
let nodes: readonly MattermostNode[];
let replicas: readonly ControllerProcess[];
let balancer: Balancer;
let balancerPort = 0;
let token = '';

beforeAll(async () => {
  nodes = await scene.nodes('node-1', 'node-2', 'node-3');
  const first = await scene.controller({ objects: objectsOf(places()) });
  const keys = join(first.folder, 'sticky-keys');
  writeFileSync(keys, 'a-key-that-replicas-share\n');
  const start = () =>
    scene.controller({
      flags: { 'sticky-key-file': keys, 'drain-timeout': '20s' },
      objects: objectsOf(places()),
    });
  replicas = await Promise.all([start(), start()]);
  balancer = new Balancer(replicas);
  scene.add(balancer);
  balancerPort = await balancer.listen();
  const via = { connectTo: { address: '127.0.0.1', port: balancerPort } };
  token = (await login(`http://${HOST}`, ALICE, via)).token;
});
afterAll(() => scene.end());

function places(draining = ''): readonly EndpointPlace[] {
  return nodes.map(({ name, port }) => {
    const state = name === draining ? { ready: false, serving: true, terminating: true } : {};
    return { name, address: '127.0.0.1', port, ...state };
  });
}

function objectsOf(endpoints: readonly EndpointPlace[]) {
  return site('chat', endpoints, { backend: { loadBalancing: 'RoundRobin' } });
}

async function publish(draining?: string): Promise<void> {
  await Promise.all(replicas.map((each) => each.apply('start.yaml', ...objectsOf(places(draining)))));
}

function enterAll(): Promise<readonly string[]> {
  return Promise.all(visitors.map((visitor) => visitor.enter()));
}

describe('two replicas', () => {
  let homes: readonly string[] = [];
  const gone = 'node-2';

  test('keep clients on their nodes, whichever of them each connection comes to', async () => {
    homes = await enterAll();
    expect(new Set(homes)).toEqual(new Set(['node-1', 'node-2', 'node-3']));
    for (let time = 0; time < 3; time++) {
      await Promise.all(visitors.map((visitor) => visitor.leave()));
      expect(await enterAll()).toEqual(homes);
    }
    expect(visitors.map(({ cookies }) => cookies)).toEqual(visitors.map(() => 1));
    for (const replica of replicas) expect(balancer.given.get(replica)).toBeGreaterThan(CLIENTS);
  });

  test('both lead the clients of a terminating node away, and agree where to', async () => {
    await publish(gone);
    const leaving = visitors.filter((_, at) => homes[at] === gone);
    const staying = visitors.filter((_, at) => homes[at] !== gone);
    expect(await Promise.all(leaving.map((visitor) => visitor.closeCode()))).toEqual(leaving.map(() => 1012));
    expect(staying.filter(({ isOpen }) => !isOpen)).toEqual([]);
    // Without the node; its cookies would still be good for requests until it is gone.
    await Promise.all(
      replicas.map((each) =>
        each.apply('start.yaml', ...objectsOf(places().filter(({ name }) => name !== gone))),
      ),
    );
    const moved = await Promise.all(leaving.map((visitor) => visitor.enter()));
    expect(moved).not.toContain(gone);
    for (let time = 0; time < 2; time++) {
      await Promise.all(leaving.map((visitor) => visitor.leave()));
      expect(await Promise.all(leaving.map((visitor) => visitor.enter()))).toEqual(moved);
    }
    homes = homes.map((home, at) =>
      home === gone ? (moved[leaving.indexOf(visitors[at] as Visitor)] ?? '') : home,
    );
  });

  test('one of them ends: its clients find their nodes by the other one', async () => {
    const [ending, other] = replicas as readonly [ControllerProcess, ControllerProcess];
    balancer.replicas = [other];
    const before = balancer.given.get(other) ?? 0;
    ending.signal('SIGTERM');
    await ending.exit;
    const closed = visitors.filter(({ isOpen }) => !isOpen);
    expect(closed.length).toBeGreaterThan(0);
    expect(closed.length).toBeLessThan(CLIENTS);
    expect(await Promise.all(closed.map((visitor) => visitor.closeCode()))).toEqual(closed.map(() => 1001));
    const back = await Promise.all(closed.map((visitor) => visitor.enter()));
    expect(back).toEqual(closed.map((visitor) => homes[visitors.indexOf(visitor)]));
    expect((balancer.given.get(other) ?? 0) - before).toBe(closed.length);
  });
});
