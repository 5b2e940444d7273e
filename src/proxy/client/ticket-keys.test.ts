// Ticket keys: the same for all who share a secret, others for each half day and for each secret.
import { expect, test } from 'vitest';
import { ticketKeys, ticketPeriod } from './ticket-keys.ts';

const HALF_DAY_MS = 12 * 3_600_000;
const SECRET = Buffer.alloc(48, 'secret');

test('a period is a half day of the wall clock', () => {
  const start = 40_000 * HALF_DAY_MS;
  expect([start, start + HALF_DAY_MS - 1, start + HALF_DAY_MS].map(ticketPeriod)).toEqual([
    40_000, 40_000, 40_001,
  ]);
});

test('keys follow from the secret and the period, and from nothing else', () => {
  const keys = ticketKeys(SECRET, 7);
  expect(keys).toHaveLength(48);
  expect(ticketKeys(Buffer.from(SECRET), 7)).toEqual(keys);
  const others = [
    SECRET,
    ticketKeys(SECRET, 6),
    ticketKeys(SECRET, 8),
    ticketKeys(Buffer.alloc(48, 'another'), 7),
    ticketKeys(SECRET.subarray(1), 7),
  ];
  // The name of a key, too: it says in clear which one a ticket was made with.
  for (const other of others) expect(other.subarray(0, 16)).not.toEqual(keys.subarray(0, 16));
  for (const other of others) expect(other.subarray(16)).not.toEqual(keys.subarray(16));
});

test('this is HKDF with SHA-256, so that replicas of another version agree', () => {
  expect(ticketKeys(Buffer.alloc(48, 1), 40_000).toString('hex')).toMatchInlineSnapshot(
    `"e567aa9404ad2eb35003818e1e535025c9f9e4a1451a1fb91243e2963714a6a353f892e9e65a3c53fd047e155a241218"`,
  );
});
