// The texts of flags into values; each throws an Error that says what is wanted.
import { isCanonicalCidr } from '../api/cidr.ts';
import { parseDurationMs } from '../api/quantities.ts';
import type { AddressRanges } from '../model/configuration.ts';
import { LOG_LEVELS, type LogLevel } from '../observe/log.ts';
import { compileRanges, NO_ADDRESSES } from '../translate/address-ranges.ts';
import type { HostNamespace, SecretsMode } from './options.ts';

/** Opens no such listener, forbids no network. */
export const OFF = 'off';
/** The default of what need not be given. */
export const NONE = '';
/** Timers of Node end at once where they are given more than 31 bits of milliseconds, which are 596 hours. */
const MAX_HOURS = 500;

/** Of a DNS name (RFC 1123): as namespaces are named, and each part of most other names. */
const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

const SECRETS_MODES: readonly SecretsMode[] = ['cluster', 'namespaces', 'named'];

export function text(value: string): string {
  if (value === '') throw new Error('must not be empty');
  return value;
}

export function optionalText(value: string): string | undefined {
  return value === NONE ? undefined : value;
}

export function count(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^[0-9]{1,8}$/.test(value) && number >= min && number <= max) return number;
    throw new Error(`must be a whole number from ${min} to ${max}`);
  };
}

export function somePort(value: string): number {
  return count(0, 65_535)(value);
}

export function port(value: string): number | undefined {
  return value === OFF ? undefined : somePort(value);
}

export function duration(value: string): number {
  const durationMs = value === '0' ? 0 : parseDurationMs(value);
  if (durationMs === undefined) throw new Error('must be a duration such as 30s, 1m30s or 500ms');
  if (durationMs > MAX_HOURS * 3_600_000) throw new Error(`must be at most ${MAX_HOURS}h`);
  return durationMs;
}

export function cidrs(value: string): AddressRanges {
  if (value === NONE) return NO_ADDRESSES;
  const networks = value.split(',').map((part) => part.trim());
  const ranges = networks.every(isCanonicalCidr) ? compileRanges(networks) : undefined;
  if (ranges === undefined) {
    throw new Error('must be a list such as 192.0.2.0/24,2001:db8::/32, without bits behind the prefix');
  }
  return ranges;
}

export function deniedCidrs(value: string): AddressRanges | undefined {
  if (value === NONE) return undefined;
  return value === OFF ? NO_ADDRESSES : cidrs(value);
}

export function namespaces(value: string): readonly string[] {
  if (value === NONE) return [];
  const names = value.split(',').map((name) => name.trim());
  if (names.every((name) => LABEL.test(name))) return [...new Set(names)];
  throw new Error('must be names of namespaces, several separated by commas');
}

export function namespace(value: string): string {
  if (LABEL.test(value)) return value;
  throw new Error('must be the name of a namespace: up to 63 small letters, digits and dashes');
}

export function optionalNamespace(value: string): string | undefined {
  return value === NONE ? undefined : namespace(value);
}

export function className(value: string): string {
  if (value.length <= 253 && value.split('.').every((label) => LABEL.test(label))) return value;
  throw new Error('must be the name of an IngressClass: small letters, digits, dashes and dots');
}

export function optionalClassName(value: string): string | undefined {
  return value === NONE ? undefined : className(value);
}

export function secretName(value: string): string | undefined {
  if (value === NONE) return undefined;
  if (!/^[a-z0-9.-]+\/[a-z0-9.-]+$/.test(value))
    throw new Error('must be NAMESPACE/NAME of a kubernetes.io/tls Secret');
  return value;
}

export function objectName(value: string): string | undefined {
  if (value === NONE) return undefined;
  if (!/^[a-z0-9.-]+\/[a-z0-9.-]+$/.test(value)) throw new Error('must be NAMESPACE/NAME');
  return value;
}

export function words(value: string): readonly string[] {
  return value === NONE ? [] : value.split(',').map((word) => text(word.trim()));
}

export function yesOrNo(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new Error('must be true or false');
  return value === 'true';
}

export function onOrOff(value: string): boolean {
  if (value !== 'on' && value !== OFF) throw new Error(`must be on or ${OFF}`);
  return value === 'on';
}

export function secretsMode(value: string): SecretsMode {
  const mode = SECRETS_MODES.find((known) => known === value);
  if (mode === undefined) throw new Error(`must be one of ${SECRETS_MODES.join(', ')}`);
  return mode;
}

/** As the API server demands of spec.controller: a domain and a path. */
export function controllerName(value: string): string {
  if (/^[a-z0-9.-]+\/[A-Za-z0-9/._-]+$/.test(value) && value.length <= 128) return value;
  throw new Error(
    'must be a domain and a path such as mattermost-ingress.io/controller, 128 characters at most',
  );
}

export function serveOrRefuse(value: string): boolean {
  if (value !== 'serve' && value !== 'refuse') throw new Error('must be serve or refuse');
  return value === 'refuse';
}

export function hostNamespaces(value: string): readonly HostNamespace[] {
  if (value === NONE) return [];
  return value.split(',').map((pair) => {
    const match = /^((?:\*\.)?[a-z0-9.-]+)=([a-z0-9-]+)$/.exec(pair.trim());
    if (match === null) throw new Error('must be HOST=NAMESPACE, several separated by commas');
    return { host: match[1] ?? '', namespace: match[2] ?? '' };
  });
}

export function logLevel(value: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === value);
  if (level === undefined) throw new Error(`must be one of ${LOG_LEVELS.join(', ')}`);
  return level;
}
