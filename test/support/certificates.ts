// Certificates for tests, made when they are needed: each is its own authority, so that trusting it trusts nothing else.
import { generate } from 'selfsigned';

export type Pair = { readonly certificate: string; readonly key: string };

/** A certificate for these DNS names. Two calls with the same names give two certificates. */
export function makeCertificate(...names: readonly string[]): Promise<Pair> {
  return makeCertificateFor(names, {});
}

/** @param notAfterDate when it runs out, which may be past */
export function makeCertificateUntil(notAfterDate: Date, ...names: readonly string[]): Promise<Pair> {
  const notBeforeDate = new Date(notAfterDate.getTime() - 90 * 86_400_000);
  return makeCertificateFor(names, { notBeforeDate, notAfterDate });
}

type Dates = { readonly notBeforeDate?: Date; readonly notAfterDate?: Date };

async function makeCertificateFor(names: readonly string[], dates: Dates): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: names[0] ?? '' }], {
    ...dates,
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: names.map((value) => ({ type: 2, value })) },
    ],
  });
  return { certificate: made.cert, key: made.private };
}

/** A certificate that an authority has issued to a client. */
export async function makeClientCertificate(name: string, authority: Pair): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    ca: { key: authority.key, cert: authority.certificate },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'extKeyUsage', clientAuth: true },
    ],
  });
  return { certificate: made.cert, key: made.private };
}
