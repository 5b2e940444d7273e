// Rows of responses against the real data plane, each in four deliveries by a backend that sends just these bytes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { backend, endpoint } from '../../src/decide/test-objects.ts';
import { singleBytes } from '../support/cuts.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { resetBehind } from '../support/kernel-queues.ts';
import { splitAnswers } from '../support/messages.ts';
import { answer, type BackendConnection, RecordingBackend } from '../support/recording-backend.ts';
import { turns, until, WireClient } from '../support/wire-client.ts';
import { ROW_SITES } from './row-sites.ts';
import type { ResponseRow } from './response-rows.ts';
import { responseRows } from './rows-response.ts';
import { upgradeRows } from './rows-upgrade.ts';
import { get, head } from './rows.ts';

const EVERY_OFFSET_BYTES = 400;
const EXCHANGES_AT_ONCE = 40;
/** Comes behind an answer, and belongs to no request: nobody may ever see it. */
const POISON = answer('poison');

let scripted: RecordingBackend;
let plane: TestPlane;

beforeAll(async () => {
  scripted = await RecordingBackend.start();
  plane = await TestPlane.start(
    configuration(ROW_SITES, [backend([endpoint('node', { address: '127.0.0.1', port: scripted.port })])]),
  );
});

afterAll(async () => {
  await until(
    () => plane.load === 0,
    () => `the load ${plane.load} to go`,
  );
  await scripted.stop();
  await plane.close();
});

/** One exchange: how the answer is cut, and over which connection of the backend it went. */
type Play = {
  readonly row: ResponseRow;
  readonly pieces: readonly Buffer[];
  connection: BackendConnection | undefined;
};

/** The requests with a number get the answer of that play, every other one a plain one. */
function playAll(plays: readonly Play[]): void {
  scripted.forget();
  scripted.script = (connection, request) => {
    const play = plays[Number(/^Play: (\d+)$/m.exec(request.head)?.[1] ?? -1)];
    if (play === undefined) {
      connection.send(answer('canary'));
      return;
    }
    play.connection = connection;
    void sendAnswer(connection, play);
  };
}

async function sendAnswer(connection: BackendConnection, { row, pieces }: Play): Promise<void> {
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) await turns(2);
    if (connection.socket.destroyed) return;
    connection.send(piece);
  }
  await turns();
  if (row.afterwards === 'end') connection.socket.end();
  if (row.afterwards === 'reset') await resetBehind(connection.socket);
}

/** Each of these cuts in an exchange of its own. */
async function expectRow(row: ResponseRow, cuts: readonly (readonly Buffer[])[]): Promise<void> {
  const plays = cuts.map((pieces): Play => ({ row, pieces, connection: undefined }));
  playAll(plays);
  const atOnce = hasSurplus(row) ? 1 : EXCHANGES_AT_ONCE;
  for (let at = 0; at < plays.length; at += atOnce) {
    const some = plays.slice(at, at + atOnce);
    await Promise.all(some.map((play, index) => expectPlay(play, at + index)));
  }
  expect(scripted.errors).toEqual([]);
}

/** What comes behind an answer in a later segment may meet the request of somebody else: HTTP/1 cannot tell. */
function hasSurplus({ outcome }: ResponseRow): boolean {
  return outcome.kind === 'relayed' && !outcome.reuses;
}

async function expectPlay(play: Play, number: number): Promise<void> {
  const { row } = play;
  const client = await WireClient.connect(plane.httpPort);
  client.send(head(row.line, `Host: ${row.host}`, ...row.fields, `Play: ${number}`));
  await expectAnswer(client, row);
  const reuses = row.outcome.kind === 'relayed' && row.outcome.reuses;
  if (!reuses) await expectEnded(play);
  await expectCanary(client);
  if (reuses) expect(play.connection?.ending).toBeUndefined();
}

async function expectAnswer(client: WireClient, row: ResponseRow): Promise<void> {
  const { outcome } = row;
  switch (outcome.kind) {
    case 'cut-off':
      expect(await client.ended()).toBe('reset');
      expect(client.text).not.toMatch(/0\r\n\r\n$/);
      return;
    case 'switched': {
      const text = `${outcome.head}\r\n\r\n${outcome.behind}`;
      await client.until(({ length }) => length >= text.length);
      expect(await client.end()).toBe('fin');
      expect(client.text).toBe(text);
      return;
    }
    case 'forbidden':
      expect(await client.ended()).toBe('fin');
      expect(splitAnswers(client.bytes).statuses).toEqual([403]);
      expect(client.text).not.toContain('secret');
      return;
    case 'bad-gateway':
      if (endsWithAnswer(row)) await client.ended();
      else await client.until((text) => /\((response|closed|upgrade)-[a-z-]+\)\n$/.test(text));
      expect(splitAnswers(client.bytes).statuses.filter((status) => status >= 200)).toEqual([502]);
      return;
    case 'relayed': {
      const isHead = row.line.startsWith('HEAD');
      const split = (bytes: Buffer) => splitAnswers(bytes, isHead);
      if (endsWithAnswer(row)) await client.ended();
      else await client.until((text) => split(Buffer.from(text, 'latin1')).statuses.some(isFinal));
      const { messages, rest } = split(client.bytes);
      expect(messages.map((message) => message.head)).toEqual(outcome.heads);
      // What is of no length ends with the connection.
      const open = endsWithAnswer(row) ? rest : '';
      expect(`${messages.map(({ body }) => body.toString('latin1')).join('')}${open}`).toBe(outcome.body);
    }
  }
}

function isFinal(status: number): boolean {
  return status >= 200;
}

/** HTTP/1.0, and a handshake that comes to nothing: there is no next request. */
function endsWithAnswer({ line, fields }: ResponseRow): boolean {
  return line.endsWith('1.0') || fields.includes('Upgrade: websocket');
}

async function expectEnded({ connection }: Play): Promise<void> {
  await until(
    () => connection?.ending !== undefined,
    () => 'the end of a backend connection',
  );
}

/** Another request, on the same connection where there is one, is answered with what was meant for it. */
async function expectCanary(client: WireClient): Promise<void> {
  const next = client.ending === undefined ? client : await WireClient.connect(plane.httpPort);
  next.send(get());
  await next.until((text) => text.endsWith('canary'));
  expect(client.text).not.toContain('poison');
  expect(await next.end()).toBe('fin');
}

/** The row with the poison in the same segment; where the connection ends, the next request alone is the canary. */
function poisoned(row: ResponseRow): ResponseRow {
  const { outcome } = row;
  if (row.afterwards !== 'stay' || outcome.kind === 'switched') return row;
  return {
    ...row,
    answer: row.answer + POISON,
    outcome: outcome.kind === 'relayed' ? { ...outcome, reuses: false } : outcome,
  };
}

function bytesOf(row: ResponseRow): Buffer {
  return Buffer.from(row.answer, 'latin1');
}

describe.each([...responseRows, ...upgradeRows])('$name', (row) => {
  const bytes = bytesOf(row);

  test('whole', () => expectRow(row, [[bytes]]));

  test('byte by byte', () =>
    expectRow(row, [
      bytes.length < 2000 ? singleBytes(bytes) : [bytes.subarray(0, 1000), bytes.subarray(1000)],
    ]));

  test('cut at every offset', () => {
    const offsets = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, at) => at + 1).filter(
      (at) => at <= EVERY_OFFSET_BYTES || at % 997 === 0,
    );
    return expectRow(
      row,
      offsets.map((at) => [bytes.subarray(0, at), bytes.subarray(at)]),
    );
  });

  test('with a canary behind it', () => expectRow(poisoned(row), [[bytesOf(poisoned(row))]]));
});

test.each([
  { name: 'with an answer for the next request behind it', behind: answer('poison') },
  { name: 'with one byte behind it', behind: '\0' },
])('R7 a connection that was kept is not used again $name', async ({ behind }) => {
  const row = responseRows.find(({ outcome }) => outcome.kind === 'relayed' && outcome.reuses);
  if (row === undefined) throw new Error('No row keeps its connection');
  const play: Play = { row, pieces: [bytesOf(row)], connection: undefined };
  playAll([play]);
  const client = await WireClient.connect(plane.httpPort);
  client.send(head(row.line, `Host: ${row.host}`, ...row.fields, 'Play: 0'));
  await expectAnswer(client, row);
  play.connection?.send(behind);
  await expectCanary(client);
  await expectEnded(play);
});
