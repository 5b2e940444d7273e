// Rows of requests against the real data plane, each in four deliveries: the bytes a backend receives are the oracle.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admission, backend, endpoint, openSite, site } from '../../src/decide/test-objects.ts';
import { configuration, REQUEST_ID, TestPlane } from '../support/data-plane.ts';
import { type Answers, splitAnswers } from '../support/messages.ts';
import { always, answer, RecordingBackend } from '../support/recording-backend.ts';
import { turns, until, WireClient } from '../support/wire-client.ts';
import { bodyRows } from './rows-request-body.ts';
import { headRows } from './rows-request.ts';
import { type ForwardedRequest, get, type RequestRow } from './rows.ts';

const CANARY = get('Canary: 1');
/** Offsets beyond these are sampled. */
const EVERY_OFFSET_BYTES = 400;
const SINGLE_BYTES = 600;
const CONNECTIONS_AT_ONCE = 40;

let recorder: RecordingBackend;
let plane: TestPlane;

beforeAll(async () => {
  recorder = await RecordingBackend.start();
  const persistence = { ...openSite().persistence, type: 'None' } as const;
  const secret = admission([], { defaultAction: 'Allow', secretHeaders: ['x-secret'] });
  plane = await TestPlane.start(
    configuration(
      [site('a', openSite({ persistence })), site('s', openSite({ persistence, admission: secret }))],
      [backend([endpoint('node', { address: '127.0.0.1', port: recorder.port })])],
    ),
  );
});

beforeEach(() => {
  recorder.forget();
  // HEAD and its like have no body; an answer without one serves all methods alike.
  recorder.script = always(answer(''));
});

afterAll(async () => {
  await recorder.stop();
  await plane.close();
});

type Expectation = { readonly answers: number; readonly closes: boolean; readonly isHead: boolean };

function isAnswered({ statuses, rest }: Answers, answers: number): boolean {
  return statuses.length >= answers && rest === '';
}

/** Sends pieces on a connection of their own; returns what came back once it has ended or nothing more is to come. */
async function exchange(pieces: readonly Buffer[], expected: Expectation): Promise<Buffer> {
  const client = await WireClient.connect(plane.httpPort);
  await client.sendPieces(pieces);
  if (!expected.closes) {
    await client.until((text) =>
      isAnswered(splitAnswers(Buffer.from(text, 'latin1'), expected.isHead), expected.answers),
    );
    await turns();
    client.socket.end();
  }
  expect(await client.ended()).toBe('fin');
  return client.bytes;
}

function upstreamHead({ line, fields, framing, host = 'a', version = '1.1' }: ForwardedRequest): string {
  const ours = ['X-Forwarded-For: 127.0.0.1', 'X-Real-IP: 127.0.0.1', 'X-Forwarded-Proto: http'];
  const more = [
    `X-Forwarded-Host: ${host}`,
    `X-Forwarded-Port: ${plane.httpPort}`,
    `X-Request-ID: ${REQUEST_ID}`,
    `Via: ${version} mattermost-ingress`,
  ];
  return [`${line} HTTP/1.1`, ...fields, ...ours, ...more, ...(framing === undefined ? [] : [framing])].join(
    '\r\n',
  );
}

const CANARY_UPSTREAM: ForwardedRequest = { line: 'GET /', fields: ['Host: a', 'Canary: 1'] };

/** What the backend must have received from `connections` connections that each sent these requests. */
function expectUpstream(requests: readonly ForwardedRequest[], connections: number): void {
  expect(recorder.errors).toEqual([]);
  const wanted = requests.map((request) => ({ head: upstreamHead(request), body: request.body ?? '' }));
  const seen = recorder.requests.map(({ head, body }) => ({ head, body: body.toString('latin1') }));
  const sorted = (list: readonly object[]) => list.map((each) => JSON.stringify(each)).sort();
  expect(sorted(seen)).toEqual(sorted(Array.from({ length: connections }, () => wanted).flat()));
  if (connections === 1) expect(seen).toEqual(wanted);
  expect(recorder.connections.map(({ rest }) => rest).join('')).toBe('');
}

function expectRefusal(answers: Answers, status: number): void {
  expect(answers.rest).toBe('');
  expect(answers.statuses).toEqual([status]);
  expect(answers.messages[0]?.head).toMatch(/^Connection: close$/m);
}

/** Judges what came back on some connections, and what reached the backend from all of them together. */
async function expectOutcome(row: RequestRow, received: readonly Buffer[], canary: boolean): Promise<void> {
  const { outcome } = row;
  const all = received.map((bytes) => splitAnswers(bytes, expectation(row, canary).isHead));
  switch (outcome.kind) {
    case 'refused':
      for (const answers of all) expectRefusal(answers, outcome.status);
      expect(recorder.text).toBe('');
      return;
    case 'broken':
      for (const answers of all) expectRefusal(answers, outcome.status);
      expect(recorder.errors).toEqual([]);
      expect(recorder.requests).toEqual([]);
      await until(
        () => recorder.connections.every(({ ending }) => ending !== undefined),
        () => 'the end of a broken request at the backend',
      );
      return;
    case 'answered':
      for (const { statuses, rest } of all)
        expect([statuses, rest]).toEqual([canary ? [outcome.status, 200] : [outcome.status], '']);
      expectUpstream(canary ? [CANARY_UPSTREAM] : [], received.length);
      return;
    case 'forwarded': {
      const requests = canary && !outcome.closes ? [...outcome.requests, CANARY_UPSTREAM] : outcome.requests;
      for (const answers of all) {
        expect([answers.statuses, answers.rest]).toEqual([requests.map(() => 200), '']);
        const closes = answers.messages.map(({ head }) => /^Connection: close$/m.test(head));
        expect(closes).toEqual(requests.map((_, at) => outcome.closes && at === requests.length - 1));
      }
      expectUpstream(requests, received.length);
    }
  }
}

function expectation({ input, outcome }: RequestRow, canary: boolean): Expectation {
  const isHead = input.startsWith('HEAD');
  if (outcome.kind === 'answered') return { answers: canary ? 2 : 1, closes: false, isHead };
  if (outcome.kind !== 'forwarded') return { answers: 1, closes: true, isHead };
  return { answers: outcome.requests.length + (canary ? 1 : 0), closes: outcome.closes, isHead };
}

function slowly(bytes: Buffer): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const isMiddle = at >= SINGLE_BYTES && at < bytes.length - SINGLE_BYTES;
    const length = isMiddle ? 509 : 1;
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

function offsets(length: number): readonly number[] {
  const all = Array.from({ length: length - 1 }, (_, at) => at + 1);
  return all.filter((at) => at <= EVERY_OFFSET_BYTES || at % 997 === 0 || at > length - 20);
}

describe.each([...headRows, ...bodyRows])('$name', (row) => {
  const bytes = Buffer.from(row.input, 'latin1');

  test('whole', async () => {
    await expectOutcome(row, [await exchange([bytes], expectation(row, false))], false);
  });

  test('byte by byte', async () => {
    await expectOutcome(row, [await exchange(slowly(bytes), expectation(row, false))], false);
  });

  test('cut at every offset', async () => {
    const received: Buffer[] = [];
    const left = [...offsets(bytes.length)];
    while (left.length > 0) {
      const cuts = left.splice(0, CONNECTIONS_AT_ONCE);
      const exchanges = cuts.map((at) =>
        exchange([bytes.subarray(0, at), bytes.subarray(at)], expectation(row, false)),
      );
      received.push(...(await Promise.all(exchanges)));
    }
    await expectOutcome(row, received, false);
  });

  test('with a canary behind it', async () => {
    const both = Buffer.concat([bytes, Buffer.from(CANARY)]);
    await expectOutcome(row, [await exchange([both], expectation(row, true))], true);
  });
});

test('nothing is in flight when all is done', async () => {
  await until(
    () => plane.load === 0,
    () => `the load ${plane.load} to go`,
  );
  expect(plane.records.every(({ requestId }) => requestId === REQUEST_ID)).toBe(true);
});
