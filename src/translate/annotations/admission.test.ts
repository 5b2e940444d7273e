// Lists of networks in annotations: who comes in, and that no doubt about a list opens a site.
import { describe, expect, test } from 'vitest';
import { saidOf, settingsOf } from './test-reading.ts';

const deny = { status: 403, rejectReason: 'None' };

function networksOf(value: string): readonly string[] {
  const settings = settingsOf({ 'allowlist-source-range': value });
  expect(saidOf(settings)).toEqual([]);
  return settings.spec.admission?.rules?.flatMap(({ sourceCIDRs = [] }) => sourceCIDRs) ?? [];
}

describe('lists', () => {
  test('denied networks come first, then those allowed, then nobody', () => {
    const settings = settingsOf({
      'denylist-source-range': '192.0.2.128/25',
      'allowlist-source-range': '192.0.2.0/24, 2001:db8::/32',
    });
    expect(settings.spec.admission).toEqual({
      rules: [
        { name: 'annotation-denylist', sourceCIDRs: ['192.0.2.128/25'], action: 'Deny' },
        { name: 'annotation-allowlist', sourceCIDRs: ['192.0.2.0/24', '2001:db8::/32'], action: 'Allow' },
      ],
      defaultAction: 'Deny',
      deny,
    });
    expect(saidOf(settings)).toEqual([]);
  });

  test('a list of denied networks alone lets all others in', () => {
    expect(settingsOf({ 'denylist-source-range': '192.0.2.1' }).spec.admission).toEqual({
      rules: [{ name: 'annotation-denylist', sourceCIDRs: ['192.0.2.1/32'], action: 'Deny' }],
      defaultAction: 'Allow',
      deny,
    });
  });

  test('the older name of the list of allowed ones', () => {
    const { spec } = settingsOf({ 'whitelist-source-range': '192.0.2.0/24' });
    expect(spec).toEqual(settingsOf({ 'allowlist-source-range': '192.0.2.0/24' }).spec);
  });

  test('of both names the newer holds, and a difference is said', () => {
    const settings = settingsOf({
      'allowlist-source-range': '192.0.2.0/24',
      'whitelist-source-range': '0.0.0.0/0',
    });
    expect(settings.spec.admission?.rules?.[0]?.sourceCIDRs).toEqual(['192.0.2.0/24']);
    expect(saidOf(settings)).toEqual(['AnnotationInvalid whitelist-source-range']);
    const both = { 'allowlist-source-range': '10.0.0.0/8', 'whitelist-source-range': '10.0.0.0/8' };
    expect(saidOf(settingsOf(both))).toEqual([]);
  });

  test.each([
    ['bits behind the prefix', '192.0.2.77/24', ['192.0.2.0/24']],
    ['bits behind an IPv6 prefix', '2001:DB8:0:1::5/48', ['2001:db8::/48']],
    ['one address', '192.0.2.1', ['192.0.2.1/32']],
    ['one IPv6 address', '2001:db8::1', ['2001:db8::1/128']],
    ['an IPv4-mapped network', '::ffff:192.0.2.7/120', ['192.0.2.0/24']],
    ['an IPv4-mapped address', '::ffff:192.0.2.7', ['192.0.2.7/32']],
    ['everybody', '0.0.0.0/0,::/0', ['0.0.0.0/0', '::/0']],
    ['the same twice', '192.0.2.0/24,192.0.2.1/24', ['192.0.2.0/24']],
    ['blanks', ' 192.0.2.0/24 ,\t10.0.0.0/8 ', ['192.0.2.0/24', '10.0.0.0/8']],
  ])('%s', (_, value, networks) => {
    expect(networksOf(value)).toEqual(networks);
  });

  test('long lists become several rules', () => {
    const networks = Array.from({ length: 600 }, (_, at) => `10.${at >> 8}.${at & 255}.0/24`);
    const { spec, restrictions } = settingsOf({ 'allowlist-source-range': networks.join(',') });
    expect(restrictions).toEqual([]);
    expect(spec.admission?.rules?.map(({ name, sourceCIDRs }) => [name, sourceCIDRs?.length])).toEqual([
      ['annotation-allowlist', 256],
      ['annotation-allowlist-2', 256],
      ['annotation-allowlist-3', 88],
    ]);
  });

  test('more than can be held closes the site', () => {
    const networks = Array.from({ length: 8193 }, (_, at) => `10.${at >> 8}.${at & 255}.0/24`).join(',');
    for (const name of ['denylist-source-range', 'whitelist-source-range']) {
      const settings = settingsOf({ [name]: networks });
      expect(settings.spec.admission).toEqual({ defaultAction: 'Deny' });
      expect(saidOf(settings)).toEqual([`UnsupportedRestriction ${name}`]);
    }
  });
});

describe('a list that cannot be read closes the site', () => {
  test.each([
    '',
    ',',
    '192.0.2.0/24,',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/',
    '192.0.2.0/24/24',
    '192.0.2.0/024',
    '192.0.02.0/24',
    '192.0.2',
    '2001:db8::/129',
    'fe80::1%eth0',
    '::ffff:192.0.2.0/24',
    'office',
    '192.0.2.0/24;10.0.0.0/8',
    '192.0.2.0/24 10.0.0.0/8',
  ])('%j', (value) => {
    for (const name of ['denylist-source-range', 'allowlist-source-range', 'whitelist-source-range']) {
      const settings = settingsOf({ [name]: value });
      expect(settings.spec.admission).toEqual({ defaultAction: 'Deny' });
      expect(saidOf(settings)).toEqual([`UnsupportedRestriction ${name}`]);
      expect(settings.restrictions[0]?.severity).toBe('error');
    }
  });
});
