// A certificate that OpenSSL does not take after all: it hurts the handshakes of its own host only (row S8).
import { X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { backend, endpoint, openSite, site } from '../../src/decide/test-objects.ts';
import { makeCertificate } from '../support/certificates.ts';
import { configuration, TestPlane } from '../support/data-plane.ts';
import { always, answer, RecordingBackend } from '../support/recording-backend.ts';
import { shakeHands } from '../support/tls-client.ts';

test('its host is shown the default certificate, every other host its own', async () => {
  const recorder = await RecordingBackend.start(always(answer('ok')));
  const [good, other] = await Promise.all([makeCertificate('good.test'), makeCertificate('broken.test')]);
  const shared = { chain: good.certificate, notAfterMs: Number.MAX_SAFE_INTEGER };
  const tls = (certificate: string) =>
    openSite({ tls: { certificate, minVersion: '1.2', hsts: undefined, clientCertificate: undefined } });
  const plane = await TestPlane.start(
    configuration(
      [site('good.test', tls('chat/good')), site('broken.test', tls('chat/broken'))],
      [backend([endpoint('node', { address: '127.0.0.1', port: recorder.port })])],
      [
        { key: 'chat/good', privateKey: good.key, ...shared },
        // The key of another certificate.
        { key: 'chat/broken', privateKey: other.key, ...shared },
      ],
    ),
    { https: true },
  );
  const shown = async (servername: string) => {
    const { certificate, answer: text } = await shakeHands({ port: plane.httpsPort, servername });
    expect(text).toMatch(/^HTTP\/1\.1 200 /);
    return new X509Certificate(certificate).subject;
  };
  expect(await shown('good.test')).toBe('CN=good.test');
  expect(await shown('broken.test')).toBe('CN=default.test');
  expect(await shown('good.test')).toBe('CN=good.test');
  await recorder.stop();
  await plane.close();
});
