// The same requests as others understand them: through the data plane to each peer as a backend, and, for all that the
// rows say we take, straight to each peer. Nothing may be lost, added or moved, and nothing may be taken that a strict
// peer refuses, but for the exceptions that are explained here.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { backend, endpoint, openSite, site } from '../../src/decide/test-objects.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { until, WireClient } from '../support/wire-client.ts';
import { fields, framings, type Sample, sequences, targets } from './corpus.ts';
import { acceptedRows } from './accepted-rows.ts';
import { DIRECT_EXCEPTIONS, type Exception, THROUGH_EXCEPTIONS } from './exceptions.ts';
import { type Peer, PEERS } from './peers.ts';

const BUILD_TIMEOUT_MS = 300_000;
const TIMEOUT_MS = 120_000;
/** None of them is silent here, for whatever reason: one may stand still for seconds on a machine that has much else to do. */
const SILENCE_MS = 12_000;

const groups = { framings, targets, fields, sequences };

test('the corpus is large and says everything once', () => {
  const all = Object.values(groups).flat();
  const names = all.map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  expect(all.length).toBeGreaterThan(240);
});

describe.each(PEERS)('$name', (kind) => {
  const absence = kind.absence();
  let folder: string;
  let peer: Peer;
  let plane: TestPlane;

  beforeAll(async () => {
    if (absence !== undefined) return;
    folder = mkdtempSync(join(tmpdir(), 'peer-'));
    peer = await kind.start(folder);
    const open = openSite({
      persistence: { ...openSite().persistence, type: 'None' },
      requestBodyMaxBytes: 1e6,
    });
    const endpoints = [endpoint('node', { address: '127.0.0.1', port: peer.port })];
    plane = await TestPlane.start(configuration([site('a', open)], [backend(endpoints)]));
  }, BUILD_TIMEOUT_MS);

  afterAll(async () => {
    if (absence !== undefined) return;
    await plane.close();
    await peer.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What is wrong with a sample that is sent to that port; undefined where all is as it should be. */
  async function problemOf({ name, input, seen }: Sample, port: number): Promise<string | undefined> {
    await peer.forget();
    const client = await WireClient.connect(port);
    client.send(input);
    const statuses = () =>
      [...client.text.matchAll(/HTTP\/1\.[01] ([2-5]\d\d)/g)].map(([, status]) => status);
    const untilMs = performance.now() + SILENCE_MS;
    const isOver = () => statuses().length >= seen.length || statuses().some(isRefusal);
    await until(
      () => client.ending !== undefined || isOver() || performance.now() > untilMs,
      () => name,
    );
    client.destroy();
    if (statuses().some(isRefusal) || statuses().length !== seen.length)
      return `${name}: answered with ${statuses().join()}`;
    const understood = (await peer.seen()).map((each) => ({ ...each, target: originOf(each.target) }));
    return JSON.stringify(understood) === JSON.stringify(seen)
      ? undefined
      : `${name}: understood as ${JSON.stringify(understood).slice(0, 300)}`;
  }

  async function expectSame(samples: readonly Sample[], exceptions: readonly Exception[], port: number) {
    const own = exceptions.filter(({ peers }) => peers.includes(kind.name));
    const unexpected: string[] = [];
    for (const sample of samples) {
      const exception = own.find(({ names }) => names.test(sample.name));
      if (exception?.isSilent === true) continue;
      const problem = await problemOf(sample, port);
      if (problem !== undefined && exception === undefined) unexpected.push(problem);
      if (problem === undefined && exception !== undefined)
        unexpected.push(`${sample.name}: no exception any more (${exception.why})`);
    }
    expect(unexpected).toEqual([]);
  }

  function skipAbsent(context: TestContext): void {
    if (absence !== undefined) context.skip(absence);
  }

  test.for(Object.entries(groups))(
    'as a backend: %s',
    { timeout: TIMEOUT_MS },
    async ([, samples], context) => {
      skipAbsent(context);
      await expectSame(samples, THROUGH_EXCEPTIONS, plane.httpPort);
    },
  );

  test('takes what the rows take', { timeout: TIMEOUT_MS }, async (context) => {
    skipAbsent(context);
    await expectSame(acceptedRows, DIRECT_EXCEPTIONS, peer.port);
  });
});

function isRefusal(status: string | undefined): boolean {
  return Number(status) >= 400;
}

/** Absolute form is for a proxy; some servers keep it. */
function originOf(target: string): string {
  const rest = target.replace(/^https?:\/\/[^/?]*/i, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}
