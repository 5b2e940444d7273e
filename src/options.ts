// Flags and environment of `run` into one frozen Options. All mistakes are listed at once; nobody fixes one to meet the next.
import { parseDurationMs } from './api/quantities.ts';
import type { AddressRanges } from './model/configuration.ts';
import { LOG_LEVELS, type LogLevel } from './observe/log.ts';
import { compileRanges, NO_ADDRESSES } from './translate/address-ranges.ts';

export type HostNamespace = { readonly host: string; readonly namespace: string };

export type Options = {
  readonly manifests: string;
  readonly bindAddress: string;
  readonly httpPort: number | undefined;
  readonly httpsPort: number | undefined;
  readonly legacyHttpsPort: number | undefined;
  readonly redirectHttpsPort: number;
  readonly adminAddress: string;
  readonly adminPort: number;
  readonly workers: number;
  readonly maxEndpoints: number;
  readonly maxConnections: number;
  readonly hostNamespaces: readonly HostNamespace[];
  readonly denyEndpointRanges: AddressRanges;
  readonly trustedProxies: AddressRanges;
  readonly proxyProtocolFrom: AddressRanges;
  readonly defaultTlsSecret: string | undefined;
  readonly refusesUnknownNames: boolean;
  readonly stickyKeyFile: string | undefined;
  readonly ticketKeyFile: string | undefined;
  readonly shutdownDelayMs: number;
  readonly drainTimeoutMs: number;
  readonly logLevel: LogLevel;
};

/** One flag: what people read, and how its text becomes a value. A reader throws an Error that says what is wanted. */
type Flag<Value> = {
  readonly flag: string;
  readonly placeholder: string;
  readonly help: string;
  /** Text used when neither flag nor environment gives one; undefined makes the flag required. */
  readonly fallback: string | undefined;
  readonly read: (text: string) => Value;
};

/** Facts about the machine that defaults depend on. */
export type MachineFacts = { readonly cpus: number; readonly descriptors: number };

type FlagTable = { readonly [Name in keyof Options]: Flag<Options[Name]> };

const OFF = 'off';
const NONE = '';
/** Descriptors that are nobody's connection: files, the admin port, threads. */
const RESERVED_DESCRIPTORS = 256;

/** Every option of `run`, with defaults for this machine. */
export function flagTable(machine: MachineFacts): FlagTable {
  return {
    manifests: flag('manifests DIR', 'folder of YAML files to serve from; watched', undefined, text),
    ...listenerFlags(),
    ...limitFlags(machine),
    ...trustFlags(),
    ...keyFlags(),
    ...lifeFlags(),
  };
}

function listenerFlags() {
  return {
    bindAddress: flag('bind-address ADDRESS', 'address of the listeners; :: is all', '::', text),
    httpPort: flag(
      'http-port PORT',
      `port for plain HTTP; 0 picks a free one, ${OFF} opens none`,
      '8080',
      port,
    ),
    httpsPort: flag('https-port PORT', 'port for HTTPS', '8443', port),
    legacyHttpsPort: flag(
      'legacy-https-port PORT',
      'port that also speaks TLS 1.1, for hosts whose policy allows it',
      OFF,
      port,
    ),
    redirectHttpsPort: flag('redirect-https-port PORT', 'port that redirects to https name', '443', somePort),
    adminAddress: flag('admin-address ADDRESS', 'address of the admin port', '::', text),
    adminPort: flag('admin-port PORT', 'port of metrics and health', '10254', somePort),
  };
}

function limitFlags(machine: MachineFacts) {
  // A client's connection may need one to a backend.
  const connections = Math.max(64, Math.floor((machine.descriptors - RESERVED_DESCRIPTORS) / 2));
  return {
    workers: flag('workers N', 'worker threads', String(machine.cpus), count(1, 64)),
    maxEndpoints: flag(
      'max-endpoints N',
      'endpoints that can be served at a time',
      '8192',
      count(1, 1_000_000),
    ),
    maxConnections: flag(
      'max-connections N',
      'client connections over all workers',
      String(connections),
      count(1, 10_000_000),
    ),
  };
}

function trustFlags() {
  return {
    hostNamespaces: flag(
      'host-namespace HOST=NAMESPACE',
      'namespace that owns a host, whoever came first; repeatable',
      NONE,
      hostNamespaces,
    ),
    denyEndpointRanges: flag('deny-endpoint-cidrs CIDRS', 'networks no endpoint may lie in', NONE, cidrs),
    trustedProxies: flag(
      'trusted-proxies CIDRS',
      'proxies whose X-Forwarded-* fields are believed',
      NONE,
      cidrs,
    ),
    proxyProtocolFrom: flag(
      'proxy-protocol-from CIDRS',
      'load balancers that must send a PROXY header',
      NONE,
      cidrs,
    ),
  };
}

function keyFlags() {
  return {
    defaultTlsSecret: flag(
      'default-tls-secret NAMESPACE/NAME',
      'certificate for clients that name no served host',
      NONE,
      secretName,
    ),
    refusesUnknownNames: flag(
      'unknown-tls-names ACTION',
      'serve shows them the default certificate, refuse ends the handshake',
      'serve',
      serveOrRefuse,
    ),
    stickyKeyFile: flag(
      'sticky-key-file FILE',
      'keys of the sticky cookie, one a line, the first one signs; without it each process draws its own',
      NONE,
      optionalText,
    ),
    ticketKeyFile: flag(
      'ticket-key-file FILE',
      '48 bytes shared by replicas for TLS session tickets',
      NONE,
      optionalText,
    ),
  };
}

function lifeFlags() {
  return {
    shutdownDelayMs: flag(
      'shutdown-delay DURATION',
      'how long to go on accepting after SIGTERM',
      '30s',
      duration,
    ),
    drainTimeoutMs: flag(
      'drain-timeout DURATION',
      'how long connections may take to end after that',
      '60s',
      duration,
    ),
    logLevel: flag('log-level LEVEL', LOG_LEVELS.join(', '), 'info', logLevel),
  };
}

/** @param usage name and placeholder, as in `--name PLACEHOLDER` */
function flag<Value>(
  usage: string,
  help: string,
  fallback: string | undefined,
  read: (text: string) => Value,
): Flag<Value> {
  const [name = '', placeholder = ''] = usage.split(' ');
  return { flag: name, placeholder, help, fallback, read };
}

/** The environment variable that stands for a flag. */
export function environmentName(flagName: string): string {
  return `MATTERMOST_INGRESS_${flagName.toUpperCase().replaceAll('-', '_')}`;
}

export type Resolved =
  | { readonly kind: 'options'; readonly options: Options }
  | { readonly kind: 'errors'; readonly errors: readonly string[] };

/** @param given texts of the flags by option name; a flag beats the environment */
export function resolveOptions(
  given: Readonly<Record<string, string | undefined>>,
  environment: Readonly<Record<string, string | undefined>>,
  machine: MachineFacts,
): Resolved {
  const errors: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { flag: flagName, fallback, read }] of Object.entries<Flag<unknown>>(
    flagTable(machine),
  )) {
    const value = given[name] ?? environment[environmentName(flagName)] ?? fallback;
    if (value === undefined) {
      errors.push(`--${flagName} is required (or ${environmentName(flagName)})`);
      continue;
    }
    try {
      values[name] = read(value);
    } catch (error) {
      errors.push(
        `--${flagName} ${JSON.stringify(value)}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  if (errors.length > 0) return { kind: 'errors', errors };
  return { kind: 'options', options: Object.freeze(values as Options) };
}

// === readers ===

function text(value: string): string {
  if (value === '') throw new Error('must not be empty');
  return value;
}

function optionalText(value: string): string | undefined {
  return value === NONE ? undefined : value;
}

function count(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^[0-9]{1,8}$/.test(value) && number >= min && number <= max) return number;
    throw new Error(`must be a whole number from ${min} to ${max}`);
  };
}

function somePort(value: string): number {
  return count(0, 65_535)(value);
}

function port(value: string): number | undefined {
  return value === OFF ? undefined : somePort(value);
}

function duration(value: string): number {
  const durationMs = value === '0' ? 0 : parseDurationMs(value);
  if (durationMs === undefined) throw new Error('must be a duration such as 30s, 1m30s or 500ms');
  return durationMs;
}

function cidrs(value: string): AddressRanges {
  if (value === NONE) return NO_ADDRESSES;
  const ranges = compileRanges(value.split(',').map((part) => part.trim()));
  if (ranges === undefined) throw new Error('must be a list such as 192.0.2.0/24,2001:db8::/32');
  return ranges;
}

function secretName(value: string): string | undefined {
  if (value === NONE) return undefined;
  if (!/^[a-z0-9.-]+\/[a-z0-9.-]+$/.test(value))
    throw new Error('must be NAMESPACE/NAME of a kubernetes.io/tls Secret');
  return value;
}

function serveOrRefuse(value: string): boolean {
  if (value !== 'serve' && value !== 'refuse') throw new Error('must be serve or refuse');
  return value === 'refuse';
}

function hostNamespaces(value: string): readonly HostNamespace[] {
  if (value === NONE) return [];
  return value.split(',').map((pair) => {
    const match = /^((?:\*\.)?[a-z0-9.-]+)=([a-z0-9-]+)$/.exec(pair.trim());
    if (match === null) throw new Error('must be HOST=NAMESPACE, several separated by commas');
    return { host: match[1] ?? '', namespace: match[2] ?? '' };
  });
}

function logLevel(value: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === value);
  if (level === undefined) throw new Error(`must be one of ${LOG_LEVELS.join(', ')}`);
  return level;
}
