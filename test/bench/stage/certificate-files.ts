// The certificate that all proxies of a run show: ECDSA on P-256, made for the run.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../../support/certificates.ts';
import { HOST } from '../peers/host.ts';
import type { CertificateFiles } from './proxy-kind.ts';

export async function writeCertificate(folder: string): Promise<CertificateFiles> {
  const { certificate, key } = await makeCertificate(HOST);
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    certificate: write('certificate.pem', certificate),
    key: write('key.pem', key),
    both: write('certificate-and-key.pem', `${certificate}\n${key}`),
  };
}
