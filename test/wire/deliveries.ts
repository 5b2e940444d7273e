// Runs rows of requests in four deliveries, each a test of its own: whole, a byte a write, cut at every offset, and with
// a canary behind it. The bytes that a backend receives are the oracle.
import { describe, expect, test } from 'vitest';
import { type Answers, splitAnswers } from '../support/messages.ts';
import { turns, WireClient } from '../support/wire-client.ts';
import { CANARY, CANARY_UPSTREAM, type RowStage } from './row-stage.ts';
import type { Outcome, RequestRow } from './rows.ts';

/** Offsets beyond these are sampled. */
const EVERY_OFFSET_BYTES = 400;
const SINGLE_BYTES = 600;
const CONNECTIONS_AT_ONCE = 40;

/** What came back on some connections that sent a row; with or without the canary behind it. */
type Play = { readonly row: RequestRow; readonly stage: RowStage; readonly hasCanary: boolean };

/** Which part of a row is cut at every offset: from, and up to. */
export type Span = readonly [from: number, to: number];

const ALL: Span = [1, Number.POSITIVE_INFINITY];

/**
 * @param stageOf called when the tests run, so that a hook may have started it
 * @param spanOf what is cut; the rest of rows that are much alike need not be cut in each of them
 */
export function testRows(
  rows: readonly RequestRow[],
  stageOf: () => RowStage,
  spanOf: (row: RequestRow) => Span = () => ALL,
): void {
  describe.each(rows)('$name', (row) => {
    const bytes = Buffer.from(row.input, 'latin1');
    const play = async (cuts: readonly (readonly Buffer[])[], hasCanary = false) => {
      const stage = stageOf();
      // A connection that was given up while it was being made may reach the backend only now.
      await stage.plane.settle();
      stage.recorder.forget();
      await expectOutcome({ row, stage, hasCanary }, await exchangeAll({ row, stage, hasCanary }, cuts));
    };

    test('whole', () => play([[bytes]]));
    test('byte by byte', () => play([slowly(bytes)]));
    test('cut at every offset', () =>
      play(offsets(bytes.length, spanOf(row)).map((at) => halves(bytes, at))));
    test('with a canary behind it', () => play([[Buffer.concat([bytes, Buffer.from(CANARY)])]], true));
  });
}

/** Each of these on a connection of its own, some of them at a time. */
async function exchangeAll(play: Play, cuts: readonly (readonly Buffer[])[]): Promise<readonly Buffer[]> {
  const received: Buffer[] = [];
  for (let at = 0; at < cuts.length; at += CONNECTIONS_AT_ONCE) {
    const some = cuts.slice(at, at + CONNECTIONS_AT_ONCE);
    received.push(...(await Promise.all(some.map((pieces) => exchange(play, pieces)))));
  }
  return received;
}

/** Returns what came back on a connection once it has ended or nothing more is to come. */
async function exchange({ row, stage, hasCanary }: Play, pieces: readonly Buffer[]): Promise<Buffer> {
  const client = await WireClient.connect(stage.plane.httpPort);
  const { answers, closes } = expectation(row.outcome, hasCanary);
  await client.sendPieces(pieces);
  if (!closes) {
    await client.until((text) => isAnswered(split(row, Buffer.from(text, 'latin1')), answers));
    await turns();
    client.socket.end();
  }
  const ending = await client.ended();
  if (row.outcome.kind !== 'dropped') expect(ending).toBe('fin');
  return client.bytes;
}

function expectation(outcome: Outcome, hasCanary: boolean): { answers: number; closes: boolean } {
  switch (outcome.kind) {
    case 'served': {
      const { closes, statuses } = outcome;
      return { answers: statuses.length + (hasCanary ? 1 : 0), closes };
    }
    case 'switched':
      return { answers: 1, closes: hasCanary };
    default:
      return { answers: 1, closes: true };
  }
}

function isAnswered({ statuses, rest }: Answers, answers: number): boolean {
  return statuses.length >= answers && rest === '';
}

function split({ input }: RequestRow, bytes: Buffer): Answers {
  return splitAnswers(bytes, input.startsWith('HEAD'));
}

/** Judges what came back, and what reached the backend from all connections together. */
async function expectOutcome(play: Play, received: readonly Buffer[]): Promise<void> {
  const { row, stage, hasCanary } = play;
  const { outcome } = row;
  const all = received.map((bytes) => split(row, bytes));
  switch (outcome.kind) {
    case 'dropped':
      expect(received.every(({ length }) => length === 0)).toBe(true);
      expect(stage.recorder.connections).toEqual([]);
      return;
    case 'refused':
      for (const answers of all) expectRefusal(answers, outcome.status);
      expect(stage.recorder.text).toBe('');
      return;
    case 'broken':
      for (const answers of all) expectRefusal(answers, outcome.status);
      await stage.expectBroken();
      return;
    case 'switched':
      for (const answers of all) {
        if (hasCanary) expectRefusal(answers, 400);
        else expect([answers.statuses, answers.rest]).toEqual([[101], '']);
      }
      stage.expectUpstream(hasCanary ? [] : [outcome.request], received.length);
      return;
    case 'served': {
      const isAsked = hasCanary && !outcome.closes;
      for (const answers of all) expectServed(answers, outcome, isAsked);
      const canary = { ...CANARY_UPSTREAM, ...row.canary };
      stage.expectUpstream([...outcome.requests, ...(isAsked ? [canary] : [])], received.length);
    }
  }
}

function expectRefusal(answers: Answers, status: number): void {
  expect(answers.rest).toBe('');
  expect(answers.statuses).toEqual([status]);
  expect(answers.messages[0]?.head).toMatch(/^Connection: close$/m);
}

function expectServed(
  { statuses, messages, rest }: Answers,
  outcome: Extract<Outcome, { kind: 'served' }>,
  isCanaryAnswered: boolean,
): void {
  const wanted = [...outcome.statuses, ...(isCanaryAnswered ? [200] : [])];
  expect([statuses, rest]).toEqual([wanted, '']);
  const closing = messages.map(({ head }) => /^Connection: close$/m.test(head));
  expect(closing).toEqual(wanted.map((_, at) => outcome.closes && at === wanted.length - 1));
  const lines = messages[outcome.statuses.length - 1]?.head.split('\r\n') ?? [];
  expect(lines).toEqual(expect.arrayContaining([...(outcome.lines ?? [])]));
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

function offsets(length: number, [from, to]: Span): readonly number[] {
  const all = Array.from({ length: length - 1 }, (_, at) => at + 1).filter((at) => at >= from && at <= to);
  return all.filter((at) => at <= EVERY_OFFSET_BYTES || at % 997 === 0 || at > length - 20);
}

function halves(bytes: Buffer, at: number): readonly Buffer[] {
  return [bytes.subarray(0, at), bytes.subarray(at)];
}
