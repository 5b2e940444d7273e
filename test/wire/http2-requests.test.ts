// Rows of HTTP/2 requests against the real data plane: N, and what H, L, F, A, B, X, Q and U say of this version.
// Each is delivered whole, a byte a record, its head cut at every offset into two frames, and with a canary behind it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { FrameClient, requestList } from '../support/http2-client.ts';
import { block, data, FLAG, FRAME, frame, headers } from '../support/http2-frames.ts';
import { ROW_SITES } from './row-sites.ts';
import { RowStage } from './row-stage.ts';
import type { ForwardedRequest } from './rows.ts';
import { http2Rows, type Http2Row } from './rows-http2.ts';

const MAX_FRAME_BYTES = 16_384;
const MAX_CUTS = 60;
/** Streams of one connection at a time. */
const STREAMS_AT_ONCE = 30;
const CANARY_UPSTREAM: ForwardedRequest = {
  line: 'GET /',
  fields: ['Host: a', 'canary: 1'],
  version: '2',
  scheme: 'https',
};

let stage: RowStage;
const clients: FrameClient[] = [];

beforeAll(async () => {
  stage = await RowStage.start(ROW_SITES, { https: true });
});
beforeEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  stage.recorder.forget();
});
afterAll(() => stage.end());

async function connect(): Promise<FrameClient> {
  const client = await FrameClient.connect(stage.plane.httpsPort);
  clients.push(client);
  return client;
}

/** HEADERS, and CONTINUATION where the block does not fit or is cut. */
function headFrames(stream: number, { list, body }: Http2Row, cutAt = MAX_FRAME_BYTES): Buffer {
  const whole = block(list);
  const frames: Buffer[] = [];
  for (let at = 0; at < whole.length; ) {
    const end = Math.min(whole.length, at + (at === 0 ? cutAt : MAX_FRAME_BYTES));
    const flags =
      (end === whole.length ? FLAG.endHeaders : 0) | (at === 0 && body === undefined ? FLAG.endStream : 0);
    frames.push(frame(at === 0 ? FRAME.headers : FRAME.continuation, flags, stream, whole.subarray(at, end)));
    at = end;
  }
  return Buffer.concat(frames);
}

function framesOf(stream: number, row: Http2Row, cutAt?: number): Buffer {
  const head = headFrames(stream, row, cutAt);
  return row.body === undefined ? head : Buffer.concat([head, data(stream, row.body, FLAG.endStream)]);
}

function portOf(request: ForwardedRequest): ForwardedRequest {
  return { port: stage.plane.httpsPort, ...request };
}

async function expectOutcome(row: Http2Row, client: FrameClient, streams: readonly number[]): Promise<void> {
  const { outcome } = row;
  for (const stream of streams) {
    const story = await client.settled(stream);
    switch (outcome.kind) {
      case 'answered':
        expect(story.statuses.at(-1)).toBe(outcome.status);
        expect(story.ended).toBe(true);
        break;
      case 'reset':
        expect([story.statuses, story.reset]).toEqual([[], outcome.code]);
        break;
      case 'forwarded':
        expect([story.statuses, story.ended]).toEqual([outcome.statuses, true]);
    }
  }
}

function upstreamOf({ outcome }: Http2Row): readonly ForwardedRequest[] {
  return outcome.kind === 'forwarded' ? [portOf(outcome.request)] : [];
}

/** The row on `cuts.length` streams of one connection. */
async function expectPlayed(row: Http2Row, cuts: readonly (number | undefined)[]): Promise<void> {
  const client = await connect();
  const streams = cuts.map((_, at) => 2 * at + 1);
  for (const [at, stream] of streams.entries()) client.send(framesOf(stream, row, cuts[at]));
  await expectOutcome(row, client, streams);
  expect(await client.isAlive()).toBe(true);
}

/** Places within the block, all of them where it is short. */
function cutsOf(row: Http2Row): readonly number[] {
  const length = Math.min(block(row.list).length, MAX_FRAME_BYTES);
  const step = Math.max(1, Math.ceil(length / MAX_CUTS));
  return Array.from({ length: Math.floor((length - 1) / step) }, (_, at) => 1 + at * step);
}

describe.each(http2Rows)('$name', (row) => {
  test('whole', async () => {
    await expectPlayed(row, [undefined]);
    stage.expectUpstream(upstreamOf(row), 1);
  });

  test('byte by byte', async () => {
    const client = await connect();
    const bytes = framesOf(1, row);
    const isLong = bytes.length > 1000;
    // Each write is a record of TLS, and so read by itself.
    for (let at = 0; at < bytes.length; at += isLong ? 701 : 1)
      client.send(bytes.subarray(at, at + (isLong ? 701 : 1)));
    await expectOutcome(row, client, [1]);
    stage.expectUpstream(upstreamOf(row), 1);
  });

  test('cut at every offset', async () => {
    const left = [...cutsOf(row)];
    const count = left.length;
    while (left.length > 0) await expectPlayed(row, left.splice(0, STREAMS_AT_ONCE));
    stage.expectUpstream(upstreamOf(row), count);
  });

  test('with a canary behind it', async () => {
    const client = await connect();
    client.send(framesOf(1, row), headers(3, requestList([['canary', '1']]), FLAG.endStream));
    await expectOutcome(row, client, [1]);
    const canary = await client.settled(3);
    expect(canary.statuses).toEqual([200]);
    stage.expectUpstream([...upstreamOf(row), portOf(CANARY_UPSTREAM)], 1);
  });
});
