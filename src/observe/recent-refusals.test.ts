// Refusals found in the lines of the access log: which, how many, and what is shown of them.
import { expect, test } from 'vitest';
import { type AccessRecord, accessLine } from './access-log.ts';
import { RecentRefusals } from './recent-refusals.ts';

const refused: AccessRecord = {
  event: 'request',
  epochMs: 1_700_000_000_000,
  requestId: 'r1',
  client: '203.0.113.7',
  host: 'chat.example.com',
  method: 'GET',
  target: '/api/v4/users/me?token=SECRET',
  site: { namespace: 'mm', kind: 'MattermostIngressPolicy', name: 'chat', host: 'chat.example.com' },
  status: 403,
  admission: { rule: 'default', action: 'Deny', mode: 'Enforce', secretKeys: undefined, shapeOnly: false },
  reason: 'admission',
};

function takenFrom(...batches: readonly (readonly AccessRecord[])[]): RecentRefusals {
  const refusals = new RecentRefusals();
  for (const records of batches) refusals.take(Buffer.from(records.map(accessLine).join('')));
  return refusals;
}

test('a refusal is shown without query and without the client itself', () => {
  expect(takenFrom([refused]).list).toEqual([
    {
      at: '2023-11-14T22:13:20.000Z',
      client: '203.0.113.x',
      method: 'GET',
      host: 'chat.example.com',
      path: '/api/v4/users/me',
      site: 'MattermostIngressPolicy/mm/chat',
      status: 403,
      reason: 'admission',
      rule: 'default',
    },
  ]);
});

test.each<[string, Partial<AccessRecord>]>([
  ['a request that was served', { status: 200, reason: undefined }],
  ['a client that went away', { status: 0, reason: 'client-closed' }],
  ['a WebSocket that was closed', { event: 'websocket-closed', status: 101, reason: 'idle' }],
  ['what a client calls a reason', { status: 200, reason: undefined, target: '/,"reason":"admission"' }],
])('%s is none', (_, change) => {
  expect(takenFrom([{ ...refused, ...change }]).list).toEqual([]);
});

test('they come in their order, newest first, from several batches and between other lines', () => {
  const at = (path: string): AccessRecord => ({ ...refused, target: path });
  const served: AccessRecord = { ...refused, status: 200, reason: undefined };
  const { list } = takenFrom([at('/1'), served, at('/2')], [served], [served, at('/3'), served]);
  expect(list.map(({ path }) => path)).toEqual(['/3', '/2', '/1']);
});

test('a flood keeps the last ones: 20 of a batch, 100 in all', () => {
  const flood = Array.from({ length: 500 }, (_, at) => ({ ...refused, target: `/${at}` }));
  const { list } = takenFrom(...Array.from({ length: 6 }, () => flood));
  expect(list).toHaveLength(100);
  expect(list.slice(0, 21).map(({ path }) => path)).toEqual([
    ...Array.from({ length: 20 }, (_, at) => `/${499 - at}`),
    '/499',
  ]);
});

test('lines that are no access lines are passed over', () => {
  const refusals = new RecentRefusals();
  refusals.take(Buffer.from('{"msg":"other","reason":"x"}\n{"msg":"broken","reason":"\nno JSON,"reason":"'));
  expect(refusals.list).toEqual([]);
});

test('what a client sent is kept short', () => {
  const { list } = takenFrom([{ ...refused, host: 'h'.repeat(10_000), target: `/${'p'.repeat(10_000)}` }]);
  expect([list[0]?.host.length, list[0]?.path.length]).toEqual([203, 203]);
});
