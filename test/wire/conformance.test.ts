// Every row of the security research has its cases: as data in four deliveries, or where the table below says.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { proxiedRows, trustedRows, unproxiedRows } from './rows-address.ts';
import { admissionRows } from './rows-admission.ts';
import { handshakeRows } from './rows-handshake.ts';
import { pathRows } from './rows-path.ts';
import { bodyRows } from './rows-request-body.ts';
import { headRows } from './rows-request.ts';
import { responseRows } from './rows-response.ts';
import { upgradeRows } from './rows-upgrade.ts';

const root = join(import.meta.dirname, '../..');

/** The last number of each letter. */
const LAST = { L: 11, H: 7, F: 8, B: 10, C: 7, X: 5, U: 11, R: 11, Q: 6, K: 5, A: 7, M: 10 } as const;
const IDS = Object.entries(LAST).flatMap(([letter, last]) =>
  Array.from({ length: last }, (_, at) => `${letter}${at + 1}`),
);

const rows = [
  ...[headRows, bodyRows, handshakeRows, pathRows, admissionRows].flat(),
  ...[proxiedRows, unproxiedRows, trustedRows].flat(),
  ...[responseRows, upgradeRows].flat(),
];

/** Ids in front of a name: `M9 M10 a header`. */
function idsOf(name: string): readonly string[] {
  return /^(?:[A-Z][0-9]+ )+/.exec(`${name} `)?.[0].trim().split(' ') ?? [];
}

/** A row that bytes alone do not make: what it is about happens in time, between connections, or before any byte. */
type Elsewhere = {
  readonly id: string;
  readonly why: string;
  /** Files and words of their titles. */
  readonly cases: Readonly<Record<string, string>>;
};

const elsewhere: readonly Elsewhere[] = [
  {
    id: 'B9',
    why: 'is about a client that goes before its body is whole',
    cases: { 'test/wire/bodies.test.ts': 'B9 a client that goes in the middle of its body' },
  },
  {
    id: 'R6',
    why: 'is about an answer that comes before the request is whole',
    cases: { 'test/wire/bodies.test.ts': 'R6 an answer before the end of the request' },
  },
  {
    id: 'R8',
    why: 'is about bytes that wait in the kernel when a connection is used again',
    cases: { 'test/wire/pool.test.ts': 'R8 bytes that wait in the kernel at checkout' },
  },
  {
    id: 'R9',
    why: 'is about the second request of a connection that ends',
    cases: { 'test/wire/pool.test.ts': 'R9 a reused connection that ends instead of answering' },
  },
  {
    id: 'Q2',
    why: 'is about time',
    cases: { 'test/wire/timeouts.test.ts': 'Q2 a head' },
  },
  {
    id: 'Q4',
    why: 'is about time',
    cases: { 'test/wire/timeouts.test.ts': 'Q4 a client that does not read' },
  },
  {
    id: 'Q5',
    why: 'is about many connections, and many requests of one',
    cases: {
      'test/wire/slow-limits.test.ts': 'a flood of silent ones keeps nobody out: the oldest of them go',
      'test/wire/timeouts.test.ts': 'ends with the last request that a connection may have',
    },
  },
  {
    id: 'Q6',
    why: 'is about a client that is still sending when it is answered',
    cases: { 'test/wire/bodies.test.ts': 'Q6 a client that is still sending' },
  },
  {
    id: 'U11',
    why: 'is about a tunnel once it is open',
    cases: {
      'test/wire/tunnel.test.ts': 'of the client is told to the backend, which may finish',
      'test/wire/tunnel-bytes.test.ts': 'random streams, both ways at once, in random pieces',
      'test/wire/tunnel-backpressure.test.ts': 'a client that does not read holds the backend back',
    },
  },
  {
    id: 'A5',
    why: 'is about the crumbs of a cookie, which only HTTP/2 has',
    cases: { 'test/wire/rows-http2.ts': 'A5 crumbs of a cookie' },
  },
  {
    id: 'M6',
    why: 'is about what an administrator writes',
    cases: { 'src/api/cidr.test.ts': 'M6 no network that means another one elsewhere' },
  },
];

test.each(IDS)('%s has its cases', (id) => {
  const own = rows.filter(({ name }) => idsOf(name).includes(id));
  const others = elsewhere.filter((each) => each.id === id);
  if (own.length === 0) expect(others).not.toEqual([]);
  for (const { cases } of others) {
    for (const [file, title] of Object.entries(cases))
      expect(readFileSync(join(root, file), 'utf8')).toContain(title);
  }
});

test('no name of a case stands twice', () => {
  const names = rows.map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

test('no case names a row that there is not', () => {
  const named = rows.flatMap(({ name }) => idsOf(name));
  expect(named.filter((id) => !IDS.includes(id))).toEqual([]);
});
