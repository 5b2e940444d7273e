// Every byte in every place around a Transfer-Encoding: refused, or plainly no Transfer-Encoding. Sent whole, a byte a
// write, cut around the byte, and with a canary behind.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { splitAnswers } from '../support/messages.ts';
import { turns, WireClient } from '../support/wire-client.ts';
import { singleBytes } from '../support/cuts.ts';
import { BODY, BYTES, fieldsOf, PLACES } from './mutations.ts';
import { openToAll } from './row-sites.ts';
import { RowStage } from './row-stage.ts';
import { get, post } from './rows.ts';

const CONNECTIONS_AT_ONCE = 40;

let stage: RowStage;

beforeAll(async () => {
  stage = await RowStage.start([openToAll('a')]);
});
afterAll(() => stage.end());

type Mutation = {
  readonly tag: string;
  readonly bytes: Buffer;
  /** Where the byte stands. */
  readonly at: number;
  /** What may reach the backend; undefined for nothing. */
  readonly fields: readonly string[] | undefined;
};

function mutationsOf(place: (byte: string) => string): readonly Mutation[] {
  return BYTES.map((code) => {
    const lines = place(String.fromCharCode(code));
    const tag = `Tag: ${code.toString(16)}`;
    const text = post(tag, lines, `Content-Length: ${BODY.length}`) + BODY;
    return {
      tag,
      bytes: Buffer.from(text, 'latin1'),
      at: text.indexOf(lines) + place('\0').indexOf('\0'),
      fields: fieldsOf(lines),
    };
  });
}

/** Status codes of what came back, and whether the connection was ended. */
async function send(
  mutation: Mutation,
  pieces: readonly Buffer[],
  answers: number,
): Promise<readonly number[]> {
  const client = await WireClient.connect(stage.plane.httpPort);
  await client.sendPieces(pieces);
  const isDone = (text: string) => splitAnswers(Buffer.from(text, 'latin1')).statuses.length >= answers;
  if (mutation.fields === undefined) expect(await client.ended()).toBe('fin');
  else {
    await client.until(isDone);
    await turns();
    expect(await client.end()).toBe('fin');
  }
  return splitAnswers(client.bytes).statuses;
}

/** Sends all of a place; returns those that were not treated as they should be. */
async function expectMutations(
  mutations: readonly Mutation[],
  cut: (mutation: Mutation) => readonly (readonly Buffer[])[],
  hasCanary = false,
): Promise<void> {
  stage.recorder.forget();
  const wrong: string[] = [];
  let sent = 0;
  const jobs = mutations.flatMap((mutation) => cut(mutation).map((pieces) => ({ mutation, pieces })));
  for (let at = 0; at < jobs.length; at += CONNECTIONS_AT_ONCE) {
    const some = jobs.slice(at, at + CONNECTIONS_AT_ONCE);
    const results = some.map(async ({ mutation, pieces }) => {
      const canary = hasCanary && mutation.fields !== undefined ? 1 : 0;
      const wanted = mutation.fields === undefined ? [400] : Array<number>(1 + canary).fill(200);
      const statuses = await send(mutation, pieces, wanted.length);
      const got = statuses.join();
      if (got !== wanted.join()) wrong.push(`${mutation.tag}: ${got}`);
    });
    await Promise.all(results);
    sent += some.length;
  }
  expect(wrong).toEqual([]);
  expectUpstream(mutations, sent, hasCanary);
}

/** Nothing of what was refused, and of the rest just these lines and this body. */
function expectUpstream(mutations: readonly Mutation[], sent: number, hasCanary: boolean): void {
  const { requests, text, errors } = stage.recorder;
  expect(errors).toEqual([]);
  const posts = requests.filter(({ head }) => head.startsWith('POST'));
  for (const { head, body } of posts) {
    const tag = /^Tag: .*$/m.exec(head)?.[0].trimEnd();
    const mutation = mutations.find((each) => each.tag === tag);
    expect(head.split('\r\n').slice(3, 3 + (mutation?.fields?.length ?? 0))).toEqual(mutation?.fields);
    expect(head).toMatch(/^Content-Length: 5$/m);
    expect(body.toString()).toBe(BODY);
  }
  const passed = mutations.filter(({ fields }) => fields !== undefined).length;
  expect(posts).toHaveLength((sent * passed) / mutations.length);
  expect(requests.length - posts.length).toBe(hasCanary ? passed : 0);
  expect(text).not.toMatch(/^Transfer-Encoding:/im);
}

function around({ bytes, at }: Mutation): readonly (readonly Buffer[])[] {
  const cuts = [at - 1, at, at + 1, at + 2].filter((each) => each > 0 && each < bytes.length);
  return cuts.map((each) => [bytes.subarray(0, each), bytes.subarray(each)]);
}

describe.each(Object.entries(PLACES))('a byte %s', (_, place) => {
  const mutations = mutationsOf(place);

  test('whole', () => expectMutations(mutations, ({ bytes }) => [[bytes]]));
  test('byte by byte', () => expectMutations(mutations, ({ bytes }) => [singleBytes(bytes)]));
  test('cut around the byte', () => expectMutations(mutations, around));
  test('with a canary behind it', () =>
    expectMutations(
      mutations,
      ({ bytes }) => [[Buffer.concat([bytes, Buffer.from(get('Canary: 1'))])]],
      true,
    ));
});

test('most of them are refused, and not all', () => {
  const all = Object.values(PLACES).flatMap(mutationsOf);
  const passed = all.filter(({ fields }) => fields !== undefined).length;
  expect(all.length).toBeGreaterThan(2000);
  expect(passed).toBeGreaterThan(100);
  expect(passed).toBeLessThan(all.length / 2);
});
