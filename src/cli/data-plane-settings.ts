// What the workers are started with: listeners from the options, keys from files or from chance.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { generate } from 'selfsigned';
import type { Options } from '../options/options.ts';
import type { DataPlaneSettings } from '../proxy/data-plane.ts';

const CERTIFICATE_YEARS = 10;
const YEAR_MS = 365 * 86_400_000;
const TICKET_KEY_BYTES = 48;
const MIN_STICKY_KEY_LENGTH = 16;

export async function dataPlaneSettings(
  options: Options,
  secretDigestKey: Uint8Array,
): Promise<DataPlaneSettings> {
  const { bindAddress, httpPort, httpsPort, legacyHttpsPort, trustedProxies, proxyProtocolFrom } = options;
  return {
    bindAddress,
    httpPort,
    httpsPort,
    legacyHttpsPort,
    redirectHttpsPort: options.redirectHttpsPort,
    trustedProxies,
    proxyProtocolFrom,
    secretDigestKey,
    ticketKeys: await readTicketKeys(options.ticketKeyFile),
    defaultCertificate: await selfSignedCertificate(),
    defaultCertificateKey: options.defaultTlsSecret,
    refusesUnknownNames: options.refusesUnknownNames,
    maxConnections: Math.ceil(options.maxConnections / options.workers),
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

async function readTicketKeys(file: string | undefined): Promise<Uint8Array> {
  if (file === undefined) return randomBytes(TICKET_KEY_BYTES);
  const keys = await readFile(file);
  if (keys.length === TICKET_KEY_BYTES) return keys;
  throw new Error(`--ticket-key-file ${file} must hold ${TICKET_KEY_BYTES} bytes, not ${keys.length}`);
}

/** Keys of the cookie tokens; the first one signs, the others are still recognised. */
export async function readStickyKeys(file: string | undefined): Promise<readonly Uint8Array[]> {
  if (file === undefined) return [randomBytes(32)];
  const lines = (await readFile(file, 'utf8')).split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '');
  if (keys.length === 0 || keys.some((key) => key.length < MIN_STICKY_KEY_LENGTH)) {
    throw new Error(
      `--sticky-key-file ${file} must hold one key a line, each of at least ${MIN_STICKY_KEY_LENGTH} characters`,
    );
  }
  return keys.map((key) => Buffer.from(key, 'utf8'));
}
