// What the workers are started with: listeners from the options, keys from files or from chance.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { generate } from 'selfsigned';
import type { Options } from '../options/options.ts';
import type { DataPlaneSettings } from '../proxy/data-plane.ts';
import type { LoadKey } from './cluster-writer.ts';

const CERTIFICATE_YEARS = 10;
const YEAR_MS = 365 * 86_400_000;
const TICKET_SECRET_BYTES = 48;
const STICKY_KEY_BYTES = 32;
const MIN_STICKY_KEY_LENGTH = 16;

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

/** Keys of the cookie tokens; the first one signs, the others are still recognised. */
export async function readStickyKeys(
  { stickyKeyFile: file, stickyKeySecret: secret }: Options,
  loadKey: LoadKey | undefined,
): Promise<readonly Uint8Array[]> {
  if (secret !== undefined && loadKey !== undefined) {
    const form = { field: 'keys', form: 'text', randomBytes: STICKY_KEY_BYTES } as const;
    return stickyKeysIn(Buffer.from(await loadKey(secret, form)).toString('utf8'), `Secret ${secret}`);
  }
  if (file === undefined) return [randomBytes(STICKY_KEY_BYTES)];
  return stickyKeysIn(await readFile(file, 'utf8'), `--sticky-key-file ${file}`);
}

function stickyKeysIn(text: string, title: string): readonly Uint8Array[] {
  const lines = text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '');
  if (keys.length === 0 || keys.some((key) => key.length < MIN_STICKY_KEY_LENGTH)) {
    throw new Error(
      `${title} must hold one key a line, each of at least ${MIN_STICKY_KEY_LENGTH} characters`,
    );
  }
  return keys.map((key) => Buffer.from(key, 'utf8'));
}
