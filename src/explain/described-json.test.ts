// A description from anybody: every part is looked at before anything is made of it.
import { expect, test } from 'vitest';
import { readDescribed } from './described-json.ts';
import { described } from './test-knowledge.ts';

const GOOD = described('GET /', [], { tls: { serverName: 'a.test', version: '1.3', hasCertificate: false } });

test('what the command line sends is taken as it is', () => {
  expect(readDescribed(JSON.parse(JSON.stringify(GOOD)))).toEqual(GOOD);
  expect(readDescribed(JSON.parse(JSON.stringify(described('GET /'))))).toEqual(described('GET /'));
});

test.each([
  [null, 'A request'],
  ['GET /', 'A request'],
  [[GOOD], 'A request'],
  [{}, 'method'],
  [{ ...GOOD, method: 1 }, 'method'],
  [{ ...GOOD, target: null }, 'target'],
  [{ ...GOOD, version: '3' }, 'version'],
  [{ ...GOOD, fields: [['a']] }, 'fields'],
  [{ ...GOOD, fields: [['a', 1]] }, 'fields'],
  [{ ...GOOD, fields: { a: 'b' } }, 'fields'],
  [{ ...GOOD, from: '999.1.1.1' }, 'from'],
  [{ ...GOOD, from: ['10.0.0.1'] }, 'from'],
  [{ ...GOOD, port: '80' }, 'port'],
  [{ ...GOOD, port: -1 }, 'port'],
  [{ ...GOOD, tls: null }, 'tls'],
  [{ ...GOOD, tls: { version: '1.0', hasCertificate: false } }, 'tls'],
  [{ ...GOOD, tls: { version: '1.3' } }, 'tls'],
  [{ ...GOOD, session: 'maybe' }, 'session'],
])('%j', (sent, part) => {
  expect(readDescribed(sent)).toMatch(new RegExp(`^${part} must be `));
});
