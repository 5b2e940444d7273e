// Answers over HTTP/2: every row of responses that HTTP/1 clients are tested with, and what is of this version alone.
import type { ClientHttp2Session } from 'node:http2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CODE } from '../support/http2-frames.ts';
import { ask, connectHttp2, type Http2Answer, statusesOf } from '../support/http2-session.ts';
import { resetBehind } from '../support/kernel-queues.ts';
import { answer } from '../support/recording-backend.ts';
import { turns, until } from '../support/wire-client.ts';
import type { ResponseRow } from './response-rows.ts';
import { responseRows } from './rows-response.ts';
import { WireScene } from './scene.ts';

let scene: WireScene;
let session: ClientHttp2Session;

beforeAll(async () => {
  scene = await WireScene.start({ https: true, limits: { requestsPerConnection: 1_000_000 } });
  session = await connectHttp2(scene.plane.httpsPort);
});
afterAll(async () => {
  session.destroy();
  await scene.end();
});

/** The backend answers the next request with these pieces, and others with `canary`. */
function script(pieces: readonly Buffer[], afterwards: ResponseRow['afterwards'] = 'stay'): void {
  scene.backend.forget();
  scene.backend.script = (connection) => {
    scene.backend.script = (other) => other.send(answer('canary'));
    void (async () => {
      for (const piece of pieces) {
        connection.send(piece);
        await turns(2);
      }
      if (afterwards === 'end') connection.socket.end();
      if (afterwards === 'reset') await resetBehind(connection.socket);
    })();
  };
}

/** A head of HTTP/1 as it is over HTTP/2: framing and connection are the protocol's own. */
function listOf(head: string): readonly string[] {
  const [line = '', ...fields] = head.split('\r\n');
  const kept = fields.filter((field) => !/^(transfer-encoding|connection):/i.test(field));
  const pairs = kept.flatMap((field) => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return [':status', line.split(' ')[1] ?? '', ...pairs];
}

function expectAnswer({ outcome }: ResponseRow, given: Http2Answer): void {
  switch (outcome.kind) {
    case 'bad-gateway':
      expect(statusesOf(given).at(-1)).toBe(502);
      expect(given.code).toBe(CODE.none);
      return;
    case 'relayed':
      expect(given.heads).toEqual(outcome.heads.map(listOf));
      expect(given.body.toString('latin1')).toBe(outcome.body);
      expect(given.code).toBe(CODE.none);
      return;
    case 'cut-off':
      // A head that was followed by the mistake at once may not have left.
      expect([[], [200]]).toContainEqual(statusesOf(given));
      expect(given.code).toBe(CODE.internal);
      return;
    case 'forbidden':
    case 'switched':
      throw new Error('HTTP/2 does not switch');
  }
}

const rows = responseRows.filter(
  ({ line, fields }) => line.endsWith('1.1') && !fields.includes('Upgrade: websocket'),
);

describe.each(rows)('$name', (row) => {
  const bytes = Buffer.from(row.answer, 'latin1');
  const method = row.line.split(' ')[0] ?? '';
  const headers = Object.fromEntries([
    [':method', method],
    ...row.fields.map((field) => field.split(': ') as [string, string]),
  ]);

  test.each([
    ['whole', () => [bytes]],
    ['in many pieces', () => pieces(bytes)],
  ] as const)('%s', async (_, cut) => {
    script(cut(), row.afterwards);
    expectAnswer(row, await ask(session, { headers }));
    // What comes behind an answer in a later segment may meet the next request: HTTP/1 cannot tell.
    if (row.outcome.kind === 'relayed' && !row.outcome.reuses) await scene.upstreamEnd();
    // The other streams of the connection know nothing of it.
    const next = await ask(session);
    expect([statusesOf(next), next.body.toString()]).toEqual([[200], 'canary']);
    await until(
      () => scene.plane.load === 0,
      () => `the load ${scene.plane.load} to go`,
    );
  });
});

test('a field that node:http2 takes for a single one may stand twice, as over HTTP/1', async () => {
  const fields = [
    'Location: /a',
    'ETag: "1"',
    'Location: /b',
    'ETag: "2"',
    'Set-Cookie: a=1',
    'Set-Cookie: b=2',
  ];
  script([Buffer.from(answer('hi', fields))]);
  const { heads } = await ask(session);
  const list = fields.flatMap((field) =>
    field.split(': ').map((part, at) => (at === 0 ? part.toLowerCase() : part)),
  );
  expect(heads).toEqual([[':status', '200', ...list, 'content-length', '2']]);
});

test('a 205 has no content, and so no length', async () => {
  script([Buffer.from('HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nhi')]);
  const given = await ask(session);
  expect([given.heads, given.body.toString(), given.code]).toEqual([[[':status', '205']], '', CODE.none]);
});

test('obs-text comes back byte by byte', async () => {
  script([Buffer.from(answer('hi', ['X: \x80\xe9\xff']), 'latin1')]);
  const { heads } = await ask(session);
  expect(heads[0]).toContain('\x80\xe9\xff');
});

function pieces(bytes: Buffer): readonly Buffer[] {
  const length = bytes.length < 300 ? 1 : 997;
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) =>
    bytes.subarray(at * length, (at + 1) * length),
  );
}
