// Backends that die, freeze or say nothing in the middle of many exchanges: their clients hear of it and are never told that
// half is whole, everybody else is served all the while, and nothing stays counted.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { HonestLoop } from '../support/honest-loop.ts';
import { hostOf, site } from '../support/manifest-builders.ts';
import { type MortalBackend, startMortalBackend } from '../support/mortal-backend.ts';
import { always, answer } from '../support/raw-backend.ts';
import { type Ending, HANDSHAKE, RawConnection, requestText } from '../support/raw-client.ts';
import { Scene } from '../support/scene.ts';

const EACH = 10;
const FRAMES = '\x81\x05hello\x81\x0ahalf';

const scene = new Scene();
let controller: ControllerProcess;
let mortal: MortalBackend;
let honest: HonestLoop;
let round = 0;
let name = '';
let host = '';

beforeAll(async () => {
  const page = await scene.backend('page', always(answer('page')));
  controller = await scene.controller({ objects: site('page', [page.place]) });
});
beforeEach(async () => {
  mortal = await startMortalBackend('mortal');
  scene.add(mortal);
  // A name of its own for each test: endpoints that failed before are none of its business.
  name = `mortal-${round++}`;
  host = hostOf(name);
  await controller.apply(`${name}.yaml`, ...site(name, [mortal.place]));
  honest = HonestLoop.start(async () => {
    const reply = await controller.get(hostOf('page'), '/');
    expect([reply.status, reply.body.toString()]).toEqual([200, 'page']);
  });
});
afterEach(async () => {
  const { served } = await honest.stop();
  expect(served).toBeGreaterThan(0);
  await mortal.kill();
  await controller.expectMetrics((metrics) => {
    for (const gauge of ['endpoint_inflight', 'endpoint_websockets', 'websocket_connections'])
      expect([gauge, metrics.sum(gauge)]).toEqual([gauge, 0]);
    expect(metrics.sum('connections')).toBe(0);
    expect(metrics.sum('worker_restarts_total')).toBe(0);
  });
});
afterAll(() => scene.end());

type Moment = {
  readonly name: string;
  readonly bytes: string;
  /** What each client has when the backend is killed. */
  readonly has: string;
  /** What it may have in the end, and how its connection ends; absent: it may stay. */
  readonly received: RegExp;
  readonly endings: readonly (Ending | undefined)[];
};

function moments(): readonly Moment[] {
  const get = (path: string) => requestText(`GET ${path}`, host);
  return [
    {
      name: 'before an answer',
      bytes: get('/silent'),
      has: '',
      received: /^HTTP\/1\.1 502 /,
      endings: [undefined],
    },
    {
      name: 'in an upload',
      bytes: `${requestText('POST /silent', host, { 'Content-Length': '1000' })}half`,
      has: '',
      received: /^HTTP\/1\.1 502 /,
      endings: ['fin'],
    },
    {
      name: 'in a body of a length',
      bytes: get('/length'),
      has: 'half',
      received: /\r\n\r\nhalf$/,
      endings: ['reset'],
    },
    {
      name: 'in a body of chunks',
      bytes: get('/chunked'),
      has: 'half\r\n',
      received: /\r\n\r\n4\r\nhalf\r\n$/,
      endings: ['reset'],
    },
    {
      // The kernel ends the connection in good order: nobody can tell this from the end of the body.
      name: 'in a body that the end of the connection ends',
      bytes: get('/closing'),
      has: 'half\r\n',
      received: /\r\n\r\n4\r\nhalf\r\n(0\r\n\r\n)?$/,
      endings: [undefined, 'reset'],
    },
    {
      name: 'in a frame of a WebSocket',
      bytes: requestText('GET /ws', host, HANDSHAKE),
      has: FRAMES,
      received: new RegExp(`\r\n\r\n${FRAMES}$`),
      endings: ['fin', 'reset'],
    },
  ];
}

test('killed in the middle of everything', async () => {
  const parties = moments().map((moment) => ({
    moment,
    clients: Array.from({ length: EACH }, () => new RawConnection(controller.raw()).send(moment.bytes)),
  }));
  for (const { moment, clients } of parties) {
    if (moment.has !== '')
      await Promise.all(clients.map((client) => client.until((text) => text.endsWith(moment.has))));
  }
  await controller.expectMetrics((metrics) => {
    expect(metrics.sum('endpoint_websockets')).toBe(EACH);
    expect(metrics.sum('endpoint_inflight', { endpoint: 'mortal' })).toBe((parties.length - 1) * EACH);
  });
  await mortal.kill();
  await eventually(() => {
    for (const { moment, clients } of parties) {
      for (const { received, ending } of clients) {
        expect([moment.name, received]).toEqual([moment.name, expect.stringMatching(moment.received)]);
        expect(moment.endings).toContain(ending);
      }
    }
  });
  for (const { clients } of parties) for (const { socket } of clients) socket.destroy();
  await controller.logged({ msg: 'websocket closed', reason: 'backend-lost' });
});

test('killed beside another one: from then on that one serves', async () => {
  const spare = await scene.backend('spare', always(answer('spare')));
  const places = [mortal.place, spare.place];
  await controller.apply(`${name}.yaml`, ...site(name, places, { sessionPersistence: { type: 'None' } }));
  const seen = new Set<string>();
  await eventually(async () => {
    seen.add((await controller.get(host, '/')).body.toString());
    expect(seen).toEqual(new Set(['mortal', 'spare']));
  });
  await mortal.kill();
  for (let at = 0; at < 30; at++) {
    const reply = await controller.get(host, '/');
    expect([reply.status, reply.body.toString()]).toEqual([200, 'spare']);
  }
});

describe('that never answers', () => {
  beforeEach(async () => {
    const parts = { backend: { timeouts: { response: '1s' } } };
    await controller.apply(`${name}.yaml`, ...site(name, [mortal.place], parts));
  });

  const asks: readonly (readonly [name: string, bytes: () => string])[] = [
    ['a request', () => requestText('GET /silent', host)],
    ['a handshake', () => requestText('GET /silent', host, HANDSHAKE)],
  ];

  test.each(asks)('%s: 504 after the time its policy gives, for all of many', async (_, bytes) => {
    const clients = Array.from({ length: 3 * EACH }, () => new RawConnection(controller.raw()).send(bytes()));
    const heads = await Promise.all(
      clients.map((client) => client.until((text) => text.includes('\r\n\r\n'))),
    );
    expect(new Set(heads.map((head) => head.slice(0, 13)))).toEqual(new Set(['HTTP/1.1 504 ']));
    for (const { socket } of clients) socket.destroy();
  });

  test('since it is frozen: 504 too, and it serves again when it goes on', async () => {
    // It has a second for each answer, and a busy machine may need longer.
    await eventually(async () => expect((await controller.get(host, '/')).status).toBe(200));
    mortal.freeze();
    const replies = await Promise.all(Array.from({ length: 3 * EACH }, () => controller.get(host, '/')));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([504]));
    mortal.thaw();
    await eventually(async () => expect((await controller.get(host, '/')).body.toString()).toBe('mortal'));
  });
});
