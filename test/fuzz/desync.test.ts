// Answers belong to their requests, and requests stay whole, whatever clients pipeline and backends do: several clients at
// once, in random pieces, over shared connections to a backend that misbehaves. FUZZ_RUNS asks for more runs, FUZZ_SEED
// for those of a failure that was reported.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { backend, endpoint } from '../../src/decide/test-objects.ts';
import { cutBy } from '../support/cuts.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { FrameClient, requestList } from '../support/http2-client.ts';
import { turns, until, WireClient } from '../support/wire-client.ts';
import { openToAll } from '../wire/row-sites.ts';
import { head } from '../wire/rows.ts';
import { answerBody, bodyOf, type Plan, PLANS, UnrulyBackend } from './desync.ts';

const RUNS = Math.ceil(Number(process.env['FUZZ_RUNS'] ?? 1500) / 5);
const SEED = process.env['FUZZ_SEED'];
const TIMEOUT_MS = Math.max(60_000, RUNS * 300);

let unruly: UnrulyBackend;
let plane: TestPlane;

beforeAll(async () => {
  unruly = await UnrulyBackend.start();
  const endpoints = [endpoint('node', { address: '127.0.0.1', port: unruly.port })];
  plane = await TestPlane.start(configuration([openToAll('a')], [backend(endpoints)]), { https: true });
});
afterAll(async () => {
  await unruly.stop();
  await plane.close();
});

type Asking = {
  readonly method: string;
  readonly framing: 'none' | 'length' | 'chunked';
  readonly bodySize: number;
  readonly plan: Plan;
  /** Is refused, whatever comes behind it. */
  readonly isBad: boolean;
  readonly closes: boolean;
};

type Visitor = { readonly askings: readonly Asking[]; readonly lengths: readonly number[] };

const askings: fc.Arbitrary<Asking> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'HEAD', 'POST', 'PUT'),
  framing: fc.constantFrom('none', 'length', 'chunked'),
  bodySize: fc.constantFrom(0, 1, 30, 30, 700),
  plan: fc.constantFrom(...PLANS),
  isBad: fc.integer({ min: 0, max: 15 }).map((drawn) => drawn === 0),
  closes: fc.integer({ min: 0, max: 15 }).map((drawn) => drawn === 0),
});

const visitors: fc.Arbitrary<Visitor> = fc.record({
  askings: fc.array(askings, { minLength: 1, maxLength: 6 }),
  lengths: fc.oneof(
    fc.constant([100_000]),
    fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 5 }),
  ),
});

function contentOf({ framing, bodySize }: Asking, number: number): string {
  return framing === 'none'
    ? ''
    : `GET /evil-${number} HTTP/1.1\r\n\r\n`.padEnd(bodySize, 'x').slice(0, bodySize);
}

function bytesOf(asking: Asking, number: number): string {
  const { method, framing, isBad, closes } = asking;
  const body = contentOf(asking, number);
  const chunk = body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`;
  const framed = {
    none: { fields: [], bytes: '' },
    length: { fields: [`Content-Length: ${body.length}`], bytes: body },
    chunked: { fields: ['Transfer-Encoding: chunked'], bytes: `${chunk}0\r\n\r\n` },
  }[framing];
  const more = [...(isBad ? ['Bad : x'] : []), ...(closes ? ['Connection: close'] : [])];
  return (
    head(`${method} /${number} HTTP/1.1`, 'Host: a', `Number: ${number}`, ...framed.fields, ...more) +
    framed.bytes
  );
}

/** Sends all behind each other; returns everything that came back, once there is nothing to come any more. */
async function visit({ askings: all, lengths }: Visitor, first: number): Promise<string> {
  const client = await WireClient.connect(plane.httpPort);
  const bytes = Buffer.from(all.map((asking, at) => bytesOf(asking, first + at)).join(''), 'latin1');
  for (const piece of cutBy(bytes, lengths)) {
    if (client.ending !== undefined) break;
    client.send(piece);
    await turns(1);
  }
  client.socket.end();
  await client.ended();
  return client.text;
}

type Answer = { readonly status: number; readonly body: string; readonly rest: string };

/** One answer at the beginning of what came back; undefined where there is none, or not a whole one. */
function takeAnswer(text: string, isHead: boolean): Answer | undefined {
  const final = text.replace(/^HTTP\/1\.1 103 Early Hints\r\nLink: <\/\d+>\r\n\r\n/, '');
  const [head, status = ''] = /^HTTP\/1\.1 (\d{3}) [^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(final) ?? [];
  if (head === undefined) return undefined;
  const hasBody = !isHead && status !== '204' && status !== '304';
  const body = bodyOf(hasBody ? head : '', final.slice(head.length));
  if (body === undefined) return undefined;
  return { status: Number(status), body: body.content, rest: final.slice(head.length + body.length) };
}

/** Every answer is the one to the request in its place, or one of ours. */
function expectAnswers({ askings: all }: Visitor, first: number, text: string): void {
  let rest = text;
  for (const [at, asking] of all.entries()) {
    const isHead = asking.method === 'HEAD';
    // What is refused is answered as if nothing was known of it.
    const answer = takeAnswer(rest, isHead && !asking.isBad);
    if (answer === undefined) break;
    rest = answer.rest;
    if (asking.isBad) expect(answer.status).toBe(400);
    else if (answer.status === 200 && !isHead) expect(answer.body).toBe(answerBody(first + at));
    else expect([200, 204, 304, 502]).toContain(answer.status);
    if (asking.isBad || asking.closes) expect(rest).toBe('');
  }
  // An answer that breaks off, and nothing else.
  expect(rest.match(/HTTP\/1\.1 [2-5]/g)?.length ?? 0).toBeLessThan(2);
}

/** Every request that is whole came as it was sent, at most twice, and nothing else came. */
function expectArrivals(all: readonly Asking[]): void {
  expect(unruly.rubbish).toEqual([]);
  for (const { number, head: seen, body } of unruly.arrivals) {
    const asking = all[number];
    if (asking === undefined) throw new Error(`Request ${number} was never sent`);
    expect(asking.isBad).toBe(false);
    expect(seen.split(' ').slice(0, 2)).toEqual([asking.method, `/${number}`]);
    expect(body).toBe(contentOf(asking, number));
  }
  const counts = all.map((_, at) => unruly.arrivals.filter(({ number }) => number === at).length);
  expect(Math.max(0, ...counts)).toBeLessThan(3);
  // Row R9: only what may be repeated is.
  const twice = all.filter((_, at) => (counts[at] ?? 0) > 1);
  for (const asking of twice) {
    expect(['GET', 'HEAD', 'PUT']).toContain(asking.method);
    expect(contentOf(asking, 0)).toBe('');
  }
}

/** All as streams of one connection at once; each is judged as it ends. @returns what came back */
async function visitHttp2({ askings: all }: Visitor, first: number): Promise<string> {
  const client = await FrameClient.connect(plane.httpsPort);
  for (const [at, asking] of all.entries()) {
    const { method, framing } = asking;
    const fields = [['number', String(first + at)], ...(asking.isBad ? [['connection', 'x']] : [])] as [
      string,
      string,
    ][];
    const body = contentOf(asking, first + at);
    client.request(
      2 * at + 1,
      requestList(fields, method, `/${first + at}`),
      framing === 'none' ? undefined : body,
    );
  }
  for (const [at, asking] of all.entries()) {
    const { statuses, body, reset } = await client.settled(2 * at + 1);
    const status = statuses.at(-1);
    const isWhole = status === 200 && reset === undefined && asking.method !== 'HEAD';
    if (asking.isBad) expect([400, undefined]).toContain(status);
    else if (isWhole) expect(body.toString()).toBe(answerBody(first + at));
    else if (reset === undefined) expect([200, 204, 304, 502]).toContain(status);
  }
  client.destroy();
  return client.frames.map(({ payload }) => payload.toString('latin1')).join('');
}

async function visitHttp1(visitor: Visitor, first: number): Promise<string> {
  const text = await visit(visitor, first);
  expectAnswers(visitor, first, text);
  return text;
}

test.each([
  { protocol: 'HTTP/1', visitor: visitHttp1 },
  { protocol: 'HTTP/2', visitor: visitHttp2 },
])(
  'no answer and no request is mixed up with another, over $protocol',
  { timeout: TIMEOUT_MS },
  async ({ visitor }) => {
    let whole = 0;
    const property = fc.asyncProperty(fc.array(visitors, { minLength: 1, maxLength: 4 }), async (all) => {
      const flat = all.flatMap(({ askings: own }) => own);
      unruly.reset(flat.map(({ plan }) => plan));
      const firsts = all.map((_, at) => all.slice(0, at).flatMap(({ askings: own }) => own).length);
      const texts = await Promise.all(all.map((each, at) => visitor(each, firsts[at] ?? 0)));
      expect(texts.join('')).not.toContain('poison');
      expectArrivals(flat);
      whole += texts.join('').split('answer-to-').length - 1;
      await until(
        () => plane.load === 0,
        () => `the load ${plane.load} to go`,
      );
    });
    await fc.assert(property, { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) });
    expect(whole).toBeGreaterThan(RUNS);
  },
);
