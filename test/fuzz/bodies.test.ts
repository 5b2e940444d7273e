// Bodies of any framing, both ways, in random pieces with random pauses, through a running data plane: equal to the byte,
// one exchange after another on the same connections. FUZZ_RUNS asks for more runs, FUZZ_SEED for those of a failure.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cutBy } from '../support/cuts.ts';
import { splitAnswers } from '../support/messages.ts';
import type { BackendConnection } from '../support/recording-backend.ts';
import { turns, until, type WireClient } from '../support/wire-client.ts';
import { head } from '../wire/rows.ts';
import { WireScene } from '../wire/scene.ts';

const RUNS = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 1500) / 25);
const SEED = process.env['FUZZ_SEED'];
const TIMEOUT_MS = Math.max(60_000, RUNS * 1000);
const MAX_BODY_BYTES = 150_000;

let scene: WireScene;

beforeAll(async () => {
  scene = await WireScene.start({ https: true, site: { requestBodyMaxBytes: MAX_BODY_BYTES * 2 } });
});
afterAll(() => scene.end());

/** How bytes leave: in pieces of these lengths, with so many turns of the event loop before each. */
type Pace = { readonly lengths: readonly number[]; readonly pauses: readonly number[] };

type Body = {
  readonly framing: 'length' | 'chunked';
  readonly size: number;
  readonly seed: number;
  readonly chunkLengths: readonly number[];
  /** In the first chunks and in the last one; there is a limit to them all. */
  readonly extension: string;
  readonly trailer: string;
  readonly pace: Pace;
};

type Exchange = {
  readonly request: Body;
  readonly response: Body;
  /** How long the client looks away while the answer comes. */
  readonly readPause: number;
};

const sizes = fc.oneof(
  { weight: 2, arbitrary: fc.nat({ max: 300 }) },
  { weight: 2, arbitrary: fc.integer({ min: 4000, max: 20_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 60_000, max: MAX_BODY_BYTES }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 4096, 4097, 16_384, 65_535, 65_536, 65_537) },
);

const pieceLengths = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 5 }),
  fc.array(fc.integer({ min: 1000, max: 70_000 }), { minLength: 1, maxLength: 5 }),
);

const paces: fc.Arbitrary<Pace> = fc.record({
  lengths: fc.array(fc.integer({ min: 300, max: 70_000 }), { minLength: 1, maxLength: 6 }),
  pauses: fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 6 }),
});

const bodies: fc.Arbitrary<Body> = fc.record({
  framing: fc.constantFrom('length', 'chunked'),
  size: sizes,
  seed: fc.nat({ max: 250 }),
  chunkLengths: pieceLengths,
  extension: fc.constantFrom('', '', ';a', ';a="b;c"'),
  trailer: fc.constantFrom('', '', 'X: y\r\n'),
  pace: paces,
});

const exchanges: fc.Arbitrary<Exchange> = fc.record({
  request: bodies,
  response: bodies,
  readPause: fc.constantFrom(0, 0, 0, 20),
});

/** Bytes of all kinds that no other body repeats at the same places. */
function contentOf({ size, seed }: Body): Buffer {
  return Buffer.from(Array.from({ length: size }, (_, at) => (at * (seed + 7) + (at >> 8) + seed) & 0xff));
}

/** Fields and body of a message. */
function bytesOf(firstLines: readonly string[], body: Body): Buffer {
  const { framing } = body;
  const content = contentOf(body);
  const field = framing === 'length' ? `Content-Length: ${content.length}` : 'Transfer-Encoding: chunked';
  const bytes = framing === 'length' ? content : chunksOf(body, content);
  return Buffer.concat([Buffer.from(head(...firstLines, field)), bytes]);
}

function chunksOf({ chunkLengths, extension, trailer }: Body, content: Buffer): Buffer {
  // Small chunks of a large body would be all that a test does.
  const least = content.length > 20_000 ? 1000 : 0;
  const parts = cutBy(
    content,
    chunkLengths.map((length) => length + least),
  );
  const chunks = parts.flatMap((part, at) => [
    Buffer.from(`${part.length.toString(16)}${at < 100 ? extension : ''}\r\n`),
    part,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from(`0${extension}\r\n${trailer}\r\n`)]);
}

async function sendAt(pace: Pace, bytes: Buffer, send: (piece: Buffer) => void): Promise<void> {
  for (const [at, piece] of cutBy(bytes, pace.lengths).entries()) {
    await turns(pace.pauses[at % pace.pauses.length] ?? 0);
    send(piece);
  }
}

/** Each exchange is told apart by its number. */
function answerAll(all: readonly Exchange[]): void {
  scene.backend.script = (connection: BackendConnection, { head: asked }) => {
    const exchange = all[Number(/^Number: (\d+)$/m.exec(asked)?.[1])];
    if (exchange === undefined) throw new Error(`Nobody asked ${asked}`);
    const bytes = bytesOf(['HTTP/1.1 200 OK'], exchange.response);
    void sendAt(exchange.response.pace, bytes, (piece) => connection.send(piece));
  };
}

async function play(client: WireClient, exchange: Exchange, number: number): Promise<Buffer> {
  const before = splitAnswers(client.bytes).messages.length;
  const bytes = bytesOf(['POST / HTTP/1.1', 'Host: a', `Number: ${number}`], exchange.request);
  await sendAt(exchange.request.pace, bytes, (piece) => client.send(piece));
  if (exchange.readPause > 0) {
    client.socket.pause();
    await turns(exchange.readPause);
    client.socket.resume();
  }
  let body: Buffer | undefined;
  await until(
    () => {
      body = splitAnswers(client.bytes).messages[before]?.body;
      return body !== undefined || client.ending !== undefined;
    },
    () => `answer ${number}; the backend has ${scene.backend.requests.length} requests`,
  );
  return body ?? Buffer.from(`The connection ended (${client.ending})`);
}

test.each(['http', 'https'] as const)(
  'arrive as they were sent, over %s',
  { timeout: TIMEOUT_MS },
  async (listener) => {
    const property = fc.asyncProperty(fc.array(exchanges, { minLength: 1, maxLength: 3 }), async (all) => {
      await scene.reset();
      answerAll(all);
      const client = await (listener === 'http' ? scene.client() : scene.tlsClient('a'));
      const answers: Buffer[] = [];
      for (const [number, exchange] of all.entries()) answers.push(await play(client, exchange, number));
      client.destroy();
      expect(scene.backend.errors).toEqual([]);
      const arrived = scene.backend.requests.map(({ body }) => body);
      all.forEach(({ request, response }, at) => {
        expect(arrived[at]?.equals(contentOf(request)), `request ${at}`).toBe(true);
        expect(answers[at]?.equals(contentOf(response)), `response ${at}`).toBe(true);
      });
      expect(arrived).toHaveLength(all.length);
    });
    await fc.assert(property, { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) });
  },
);
