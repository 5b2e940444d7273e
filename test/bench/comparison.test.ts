// What benchmarks make of their turns: medians, ratios within a round, and who was not there.
import { expect, test } from 'vitest';
import { compare } from './comparison.ts';
import { OURS, OURS_WITHOUT_LOG, PEERS } from './proxies.ts';

type Turn = { readonly cost: number; readonly pace: number };

const [peer, absent] = PEERS;

function turns(...costs: readonly number[]): readonly Turn[] {
  return costs.map((cost) => ({ cost, pace: 1000 / cost }));
}

test('a ratio is taken within each round, so that a slow minute of the machine is in neither', () => {
  if (peer === undefined || absent === undefined) throw new Error('There are no peers');
  const { json, text } = compare<Turn>(
    new Map([
      [OURS, turns(10, 40, 12)],
      [OURS_WITHOUT_LOG, turns(5, 20, 6)],
      [peer, turns(20, 80, 30)],
    ]),
    {
      absent: [absent],
      metric: { name: 'cpuUsPerRequest', of: ({ cost }) => cost },
      columns: [{ title: 'pace', name: 'requestsPerSecond', digits: 0, of: ({ pace }) => pace }],
    },
  );
  expect(json).toEqual({
    cpuUsPerRequest: { ours: 12, oursWithoutAccessLog: 6, [peer.key]: 30 },
    ratio: { [peer.key]: 0.5 },
    ratioOursWithoutAccessLog: { [peer.key]: 0.25 },
    requestsPerSecond: { ours: 83, oursWithoutAccessLog: 167, [peer.key]: 33 },
    rounds: 3,
    absent: [absent.key],
  });
  expect(text).toContain('0.50x');
  expect(text).toContain(`${absent.name}: absent`);
});

test('with an even number of rounds the median lies between the two in the middle', () => {
  const metric = { name: 'cost', of: ({ cost }: Turn) => cost };
  const { json } = compare<Turn>(new Map([[OURS, turns(1, 2, 4, 100)]]), { absent: [], metric, columns: [] });
  expect(json['cost']).toEqual({ ours: 3 });
});
