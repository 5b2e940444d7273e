// The certificate of the demo as OpenSSL reads it.
import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { generateCertificate } from './certificate.ts';

test('clients that trust the authority trust the site by its name, and nothing else is an authority', async () => {
  const nowMs = Date.UTC(2026, 0, 1);
  const made = await generateCertificate('chat.example.com', nowMs);
  const authority = new X509Certificate(made.authority);
  const site = new X509Certificate(made.chain);
  expect([authority.ca, site.ca]).toEqual([true, false]);
  expect(site.checkIssued(authority) && site.verify(authority.publicKey)).toBe(true);
  expect(authority.checkIssued(site)).toBe(false);
  expect(site.checkHost('chat.example.com')).toBe('chat.example.com');
  expect(site.checkHost('other.example.com')).toBeUndefined();
  expect(site.validFromDate.getTime()).toBeLessThan(nowMs);
  expect(site.validToDate.getTime()).toBeGreaterThan(nowMs + 7 * 86_400_000);
  expect(made.privateKey).toContain('PRIVATE KEY');
});
