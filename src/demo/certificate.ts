// The demo's certificate: an authority that nobody knows yet, and a certificate of it for the site.
import { generate } from 'selfsigned';

/** All in PEM. */
export type DemoCertificate = {
  /** What clients are told to trust. */
  readonly authority: string;
  readonly chain: string;
  readonly privateKey: string;
};

const HOUR_MS = 3_600_000;
const VALID_MS = 30 * 24 * HOUR_MS;

/** @param nowMs milliseconds since 1970; the certificate is good from an hour before for 30 days */
export async function generateCertificate(host: string, nowMs: number): Promise<DemoCertificate> {
  const shared = {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(nowMs - HOUR_MS),
    notAfterDate: new Date(nowMs + VALID_MS),
  } as const;
  const authority = await generate([{ name: 'commonName', value: 'mattermost-ingress demo authority' }], {
    ...shared,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const site = await generate([{ name: 'commonName', value: host }], {
    ...shared,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: host }] },
    ],
  });
  return { authority: authority.cert, chain: site.cert, privateKey: site.private };
}
