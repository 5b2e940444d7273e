// Many clients that are slow on purpose (rows Q2 to Q4), on a clock that the test moves: each is cut off at its deadline,
// somebody else is served all the while, and what they cost is given back.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HonestClient } from '../support/honest-client.ts';
import { hasKernelQueues, untilStalled } from '../support/kernel-queues.ts';
import { heldBytes } from '../support/memory.ts';
import { splitAnswers } from '../support/messages.ts';
import { answer, always, type Script } from '../support/recording-backend.ts';
import { turns, until, type WireClient } from '../support/wire-client.ts';
import { get, post } from './rows.ts';
import { WireScene } from './scene.ts';
import { acceptAll, handshake } from './tunnels.ts';

const MEBIBYTE = 1024 * 1024;
const MANY = 300;
const SECOND_MS = 1_000;
const IDLE_MS = 120_000;
/** What a connection of these costs here: both ends of it, and of the one to the backend, with all that was said. */
const BYTES_EACH = 64 * 1024;
/** What comes and goes with the time of a test run. */
const BYTES_LEFT = 1.5 * MEBIBYTE;

let scene: WireScene;
let honest: HonestClient;

beforeAll(async () => {
  scene = await WireScene.start({
    https: true,
    site: { requestBodyMaxBytes: 100 * MEBIBYTE, webSocketIdleTimeoutMs: IDLE_MS },
  });
  // Everything that is made once is there before the first measurement.
  await serve(get('X-Warm: up'), 20);
});
beforeEach(async () => {
  await scene.reset();
  honest = new HonestClient(() => scene.client(), get('X-Honest: yes'));
});
afterEach(() => honest.end());
afterAll(() => scene.end());

async function serve(request: string, count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    const client = await scene.client();
    client.send(request);
    await client.until((text) => text.endsWith('ok'));
    client.destroy();
  }
}

/** Honest requests get their page whatever the others are given. */
function besides(script: Script): Script {
  const page = always(answer('ok'));
  return (connection, request, at) =>
    (request.head.includes('X-Honest') ? page : script)(connection, request, at);
}

type Attack = {
  readonly name: string;
  /** What each says when it comes. */
  readonly first: string;
  /** What each says every second. */
  readonly drip?: (second: number) => string;
  readonly script?: Script;
  /** What each has heard before time begins. */
  readonly hears?: string;
  readonly endsAfterMs: number;
  /** Answers of each in the end. */
  readonly statuses: readonly number[];
};

const HEAD = get('X-Slow: yes', 'X-Padding: many bytes to come, each in a second of its own');
const ATTACKS: readonly Attack[] = [
  { name: 'that never send', first: '', endsAfterMs: 10_000, statuses: [] },
  { name: 'that stop in their head', first: HEAD.slice(0, 30), endsAfterMs: 10_000, statuses: [408] },
  {
    name: 'that send a byte of their head a second',
    first: 'G',
    drip: (second) => HEAD.charAt(second),
    endsAfterMs: 10_000,
    statuses: [408],
  },
  {
    name: 'that send a byte of their body a second',
    first: `${post('Content-Length: 100000')}x`,
    drip: () => 'x',
    endsAfterMs: 31_000,
    statuses: [408],
  },
  {
    name: 'that send a chunk of a byte a second',
    first: `${post('Transfer-Encoding: chunked')}1\r\nx\r\n`,
    drip: () => '1\r\nx\r\n',
    endsAfterMs: 31_000,
    statuses: [408],
  },
  {
    name: 'that stop in their body',
    first: `${post('Content-Length: 100000')}${'x'.repeat(40_000)}`,
    endsAfterMs: 60_000,
    statuses: [408],
  },
  {
    name: 'that keep a connection they do not use',
    first: get(),
    hears: 'ok',
    endsAfterMs: 75_000,
    statuses: [200],
  },
  {
    name: 'that open a WebSocket and say nothing',
    first: handshake(),
    hears: '\r\n\r\n',
    script: acceptAll(),
    endsAfterMs: IDLE_MS,
    statuses: [101],
  },
];

function statuses({ bytes }: WireClient): readonly number[] {
  return splitAnswers(bytes).statuses;
}

async function begin({ first, script = () => undefined, hears }: Attack): Promise<WireClient[]> {
  scene.backend.script = besides(hears === undefined || hears === '\r\n\r\n' ? script : always(answer('ok')));
  const clients: WireClient[] = [];
  for (let at = 0; at < MANY; at++) clients.push(await scene.client());
  for (const client of clients) client.send(first);
  if (hears !== undefined)
    await Promise.all(clients.map((client) => client.until((text) => text.endsWith(hears))));
  return clients;
}

function ended(clients: readonly WireClient[]): number {
  return clients.filter(({ ending }) => ending !== undefined).length;
}

describe(`${MANY} clients`, () => {
  test.each(ATTACKS)('$name', { timeout: 60_000 }, async (attack) => {
    await honest.ask();
    const before = heldBytes();
    const clients = await begin(attack);
    for (let second = 1; second * SECOND_MS < attack.endsAfterMs; second++) {
      for (const client of clients) if (attack.drip !== undefined) client.send(attack.drip(second));
      await turns(2);
      await scene.plane.advance(SECOND_MS);
      if (second % 5 === 1) await honest.ask();
    }
    // Up to a second before their time all are there, since the clock stands still while they come.
    expect(ended(clients)).toBe(0);
    expect(heldBytes() - before).toBeLessThan(MANY * BYTES_EACH);
    await scene.plane.advance(2 * SECOND_MS);
    // An average is judged when something comes.
    for (const client of clients) if (attack.drip !== undefined) client.send(attack.drip(0));
    await until(
      () => ended(clients) === MANY,
      () => `the end of ${MANY - ended(clients)} clients`,
    );
    await honest.ask();
    expect(new Set(clients.map((client) => String(statuses(client))))).toEqual(
      new Set([String(attack.statuses)]),
    );
    for (const client of clients.splice(0)) client.destroy();
    honest.end();
    await scene.reset();
    await until(
      () => scene.plane.metric('connections') === 0,
      () => `the end of ${scene.plane.metric('connections')} connections`,
    );
    // The deadlines of what was closed have to pass too.
    await scene.plane.advance(10 * SECOND_MS);
    expect(heldBytes() - before).toBeLessThan(BYTES_LEFT);
  });
});

test(`${MANY} clients that never say hello in TLS`, async () => {
  await honest.ask();
  const before = heldBytes();
  const sockets = Array.from({ length: MANY }, () => connect(scene.plane.httpsPort, '127.0.0.1'));
  const gone = new Set<Socket>();
  for (const socket of sockets) socket.on('close', () => gone.add(socket)).on('error', () => undefined);
  await until(
    () => sockets.every(({ connecting }) => !connecting),
    () => 'all to be connected',
  );
  // One is accepted a turn.
  await turns(2 * MANY);
  for (let second = 0; second < 9; second++) {
    await scene.plane.advance(SECOND_MS);
    if (second % 3 === 0) await honest.ask();
  }
  expect([gone.size, scene.plane.metric('connections')]).toEqual([0, 1]);
  await scene.plane.advance(2 * SECOND_MS);
  await until(
    () => gone.size === MANY,
    () => `the end of ${MANY - gone.size} handshakes`,
  );
  await honest.ask();
  sockets.length = 0;
  gone.clear();
  expect(heldBytes() - before).toBeLessThan(BYTES_LEFT);
});

describe('clients that do not read their answers', () => {
  const READERS = 6;
  const PIECE = Buffer.alloc(64 * 1024, 'x');
  /** More than the kernel takes for two connections. */
  const PIECES = 500;

  /** As fast as it is taken, so that what waits does not wait here. */
  async function pour(socket: Socket): Promise<void> {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${PIECES * PIECE.length}\r\n\r\n`);
    for (let at = 0; at < PIECES && !socket.destroyed; at++) {
      if (!socket.write(PIECE)) await once(socket, 'drain').catch(() => undefined);
    }
  }

  test.for(['http', 'https'] as const)(
    'over %s: reset after 60 seconds',
    { timeout: 60_000 },
    async (listener, context) => {
      const backends: Socket[] = [];
      scene.backend.script = besides(({ socket }) => {
        backends.push(socket);
        void pour(socket);
      });
      const clients: WireClient[] = [];
      for (let at = 0; at < READERS; at++) {
        const client = listener === 'http' ? await scene.client() : await scene.tlsClient('a');
        clients.push(client);
        client.socket.pause();
        client.send(get());
        await until(
          () => backends.length === at + 1,
          () => 'the request at the backend',
        );
      }
      const held = await Promise.all(
        backends.map((from, at) => untilStalled(from, clients[at]?.raw ?? from)),
      );
      for (let second = 0; second < 58; second++) {
        await scene.plane.advance(SECOND_MS);
        if (second % 10 === 0) await honest.ask();
      }
      expect(backends.filter(({ destroyed }) => destroyed)).toEqual([]);
      await scene.plane.advance(4 * SECOND_MS);
      await until(
        () => backends.every(({ destroyed }) => destroyed),
        () => 'the end of the backend connections',
      );
      for (const client of clients) client.socket.resume();
      expect(await Promise.all(clients.map((client) => client.ended()))).toEqual(clients.map(() => 'reset'));
      await honest.ask();
      const reasons = scene.plane.records.filter(({ reason }) => reason === 'slow-reader');
      expect(reasons).toHaveLength(READERS);
      if (!hasKernelQueues()) context.skip('what the kernel holds is known on Linux only');
      expect(Math.max(...held)).toBeLessThanOrEqual(256 * 1024);
    },
  );
});
