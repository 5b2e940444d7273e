// What benchmarks make of their turns: medians, ratios within a round, and who was not there.
import { expect, test } from 'vitest';
import { OURS, OURS_WITH_LOG, PEERS } from '../stage/proxies.ts';
import { compare } from './comparison.ts';

type Turn = { readonly cost: number; readonly pace: number };

const [peer, absent] = PEERS;
const metric = { name: 'cpuUsPerRequest', of: ({ cost }: Turn) => cost };

function turns(...costs: readonly number[]): readonly Turn[] {
  return costs.map((cost) => ({ cost, pace: 1000 / cost }));
}

test('a ratio is taken within each round, so that a slow minute of the machine is in neither', () => {
  if (peer === undefined || absent === undefined) throw new Error('There are no peers');
  const { json, text } = compare<Turn>(
    new Map([
      [OURS, turns(10, 40, 12)],
      [OURS_WITH_LOG, turns(5, 20, 6)],
      [peer, turns(20, 80, 30)],
    ]),
    {
      absent: [{ kind: absent, reason: 'not installed' }],
      metric,
      columns: [{ title: 'pace', name: 'requestsPerSecond', digits: 0, of: ({ pace }) => pace }],
      notes: ['A note.'],
    },
  );
  expect(json).toEqual({
    cpuUsPerRequest: { ours: 12, oursWithAccessLog: 6, [peer.key]: 30 },
    ratio: { [peer.key]: 0.5 },
    ratioOursWithAccessLog: { [peer.key]: 0.25 },
    requestsPerSecond: { ours: 83, oursWithAccessLog: 167, [peer.key]: 33 },
    rounds: 3,
    absent: [absent.key],
  });
  expect(text).toContain('0.50x');
  expect(text).toContain('\nA note.\n');
  expect(text).toContain(`${absent.name}: absent, not installed`);
});

test('with an even number of rounds the median lies between the two in the middle', () => {
  const { json } = compare<Turn>(new Map([[OURS, turns(1, 2, 4, 100)]]), { absent: [], metric, columns: [] });
  expect(json['cpuUsPerRequest']).toEqual({ ours: 3 });
});

test('without ours there is no ratio, and the peers are shown all the same', () => {
  if (peer === undefined) throw new Error('There are no peers');
  const absence = { kind: OURS, reason: 'it does not speak HTTP/2' };
  const { json, text } = compare<Turn>(new Map([[peer, turns(7)]]), {
    absent: [absence],
    metric,
    columns: [],
  });
  expect(json).toMatchObject({ cpuUsPerRequest: { [peer.key]: 7 }, ratio: {}, absent: ['ours'] });
  expect(text).toContain('ours: absent, it does not speak HTTP/2');
  expect(text).not.toContain('NaN');
});
