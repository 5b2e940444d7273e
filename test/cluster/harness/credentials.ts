// What a control plane is trusted by and trusts: a serving certificate, keys of service accounts, the administrator.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

/** How an API server is reached, and as whom. */
export type Access = {
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  readonly token: string;
};

/**
 * Writes into the folder what the API server reads from there.
 * @param address where it listens
 * @returns authority and token of the administrator
 */
export async function writeCredentials(
  folder: string,
  address: string,
): Promise<Pick<Access, 'ca' | 'token'>> {
  const serving = await generate([{ name: 'commonName', value: 'kube-apiserver' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: address }] },
    ],
  });
  const accounts = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const token = randomBytes(16).toString('hex');
  const files = {
    'apiserver.crt': serving.cert,
    'apiserver.key': serving.private,
    'sa.pub': accounts.publicKey.export({ type: 'spki', format: 'pem' }),
    'sa.key': accounts.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    'tokens.csv': `${token},admin,admin,"system:masters"\n`,
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
  }
  return { ca: serving.cert, token };
}

/** As JSON, which is YAML. */
export function kubeconfigOf({ server, ca, token }: Access): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [
      {
        name: 'test',
        cluster: { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') },
      },
    ],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  });
}
