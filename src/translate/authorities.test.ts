// Whose certificates of clients are believed: those of ca.crt alone, and none where revoked ones would be let in.
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import { brief, ingress, objectSet, secret, service, SETTINGS } from './test-objects.ts';
import { EMPTY_MEMORY, translate } from './translate.ts';

const made = await generate([{ name: 'commonName', value: 'devices' }], {
  keyType: 'ec',
  algorithm: 'sha256',
});
const PEM = new X509Certificate(made.cert).toString();
const HOST = 'chat.example.com';

/** An Ingress with TLS whose annotations demand certificates of the authorities in this Secret. */
function translated(texts: Readonly<Record<string, string>>) {
  const asking = ingress('chat/mattermost', [[HOST, '/']], {
    annotations: { 'nginx.ingress.kubernetes.io/auth-tls-secret': 'chat/devices' },
    tls: [{ hosts: [HOST], secretName: 'tls' }],
  });
  const tls = secret('chat/tls', { 'tls.crt': PEM, 'tls.key': made.private });
  const objects = objectSet(asking, service('chat/mattermost'), tls, secret('chat/devices', texts));
  const { configuration, findings } = translate(objects, SETTINGS, EMPTY_MEMORY);
  const [site] = configuration.sites.values();
  return {
    asked: site?.service.kind === 'open' ? site.service.tls?.clientCertificate : undefined,
    errors: brief(findings.filter(({ reason }) => reason.startsWith('Secret'))),
  };
}

describe('authorities of clients', () => {
  test('stand in ca.crt', () => {
    const { asked, errors } = translated({ 'ca.crt': PEM });
    expect(asked).toEqual({ mode: 'Require', source: 'Secret chat/devices', authorities: PEM });
    expect(errors).toEqual([]);
  });

  test.each([
    ['there is only a certificate of a host', { 'tls.crt': PEM }],
    ['some of theirs are revoked', { 'ca.crt': PEM, 'ca.crl': 'revoked' }],
    ['revoked ones are listed without any', { 'ca.crt': PEM, 'ca.crl': '' }],
    ['there are none', { 'ca.crt': '' }],
  ])('are not believed where %s: certificates are demanded, and nobody has one', (_, texts) => {
    const { asked, errors } = translated(texts);
    expect(asked).toMatchObject({ mode: 'Require', authorities: undefined });
    expect(errors).toEqual([expect.stringMatching(/^SecretInvalid /u)]);
  });
});
