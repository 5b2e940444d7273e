// Which origins may open a WebSocket.
import { expect, test } from 'vitest';
import { isAllowedOrigin } from './upgrade.ts';

const site = 'https://chat.example.com';

test.each([
  // Origin, Host, SiteURL, allowed
  [undefined, 'any', site, true],
  [undefined, 'any', '', true],
  ['https://chat.example.com', 'internal:8065', site, true],
  ['HTTPS://CHAT.example.com', 'internal:8065', site, true],
  ['https://chat.example.com', 'internal:8065', `${site}/chat`, true],
  ['http://chat.example.com', 'chat.example.com', site, false],
  ['https://evil.example.com', 'chat.example.com', site, false],
  ['https://chat.example.com.evil.com', 'chat.example.com', site, false],
  ['https://chat.example.com:8443', 'chat.example.com', site, false],
  ['https://chat.example.com:8443', 'chat.example.com', `${site}:8443`, true],
  ['null', 'chat.example.com', site, false],
  ['null', 'chat.example.com', '', false],
  ['', 'chat.example.com', site, false],
  ['https://chat.example.com', 'chat.example.com', '', true],
  ['http://chat.example.com', 'CHAT.example.com', '', true],
  ['https://evil.example.com', 'chat.example.com', '', false],
  ['https://chat.example.com:8443', 'chat.example.com:8443', '', true],
] as const)('Origin %s, Host %s, SiteURL %j: %s', (origin, host, siteUrl, allowed) => {
  expect(isAllowedOrigin(origin, host, siteUrl)).toBe(allowed);
});
