// How much one client may ask, in annotations.
import { describe, expect, test } from 'vitest';
import { saidOf, settingsOf } from './test-reading.ts';

test.each([
  [{ 'limit-rps': '10' }, { requestsPerSecond: 10, burst: 50 }],
  [
    { 'limit-rps': '10', 'limit-burst-multiplier': '2' },
    { requestsPerSecond: 10, burst: 20 },
  ],
  [{ 'limit-rps': '9000' }, { requestsPerSecond: 9000, burst: 10_000 }],
  [{ 'limit-connections': '30' }, { connectionsPerSource: 30 }],
  [
    { 'limit-connections': '30', 'limit-whitelist': '192.0.2.7/24, 2001:db8::1' },
    { connectionsPerSource: 30, exemptCIDRs: ['192.0.2.0/24', '2001:db8::1/128'] },
  ],
  [
    { 'limit-rps': '1', 'limit-whitelist': '10.0.0.0/8', 'limit-allowlist': '192.0.2.1' },
    { requestsPerSecond: 1, burst: 5, exemptCIDRs: ['192.0.2.1/32'] },
  ],
  [
    { 'limit-rps': '7', 'proxy-body-size': '8m' },
    { requestBody: '8Mi', requestsPerSecond: 7, burst: 35 },
  ],
])('%j', (values, limits) => {
  const settings = settingsOf(values);
  expect(settings.spec).toEqual({ limits });
  expect(saidOf(settings)).toEqual([]);
});

test.each([{ 'limit-rps': '0' }, { 'limit-connections': '0' }, { 'limit-whitelist': '10.0.0.0/8' }])(
  '%j limits nothing',
  (values) => {
    const settings = settingsOf(values);
    expect(settings.spec).toEqual({});
    expect(saidOf(settings)).toEqual([]);
  },
);

describe('what cannot be read', () => {
  test.each([
    [{ 'limit-rps': 'ten' }, {}, ['limit-rps']],
    [{ 'limit-rps': '-1' }, {}, ['limit-rps']],
    [{ 'limit-rps': '1.5' }, {}, ['limit-rps']],
    [{ 'limit-rps': '20000' }, { limits: { requestsPerSecond: 10_000, burst: 10_000 } }, ['limit-rps']],
    [
      { 'limit-connections': '3', 'limit-whitelist': '10.0.0.0/8,office' },
      { limits: { connectionsPerSource: 3, exemptCIDRs: ['10.0.0.0/8'] } },
      ['limit-whitelist'],
    ],
  ])('%j', (values, spec, names) => {
    const settings = settingsOf(values);
    expect(settings.spec).toEqual(spec);
    expect(saidOf(settings)).toEqual(names.map((name) => `AnnotationInvalid ${name}`));
  });
});

test('a rate a minute has no effect, and says what to write', () => {
  expect(saidOf(settingsOf({ 'limit-rpm': '60' }))).toEqual(['AnnotationUnsupported limit-rpm']);
});
