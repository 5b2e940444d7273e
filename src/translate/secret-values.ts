// The Secret behind a secretRef -> digests of the values it accepts. Values never leave this file.
import { createHmac } from 'node:crypto';
import type { Secret } from '../api/objects.ts';
import type { SecretValue } from '../model/configuration.ts';
import type { Lookup } from './lookup.ts';
import type { Report } from './problem.ts';

export type SecretSource = {
  readonly secrets: Lookup<Secret>;
  readonly namespace: string;
  /** Key of the digests; drawn once by the process (row A2). */
  readonly digestKey: Uint8Array;
};

/** Shorter ones could be guessed over the network. */
const MIN_SECRET_BYTES = 16;

/**
 * The accepted values of a Secret, ordered by key. Empty when the Secret is missing or no key is of use: the rule
 * then matches nobody. What is left out is reported by the name of its key, never by its value.
 */
export function readSecretValues(
  target: { readonly name: string; readonly field: string },
  source: SecretSource,
  report: Report,
): readonly SecretValue[] {
  const title = `Secret ${source.namespace}/${target.name}`;
  const secret = source.secrets.get(`${source.namespace}/${target.name}`);
  if (secret === undefined) {
    report({
      severity: 'error',
      field: target.field,
      reason: 'SecretNotFound',
      message: `${title} is missing, so that its rule matches nobody`,
      remedy: 'Create the Secret with at least one key whose value has 16 bytes or more',
    });
    return [];
  }
  const values: SecretValue[] = [];
  for (const key of Object.keys(secret.data).toSorted()) {
    const read = readValue(secret.data[key] ?? '');
    if (read.kind === 'usable') values.push({ key, digest: digest(read.value, source.digestKey) });
    else report(unusableKey(target.field, `${title} key ${JSON.stringify(key)} ${read.fault}`));
  }
  if (values.length === 0) {
    report({
      severity: 'error',
      field: target.field,
      reason: 'SecretInvalid',
      message: `${title} has no usable key, so that its rule matches nobody`,
      remedy: 'Give it a key whose value has 16 bytes or more of printable ASCII',
    });
  }
  return values;
}

type ReadValue =
  | { readonly kind: 'usable'; readonly value: string }
  | { readonly kind: 'unusable'; readonly fault: string };

function readValue(base64: string): ReadValue {
  const bytes = decodeBase64(base64);
  if (bytes === undefined) return { kind: 'unusable', fault: 'is not base64' };
  const value = bytes.toString('latin1').replace(/^[\t\n\v\f\r ]+|[\t\n\v\f\r ]+$/gu, '');
  if (value.length < MIN_SECRET_BYTES) {
    return { kind: 'unusable', fault: `has fewer than ${MIN_SECRET_BYTES} bytes` };
  }
  // What a header line cannot carry unchanged could never be shown by a client (RFC 9110 section 5.5).
  if (!/^[ -~]+$/u.test(value)) return { kind: 'unusable', fault: 'holds bytes other than printable ASCII' };
  return { kind: 'usable', value };
}

/** The bytes of a value of a Secret; undefined where it is no base64, which Node would read with holes. */
export function decodeBase64(text: string): Buffer | undefined {
  const compact = text.replace(/[\r\n]/gu, '');
  if (compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/u.test(compact)) return undefined;
  return Buffer.from(compact, 'base64');
}

function digest(value: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(value, 'latin1').digest('hex');
}

function unusableKey(field: string, message: string) {
  return {
    severity: 'warning',
    field,
    reason: 'SecretInvalid',
    message: `${message} and is left out`,
    remedy: 'Replace its value by 16 bytes or more of printable ASCII, for example from openssl rand -hex 32',
  } as const;
}
