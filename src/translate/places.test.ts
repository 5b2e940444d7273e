// In what two objects of one host differ, in words for whoever wrote them.
import { expect, test } from 'vitest';
import type { SiteTls } from '../model/configuration.ts';
import { tlsDifferences, tlsText } from './places.ts';

const tls: SiteTls = {
  certificate: 'chat/tls',
  minVersion: '1.2',
  hsts: undefined,
  clientCertificate: undefined,
};
const clientCertificate = { mode: 'Require', source: 'Secret chat/ca', authorities: undefined } as const;

test.each<readonly [Partial<SiteTls> | undefined, string]>([
  [undefined, 'one of them has no TLS'],
  [{ certificate: 'chat/other' }, 'the Secret with the certificate'],
  [{ minVersion: '1.3' }, 'minVersion'],
  [{ hsts: 'max-age=1' }, 'hsts'],
  [{ clientCertificate }, 'certificates of clients'],
  [{ minVersion: '1.3', clientCertificate }, 'minVersion and certificates of clients'],
])('%j: %s', (other, expected) => {
  const texts = [tlsText(tls), tlsText(other && { ...tls, ...other })] as const;
  expect(tlsDifferences(texts[0], texts[1])).toBe(expected);
  expect(tlsDifferences(texts[1], texts[0])).toBe(expected);
});
