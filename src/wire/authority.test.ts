// Rows H2 and H3: what counts as a host, and that equal hosts come out equal.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Authority, parseAuthority } from './authority.ts';

const label63 = 'a'.repeat(63);
const longest = `${label63}.${label63}.${label63}.${'a'.repeat(61)}`;

test.each<{ text: string; authority: Authority }>([
  { text: 'a', authority: { hostname: 'a', port: undefined } },
  { text: 'A.Test:443', authority: { hostname: 'a.test', port: 443 } },
  { text: 'a.test.', authority: { hostname: 'a.test', port: undefined } },
  { text: 'a.test.:8080', authority: { hostname: 'a.test', port: 8080 } },
  { text: 'xn--bcher-kva.example', authority: { hostname: 'xn--bcher-kva.example', port: undefined } },
  { text: '192.0.2.1:80', authority: { hostname: '192.0.2.1', port: 80 } },
  { text: '[2001:DB8::1]', authority: { hostname: '[2001:db8::1]', port: undefined } },
  { text: '[::1]:65535', authority: { hostname: '[::1]', port: 65_535 } },
  { text: longest, authority: { hostname: longest, port: undefined } },
])('$text is a host', ({ text, authority }) => {
  expect(parseAuthority(text)).toEqual(authority);
});

const refused = [
  ['', ' ', '.', '..', 'a..b', '.a', 'a..', '-a', 'a-', 'a.-b', 'a-.b'],
  ['u@a', 'u:p@a', 'a/', 'a/b', 'a?b', 'a#b', 'a\\b', 'a b', ' a', 'a ', 'a%62', 'a,b', 'a, b', 'a;b'],
  ['a:', 'a:b', 'a:0', 'a:65536', 'a:99999', 'a:-1', 'a:+80', 'a:80a', 'a:8 0', 'a:80:80', 'a:0x50', ':80'],
  ['a:000080', 'a_b', '*', '*.a', 'a\tb', 'a\0', '\x7f', 'b\xfccher', 'a\xa0'],
  ['[', ']', '[]', '[::1', '::1', '::1]', '[::1]x', '[::1]]', '[[::1]', '[::1]:', '[::1]:b', 'a[::1]'],
  ['[::1%25eth0]', '[::1%eth0]', '[fe80::1%1]', '[1.2.3.4]', '[v1.a]', '[::g]', '[::1]:0', '[::1]80'],
  [`${longest}a`],
].flat();

test.each(refused)('%j is no host', (text) => {
  expect(parseAuthority(text)).toBeUndefined();
});

test('never throws, and a host it gives is read the same again', () => {
  const chars = 'abAB019.-:[]%@/, '.split('').map((char) => fc.constant(char));
  const near = fc.array(fc.oneof(...chars), { maxLength: 12 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.oneof(near, fc.string({ unit: 'binary' }), fc.ipV6(), fc.domain()), (text) => {
      const authority = parseAuthority(text);
      if (authority === undefined) return;
      expect(parseAuthority(authority.hostname)).toEqual({ hostname: authority.hostname, port: undefined });
      expect(parseAuthority(text.toUpperCase())).toEqual(authority);
    }),
    { numRuns: 1000 },
  );
});
