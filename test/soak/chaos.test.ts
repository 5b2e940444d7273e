// Both ends of many connections do whatever comes to their minds, in any order and at any time: the data plane makes no
// mistake over it, and when they are gone nothing of them is left.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answer, type BackendConnection } from '../support/recording-backend.ts';
import { turns, until, type WireClient } from '../support/wire-client.ts';
import { get, post } from '../wire/rows.ts';
import { WireScene } from '../wire/scene.ts';
import { backendText, clientText, close, handshake, switching } from '../wire/tunnels.ts';

const RUNS = Number(process.env['CHAOS_RUNS'] ?? 60);
const IDLE_MS = 120_000;
const LARGE = Buffer.alloc(300_000, 'x');
const CHUNK = `1000\r\n${'y'.repeat(0x1000)}\r\n`;

let scene: WireScene;

beforeAll(async () => {
  const limits = { requestBodyMaxBytes: 1_000_000, webSocketIdleTimeoutMs: IDLE_MS };
  scene = await WireScene.start({ https: true, site: limits, backend: { responseTimeoutMs: 20_000 } });
});
// Here a mistake of the data plane is told.
afterAll(() => scene.end());

type Party = { readonly client: WireClient; readonly backend: () => BackendConnection | undefined };

/** What may happen next, whoever does it. */
const DEEDS: Readonly<Record<string, (party: Party) => void | Promise<void>>> = {
  'client asks': ({ client }) => say(client, get()),
  'client asks twice': ({ client }) => say(client, get() + get('X: y')),
  'client asks in part': ({ client }) => say(client, get().slice(0, 9)),
  'client uploads': ({ client }) => say(client, `${post('Content-Length: 5000')}${'x'.repeat(5000)}`),
  'client uploads in part': ({ client }) =>
    say(client, `${post('Content-Length: 90000')}${'x'.repeat(70_000)}`),
  'client begins chunks': ({ client }) => say(client, post('Transfer-Encoding: chunked') + CHUNK),
  'client sends a chunk': ({ client }) => say(client, CHUNK),
  'client ends chunks': ({ client }) => say(client, '0\r\n\r\n'),
  'client shakes hands': ({ client }) => say(client, handshake()),
  'client sends a frame': ({ client }) => say(client, clientText('hello')),
  'client sends much': ({ client }) => say(client, clientText(LARGE.toString('latin1'))),
  'client sends Close': ({ client }) => say(client, close(1000, 7)),
  'client talks nonsense': ({ client }) => say(client, '\0\xff nonsense\r\n\r\n'),
  'client ends': ({ client }) => void client.socket.end(),
  'client resets': ({ client }) => void client.raw.resetAndDestroy(),
  'client stops reading': ({ client }) => void client.socket.pause(),
  'client reads on': ({ client }) => void client.socket.resume(),
  'backend answers': ({ backend }) => backend()?.send(answer('ok')),
  'backend answers twice': ({ backend }) => backend()?.send(answer('ok') + answer('surplus')),
  'backend answers much': ({ backend }) =>
    backend()?.send(`HTTP/1.1 200 OK\r\nContent-Length: ${LARGE.length}\r\n\r\n${LARGE.toString('latin1')}`),
  'backend answers in part': ({ backend }) =>
    backend()?.send('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'),
  'backend answers in chunks': ({ backend }) =>
    backend()?.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNK}`),
  'backend ends chunks': ({ backend }) => backend()?.send('0\r\n\r\n'),
  'backend hints': ({ backend }) => backend()?.send('HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'),
  'backend refuses': ({ backend }) => backend()?.send('HTTP/1.1 403 No\r\nConnection: close\r\n\r\nno'),
  'backend shakes hands': ({ backend }) => backend()?.send(switching(backend()?.text ?? '')),
  'backend sends a frame': ({ backend }) => backend()?.send(backendText('hello')),
  'backend sends Close': ({ backend }) => backend()?.send(close(1001)),
  'backend talks nonsense': ({ backend }) => backend()?.send('nonsense\r\n\r\n'),
  'backend ends': ({ backend }) => void backend()?.socket.end(),
  'backend resets': ({ backend }) => void backend()?.socket.resetAndDestroy(),
  'backend stops reading': ({ backend }) => void backend()?.socket.pause(),
  'backend reads on': ({ backend }) => void backend()?.socket.resume(),
  'a second passes': () => scene.plane.advance(1_000),
  'half a minute passes': () => scene.plane.advance(30_000),
  'nothing happens': () => turns(5),
};

function say({ socket }: WireClient, bytes: string | Buffer): void {
  if (socket.writable) socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
}

type Life = { readonly isTls: boolean; readonly deeds: readonly string[] };

async function live({ isTls, deeds }: Life): Promise<void> {
  const client = isTls ? await scene.tlsClient('a') : await scene.client();
  const party = {
    client,
    backend: () => scene.backend.connections.findLast(({ ending }) => ending === undefined),
  };
  for (const deed of deeds) {
    await DEEDS[deed]?.(party);
    await turns(2);
  }
}

/** Chance alone would hardly open a WebSocket. */
const OPENINGS: readonly (readonly string[])[] = [
  [],
  ['client asks', 'nothing happens'],
  ['client uploads in part', 'nothing happens'],
  ['client begins chunks', 'nothing happens', 'backend answers in chunks'],
  ['client shakes hands', 'nothing happens'],
  ['client shakes hands', 'nothing happens', 'backend shakes hands'],
];

const life: fc.Arbitrary<Life> = fc
  .tuple(
    fc.boolean(),
    fc.constantFrom(...OPENINGS),
    fc.array(fc.constantFrom(...Object.keys(DEEDS)), { minLength: 2, maxLength: 12 }),
  )
  .map(([isTls, opening, others]) => ({ isTls, deeds: [...opening, ...others] }));

test('nothing is left of anybody', { timeout: 20_000 + RUNS * 500 }, async () => {
  const property = fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
    // What a client says is for no script to answer: the deeds do.
    scene.backend.script = () => undefined;
    scene.backend.intercept = (connection, chunk) => {
      connection.isTunnel = true;
      connection.take(chunk, () => undefined);
    };
    await Promise.all(lives.map(live));
    await scene.reset();
    // Every deadline there is, one after the other: body, answer, keep-alive, idle WebSocket, slow reader.
    for (let round = 0; round < 4; round++) await scene.plane.advance(IDLE_MS);
    await until(
      () => scene.plane.load === 0 && scene.plane.metric('connections') === 0,
      () => `the end; load ${scene.plane.load}, ${scene.plane.metric('connections')} connections`,
    );
    expect(scene.plane.metric('websocket_connections')).toBe(0);
    expect(scene.plane.bugs).toEqual([]);
  });
  await fc.assert(property, { numRuns: RUNS, endOnFailure: true });
  // Among all that there were WebSockets, too.
  expect(scene.plane.metric('websocket_opened_total')).toBeGreaterThan(0);
});
