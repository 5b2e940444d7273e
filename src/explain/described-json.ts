// A described request as it comes over the admin port: from anybody, so that every part of it is looked at.
import type { DescribedRequest } from './described-request.ts';
import { parseAddress } from '../model/address.ts';

type Json = Readonly<Record<string, unknown>>;

/** Of each part whether it is one, and what it must be. */
const PARTS: Readonly<Record<keyof DescribedRequest, readonly [(value: unknown) => boolean, string]>> = {
  method: [isText, 'text'],
  target: [isText, 'text'],
  version: [isOneOf('1.0', '1.1', '2'), '1.0, 1.1 or 2'],
  fields: [isFields, 'a list of pairs of texts'],
  from: [(value) => isText(value) && parseAddress(value) !== undefined, 'an IP address'],
  port: [(value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535, 'a port'],
  tls: [
    (value) => value === undefined || isTls(value),
    'absent, or have version 1.1, 1.2 or 1.3 and hasCertificate',
  ],
  session: [isOneOf('valid', 'invalid', 'unknown'), 'valid, invalid or unknown'],
};

/** Else what is wrong with it, naming the part. */
export function readDescribed(sent: unknown): DescribedRequest | string {
  if (!isMap(sent)) return 'A request must be a JSON object';
  for (const [name, [isPart, wanted]] of Object.entries(PARTS))
    if (!isPart(sent[name])) return `${name} must be ${wanted}`;
  return sent as unknown as DescribedRequest;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isOneOf(...words: readonly string[]): (value: unknown) => boolean {
  return (value) => isText(value) && words.includes(value);
}

function isMap(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFields(value: unknown): boolean {
  return Array.isArray(value) && value.every(isPair);
}

function isPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(isText);
}

function isTls(value: unknown): boolean {
  if (!isMap(value)) return false;
  const { serverName, version, hasCertificate } = value;
  const isName = serverName === undefined || isText(serverName);
  return isName && isOneOf('1.1', '1.2', '1.3')(version) && typeof hasCertificate === 'boolean';
}
