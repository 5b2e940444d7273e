// "Did you mean": near names are found, far ones are not.
import { expect, test } from 'vitest';
import { nearestHost, nearestName } from './near-names.ts';

const FIELDS = ['route', 'admission', 'sessionPersistence', 'sourceCIDRs', 'paths', 'limits', 'tls'];

test.each([
  ['admision', 'admission'],
  ['Admission', 'admission'],
  ['sourceCIDR', 'sourceCIDRs'],
  ['sourceCidrs', 'sourceCIDRs'],
  ['raoute', 'route'],
  ['ruote', 'route'],
  ['path', 'paths'],
  ['TLS', 'tls'],
  ['sessionPersistance', 'sessionPersistence'],
])('%s was meant to be %s', (name, meant) => {
  expect(nearestName(name, FIELDS)).toBe(meant);
});

test.each(['', 'retries', 'zzz', 'x'.repeat(100_000)])('nothing is near %s', (name) => {
  expect(nearestName(name, FIELDS)).toBeUndefined();
});

test.each([
  ['caht.example.com', 'chat.example.com'],
  ['chat.exmaple.com', 'chat.example.com'],
  ['chat.example.co', 'chat.example.com'],
  ['chatexample.com', 'chat.example.com'],
  ['chat.example.com', undefined],
  ['test.example.com', undefined],
  ['example.com', undefined],
  ['mail.example.org', undefined],
])('the host %s was meant to be %s', (name, meant) => {
  const hosts = ['chat.example.com', 'calls.example.com', 'pages.example.com'];
  expect(nearestHost(name, name === 'chat.example.com' ? hosts.slice(1) : hosts)).toBe(meant);
});
