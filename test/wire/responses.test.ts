// Rows of answers: a scripted backend behind the real data plane; the client's bytes, its ending and the pool are judged.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { backend, endpoint, openSite, site } from '../../src/decide/test-objects.ts';
import { singleBytes } from '../support/cuts.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { splitAnswers } from '../support/messages.ts';
import { answer, type BackendConnection, RecordingBackend } from '../support/recording-backend.ts';
import { turns, until, WireClient } from '../support/wire-client.ts';
import { type ResponseRow, responseRows } from './rows-response.ts';
import { get, head } from './rows.ts';

let scripted: RecordingBackend;
let plane: TestPlane;

beforeAll(async () => {
  scripted = await RecordingBackend.start();
  const persistence = { ...openSite().persistence, type: 'None' } as const;
  plane = await TestPlane.start(
    configuration(
      [site('a', openSite({ persistence }))],
      [backend([endpoint('node', { address: '127.0.0.1', port: scripted.port })])],
    ),
  );
});

beforeEach(() => scripted.forget());

afterAll(async () => {
  await scripted.stop();
  await plane.close();
});

/** The first request gets the row's answer, every other one a plain one. */
function play({ answer: bytes, afterwards }: ResponseRow, cut: (bytes: Buffer) => readonly Buffer[]): void {
  let isFirst = true;
  scripted.script = (connection) => {
    if (!isFirst) {
      connection.send(answer('canary'));
      return;
    }
    isFirst = false;
    void sendAnswer(connection, cut(Buffer.from(bytes, 'latin1'))).then(async () => {
      await turns();
      if (afterwards === 'end') connection.socket.end();
      if (afterwards === 'reset') connection.socket.resetAndDestroy();
    });
  };
}

async function sendAnswer(connection: BackendConnection, pieces: readonly Buffer[]): Promise<void> {
  for (const [at, piece] of pieces.entries()) {
    if (at > 0) await turns(2);
    if (connection.socket.destroyed) return;
    connection.send(piece);
  }
}

async function expectEnded(connection: BackendConnection | undefined): Promise<void> {
  await until(
    () => connection?.ending !== undefined,
    () => 'the end of a backend connection',
  );
}

async function expectRow(row: ResponseRow, cut: (bytes: Buffer) => readonly Buffer[]): Promise<void> {
  play(row, cut);
  const client = await WireClient.connect(plane.httpPort);
  client.send(head(row.line, 'Host: a'));
  const { outcome } = row;
  if (outcome.kind === 'cut-off') {
    expect(await client.ended()).toBe('reset');
    expect(client.text).not.toMatch(/0\r\n\r\n$/);
    await expectEnded(scripted.connections[0]);
    return;
  }
  const isClosed = row.line.endsWith('1.0');
  const isHead = row.line.startsWith('HEAD');
  if (isClosed) await client.ended();
  else if (outcome.kind === 'bad-gateway')
    await client.until((text) => /\((response|closed|upgrade)-[a-z-]+\)\n$/.test(text));
  else
    await client.until((text) =>
      splitAnswers(Buffer.from(text, 'latin1'), isHead).statuses.some((status) => status >= 200),
    );
  if (outcome.kind === 'bad-gateway') {
    expect(splitAnswers(client.bytes).statuses.filter((status) => status >= 200)).toEqual([502]);
    await expectEnded(scripted.connections[0]);
  } else expectRelayed(client, outcome, { isClosed, isHead });
  await expectCanary(client, isClosed, outcome.kind === 'relayed' && outcome.reuses);
}

function expectRelayed(
  client: WireClient,
  { heads, body }: Extract<ResponseRow['outcome'], { kind: 'relayed' }>,
  { isClosed, isHead }: { isClosed: boolean; isHead: boolean },
): void {
  const answers = splitAnswers(client.bytes, isHead);
  expect(answers.messages.map((message) => message.head)).toEqual(heads);
  const content = `${answers.messages.map((message) => message.body.toString('latin1')).join('')}${answers.rest}`;
  expect(content).toBe(body);
  if (!isClosed) expect(answers.rest).toBe('');
}

/** A second request tells whether the backend's connection was kept. */
async function expectCanary(client: WireClient, isClosed: boolean, reuses: boolean): Promise<void> {
  if (!reuses) await expectEnded(scripted.connections[0]);
  const next = isClosed ? await WireClient.connect(plane.httpPort) : client;
  next.send(get());
  await next.until((text) => text.endsWith('canary'));
  expect(scripted.connections.map(({ requests }) => requests.length)).toEqual(reuses ? [2] : [1, 1]);
  expect(await next.end()).toBe('fin');
}

describe.each(responseRows)('$name', (row) => {
  test('whole', () => expectRow(row, (bytes) => [bytes]));

  test('byte by byte', () =>
    expectRow(row, (bytes) =>
      bytes.length < 2000 ? singleBytes(bytes) : [bytes.subarray(0, 1000), bytes.subarray(1000)],
    ));
});

test('nothing is in flight when all is done', async () => {
  await until(
    () => plane.load === 0,
    () => `the load ${plane.load} to go`,
  );
  expect(scripted.errors).toEqual([]);
});
