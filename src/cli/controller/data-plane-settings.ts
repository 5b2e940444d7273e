// What the workers are started with: listeners from the options, keys from files or from chance.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { generate } from 'selfsigned';
import type { Options } from '../../options/options.ts';
import type { DataPlaneSettings } from '../../proxy/data-plane.ts';
import type { LoadKey } from './cluster-writer.ts';

const CERTIFICATE_YEARS = 10;
const YEAR_MS = 365 * 86_400_000;
const TICKET_SECRET_BYTES = 48;

export async function dataPlaneSettings(
  options: Options,
  secretDigestKey: Uint8Array,
  loadKey: LoadKey | undefined,
): Promise<DataPlaneSettings> {
  const { bindAddress, httpPort, httpsPort, legacyHttpsPort, trustedProxies, proxyProtocolFrom } = options;
  return {
    bindAddress,
    httpPort,
    httpsPort,
    legacyHttpsPort,
    http2: options.http2,
    redirectHttpsPort: options.redirectHttpsPort,
    trustedProxies,
    proxyProtocolFrom,
    secretDigestKey,
    ticketSecret: await readTicketSecret(options, loadKey),
    defaultCertificate: await selfSignedCertificate(),
    defaultCertificateKey: options.defaultTlsSecret,
    refusesUnknownNames: options.refusesUnknownNames,
    maxConnections: Math.ceil(options.maxConnections / options.workers),
    maxBackendConnections: Math.ceil(options.maxBackendConnections / options.workers),
    limits: options,
  };
}

/** Shown to clients that name no host we have a certificate for. */
async function selfSignedCertificate(): Promise<DataPlaneSettings['defaultCertificate']> {
  const made = await generate([{ name: 'commonName', value: 'mattermost-ingress default certificate' }], {
    keyType: 'ec',
    notAfterDate: new Date(Date.now() + CERTIFICATE_YEARS * YEAR_MS),
  });
  return { chain: made.cert, privateKey: made.private };
}

async function readTicketSecret(
  { ticketKeyFile: file, ticketKeySecret: secret }: Options,
  loadKey: LoadKey | undefined,
): Promise<Uint8Array> {
  if (secret !== undefined && loadKey !== undefined)
    return loadKey(secret, { field: 'key', form: 'bytes', randomBytes: TICKET_SECRET_BYTES });
  if (file === undefined) return randomBytes(TICKET_SECRET_BYTES);
  const keys = await readFile(file);
  if (keys.length === TICKET_SECRET_BYTES) return keys;
  throw new Error(`--ticket-key-file ${file} must hold ${TICKET_SECRET_BYTES} bytes, not ${keys.length}`);
}
