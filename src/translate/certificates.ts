// TLS Secrets -> certificates that can be served. A Secret that breaks or vanishes leaves its last good one in use.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Secret } from '../api/objects.ts';
import type { Certificate } from '../model/configuration.ts';
import { messageOf } from '../model/error-message.ts';
import { wildcardOf } from './host-patterns.ts';
import type { Lookup } from './lookup.ts';
import type { Problem, Report } from './problem.ts';
import { decodeBase64 } from './secret-values.ts';

/** A certificate as remembered from one translation to the next. */
export type GoodCertificate = {
  readonly certificate: Certificate;
  /** DNS names it is valid for (subjectAltName; clients have ceased to look at the subject). */
  readonly dnsNames: readonly string[];
  /** The Secret's data it was read from: as long as these are the same, nothing is parsed again. */
  readonly source: SecretPair;
};

type SecretPair = { readonly chain: string | undefined; readonly key: string | undefined };

/** What became of one Secret: something to serve, something to complain of, or both. */
export type CertificateReading = {
  readonly good: GoodCertificate | undefined;
  readonly fault: Pick<Problem, 'reason' | 'message' | 'remedy'> | undefined;
  readonly isExpired: boolean;
};

/** What a policy wants of a certificate. */
export type CertificateUse = {
  /** `namespace/name` of the Secret. */
  readonly key: string;
  /** Field of the policy that names it. */
  readonly field: string;
  /** Hosts it should be valid for; none for a certificate shown to backends. */
  readonly hosts: readonly string[];
};

/** Other types may hold the same two keys; where they do not, the type tells why. */
const TLS_TYPE = 'kubernetes.io/tls';
/** OpenSSL refuses to serve shorter ones (security level 2). */
const MIN_RSA_BITS = 2048;

export type CertificateSource = {
  readonly secrets: Lookup<Secret>;
  /** The readings of the last translation: a good one outlives its Secret. */
  readonly remembered: ReadonlyMap<string, CertificateReading>;
  readonly nowMs: number;
};

/** Reads a TLS Secret when it is first asked for, and each once; the same reading as before where nothing changed. */
export class CertificateShelf implements Lookup<CertificateReading> {
  readonly #source: CertificateSource;
  readonly #readings = new Map<string, CertificateReading>();

  constructor(source: CertificateSource) {
    this.#source = source;
  }

  get(key: string): CertificateReading {
    const known = this.#readings.get(key);
    if (known !== undefined) return known;
    const { secrets, remembered, nowMs } = this.#source;
    const before = remembered.get(key);
    const { good, fault } = readCertificate(key, secrets.get(key), before?.good);
    const isExpired = good !== undefined && good.certificate.notAfterMs <= nowMs;
    const isSame = before?.good === good && before?.isExpired === isExpired;
    const reading =
      before !== undefined && isSame && before.fault?.message === fault?.message
        ? before
        : { good, fault, isExpired };
    this.#readings.set(key, reading);
    return reading;
  }

  /** What was asked for. */
  get readings(): ReadonlyMap<string, CertificateReading> {
    return this.#readings;
  }
}

/** The certificate to use, if any; reports what is wrong with it and with its Secret. */
export function takeCertificate(
  use: CertificateUse,
  readings: Lookup<CertificateReading>,
  report: Report,
): Certificate | undefined {
  const { field } = use;
  const reading = readings.get(use.key);
  if (reading?.fault !== undefined) {
    const kept = reading.good === undefined ? '' : '; the last good certificate stays in use';
    report({ severity: 'error', field, ...reading.fault, message: `${reading.fault.message}${kept}` });
  }
  const good = reading?.good;
  if (good === undefined) return undefined;
  for (const host of use.hosts.filter((name) => !isNamed(good.dnsNames, name))) {
    report({
      severity: 'warning',
      field,
      reason: 'CertificateNames',
      message: `The certificate in Secret ${use.key} does not name ${host}`,
      remedy: 'Put a certificate for all hosts of the policy into the Secret',
    });
  }
  if (reading?.isExpired === true) {
    report({
      severity: 'warning',
      field,
      reason: 'CertificateExpired',
      message: `The certificate in Secret ${use.key} expired at ${new Date(good.certificate.notAfterMs).toISOString()}`,
      remedy: 'Renew the certificate in the Secret',
    });
  }
  return good.certificate;
}

/** The certificates of a PEM text, leaf first; undefined where it holds none or one that cannot be read. */
export function parseCertificates(pem: string): readonly X509Certificate[] | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/gu) ?? [];
  if (blocks.length === 0 || blocks.length !== pem.split('-----BEGIN CERTIFICATE-----').length - 1) {
    return undefined;
  }
  try {
    return blocks.map((block) => new X509Certificate(block));
  } catch {
    return undefined;
  }
}

function readCertificate(
  key: string,
  secret: Secret | undefined,
  remembered: GoodCertificate | undefined,
): Omit<CertificateReading, 'isExpired'> {
  if (secret === undefined) {
    const remedy = 'Create the Secret with tls.crt and tls.key in PEM, or mend its name';
    const fault = { reason: 'SecretNotFound', message: `Secret ${key} is missing`, remedy } as const;
    return { good: remembered, fault };
  }
  const source = { chain: secret.data['tls.crt'], key: secret.data['tls.key'] };
  if (remembered !== undefined && isSame(remembered.source, source)) {
    return { good: remembered, fault: undefined };
  }
  const parsed = parsePair(key, source);
  if (typeof parsed !== 'string') return { good: parsed, fault: undefined };
  const remedy =
    'Put the certificate, leaf first, into tls.crt and its unencrypted key into tls.key, both as PEM';
  const isOther = secret.type !== undefined && secret.type !== TLS_TYPE;
  const title = isOther ? `Secret ${key} of type ${secret.type}` : `Secret ${key}`;
  const fault = { reason: 'SecretInvalid', message: `${title}: ${parsed}`, remedy } as const;
  return { good: remembered, fault };
}

function isSame(a: SecretPair, b: SecretPair): boolean {
  return a.chain === b.chain && a.key === b.key;
}

/** The pair as a certificate, or what is wrong with it in words that hold nothing of it. */
function parsePair(key: string, source: SecretPair): GoodCertificate | string {
  const certificates = parseCertificates(decodePem(source.chain)) ?? [];
  const [leaf] = certificates;
  if (leaf === undefined) return 'tls.crt holds no readable certificate';
  const privateKey = decodePem(source.key);
  const fault = findFault(leaf, privateKey);
  if (fault !== undefined) return fault;
  const chain = certificates.map((certificate) => certificate.toString()).join('');
  const refusal = refusalOf(chain, privateKey);
  if (refusal !== undefined) return `OpenSSL does not take tls.crt: ${refusal}`;
  return {
    certificate: { key, chain, privateKey, notAfterMs: leaf.validToDate.getTime() },
    dnsNames: dnsNames(leaf),
    source,
  };
}

function decodePem(base64: string | undefined): string {
  return decodeBase64(base64 ?? '')?.toString('latin1') ?? '';
}

function findFault(leaf: X509Certificate, privateKey: string): string | undefined {
  const bits = leaf.publicKey.asymmetricKeyDetails?.modulusLength ?? MIN_RSA_BITS;
  if (bits < MIN_RSA_BITS) return `the key of tls.crt has ${bits} bits, at least ${MIN_RSA_BITS} are needed`;
  const match = matchesKey(leaf, privateKey);
  if (match === undefined) return 'tls.key holds no readable private key';
  return match ? undefined : 'tls.key does not belong to the first certificate in tls.crt';
}

/** Undefined where the key cannot be read at all. */
function matchesKey(leaf: X509Certificate, privateKey: string): boolean | undefined {
  try {
    return leaf.checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    return undefined;
  }
}

/** What OpenSSL itself says of keys, those of authorities in the chain included: it would throw at each connection. */
function refusalOf(chain: string, privateKey: string): string | undefined {
  try {
    createSecureContext({ cert: chain, key: privateKey, ca: [] });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function dnsNames(leaf: X509Certificate): readonly string[] {
  const names = (leaf.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('DNS:'));
  return names.map((name) => name.slice('DNS:'.length).toLowerCase());
}

/** RFC 9525 section 6.3: the same name, or a wildcard for its first label. */
function isNamed(names: readonly string[], host: string): boolean {
  const wildcard = wildcardOf(host);
  return names.includes(host) || (wildcard !== undefined && names.includes(wildcard));
}
