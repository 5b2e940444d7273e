// Another answer than 101 to a WebSocket handshake (row U7): it stays HTTP, is relayed by its own framing, and both
// connections end. And the bytes around a 101 (row U10), however they are cut into segments.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { allCuts, singleBytes } from '../support/cuts.ts';
import { splitAnswers } from '../support/messages.ts';
import type { BackendConnection } from '../support/recording-backend.ts';
import { turns, type WireClient } from '../support/wire-client.ts';
import { WireScene } from './scene.ts';
import { handshake, switching } from './tunnels.ts';

const LARGE = Array.from({ length: 300_000 }, (_, at) => String.fromCharCode(32 + ((at * 7) % 90))).join('');

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({ https: true });
});
beforeEach(() => scene.reset());
afterAll(() => scene.end());

type Answer = {
  readonly name: string;
  /** Behind the status line. */
  readonly bytes: string;
  /** The backend's end belongs to the answer. */
  readonly ends?: 'fin' | 'reset';
  readonly body: string;
  readonly framing: RegExp;
};

const CHUNKED = /^Transfer-Encoding: chunked$/m;

function ofLength(name: string, body: string): Answer {
  const bytes = `Content-Length: ${body.length}\r\n\r\n${body}`;
  return { name, bytes, body, framing: new RegExp(`^Content-Length: ${body.length}$`, 'm') };
}

const WHOLE: readonly Answer[] = [
  ofLength('of a length', 'page'),
  ofLength('without a body', ''),
  ofLength('of 300 KB', LARGE),
  {
    name: 'of chunks',
    bytes: 'Transfer-Encoding: chunked\r\n\r\n2\r\npa\r\n2;x=y\r\nge\r\n0\r\nTrailer: dropped\r\n\r\n',
    body: 'page',
    framing: CHUNKED,
  },
  { name: 'that ends with its connection', bytes: '\r\npage', ends: 'fin', body: 'page', framing: CHUNKED },
];

const STATUSES = ['200 OK', '302 Found', '403 Forbidden', '426 Upgrade Required', '503 Service Unavailable'];
const WAYS = ['http', 'https'] as const;
const EXTRA = 'Upgrade: websocket\r\nConnection: Upgrade\r\nLocation: /login\r\n';

function connect(way: (typeof WAYS)[number]): Promise<WireClient> {
  return way === 'http' ? scene.client() : scene.tlsClient('a');
}

function say(connection: BackendConnection, bytes: string, ends: Answer['ends']): void {
  if (ends === 'fin') connection.socket.end(bytes, 'latin1');
  else if (ends === 'reset')
    connection.socket.write(bytes, 'latin1', () => connection.socket.resetAndDestroy());
  else connection.send(bytes);
}

describe.each(WAYS)('U7 over %s', (way) => {
  describe.each(STATUSES)('%s', (status) => {
    test.each(WHOLE)('$name', async ({ bytes, ends, body, framing }) => {
      scene.backend.script = (connection) => say(connection, `HTTP/1.1 ${status}\r\n${EXTRA}${bytes}`, ends);
      const client = await connect(way);
      client.send(handshake());
      expect(await client.ended()).toBe('fin');
      const { messages, statuses, rest } = splitAnswers(client.bytes);
      expect([statuses, rest]).toEqual([[Number.parseInt(status, 10)], '']);
      expect(messages[0]?.body.toString('latin1')).toBe(body);
      expect(messages[0]?.head).toMatch(framing);
      expect(messages[0]?.head).toMatch(/^Connection: close$/m);
      expect(messages[0]?.head).toMatch(/^Location: \/login$/m);
      expect(messages[0]?.head).not.toMatch(/^(Upgrade|Trailer):/m);
      await scene.upstreamEnd();
      await scene.idle();
      expect(scene.plane.records.map(({ event }) => event)).not.toContain('websocket-opened');
    });
  });

  test('whatever comes behind the answer is not passed on, and no tunnel opens', async () => {
    const surplus = '\x81\x05helloHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
    scene.backend.script = (connection) =>
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\npage${surplus}`);
    const client = await connect(way);
    client.send(handshake());
    await client.ended();
    expect(client.text.endsWith('\r\n\r\npage')).toBe(true);
    await scene.upstreamEnd();
  });

  const BROKEN = [
    { name: 'of a length', bytes: 'Content-Length: 10\r\n\r\npage' },
    { name: 'of chunks', bytes: 'Transfer-Encoding: chunked\r\n\r\n4\r\npage\r\n' },
  ];
  test.each(BROKEN)('a body $name that breaks off is not made whole', async ({ bytes }) => {
    for (const ends of ['fin', 'reset'] as const) {
      scene.backend.script = (connection) => say(connection, `HTTP/1.1 200 OK\r\n${bytes}`, ends);
      const client = await connect(way);
      client.send(handshake());
      await client.ended();
      // A reset may overtake the answer.
      const { statuses, messages } = splitAnswers(client.bytes);
      expect([[], [502]]).toContainEqual(statuses);
      expect(messages.map(({ body }) => body.toString())).not.toContain('page');
    }
  });

  test('an answer byte by byte is the same answer', async () => {
    scene.backend.script = (connection) =>
      void sendPieces(connection, singleBytes(Buffer.from('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno')));
    const client = await connect(way);
    client.send(handshake());
    await client.ended();
    expect(splitAnswers(client.bytes)).toMatchObject({ statuses: [403], rest: '' });
  });

  test('U10 a 101 and the frames behind it come in order, wherever they are cut', async () => {
    const frames = '\x81\x05hello\x89\x00\x82\x01x';
    const template = Buffer.from(switching('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==') + frames, 'latin1');
    for (const pieces of allCuts(template)) {
      scene.backend.script = (connection) => void sendPieces(connection, pieces);
      const client = await connect(way);
      client.send(handshake());
      const text = await client.until((received) => received.endsWith('\x82\x01x'));
      expect(text.slice(text.indexOf('\r\n\r\n') + 4)).toBe(frames);
      client.destroy();
    }
  });
});

async function sendPieces(connection: BackendConnection, pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    connection.send(piece);
    await turns(2);
  }
}
