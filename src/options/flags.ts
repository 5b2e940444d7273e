// Every flag of `run`: name, help, default and reader.
import { type ClientLimits, DEFAULT_CLIENT_LIMITS } from '../model/limits.ts';
import { LOG_LEVELS } from '../observe/log.ts';
import { flag, type Flag } from './flag.ts';
import { classFlags, sourceFlags, statusFlags } from './object-flags.ts';
import type { Options } from './options.ts';
import {
  cidrs,
  count,
  deniedCidrs,
  duration,
  hostNamespaces,
  logLevel,
  NONE,
  objectName,
  OFF,
  onOrOff,
  optionalText,
  port,
  secretName,
  serveOrRefuse,
  somePort,
  text,
  yesOrNo,
} from './readers.ts';

/** Facts about the machine that defaults depend on. */
export type MachineFacts = { readonly cpus: number; readonly descriptors: number };

type ClientFlags = Readonly<Record<keyof ClientLimits, Flag<number>>>;

type FlagTable = { readonly [Name in keyof Options]: Flag<Options[Name]> };

const RESERVED_DESCRIPTORS = 1024;

/** Descriptors that are nobody's connection: files, the admin port, the API server, a dozen for each of 64 threads. */
export function reservedDescriptors({ descriptors }: MachineFacts): number {
  return Math.min(RESERVED_DESCRIPTORS, Math.floor(descriptors / 2));
}

/** Every option of `run`, with defaults for this machine. */
export function flagTable(machine: MachineFacts): FlagTable {
  return {
    ...sourceFlags(),
    ...classFlags(),
    ...statusFlags(),
    ...listenerFlags(),
    ...limitFlags(machine),
    ...clientFlags(),
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
    http2: flag('http2 on|off', 'offer HTTP/2 on the HTTPS port, besides HTTP/1.1', 'on', onOrOff),
    redirectHttpsPort: flag('redirect-https-port PORT', 'port that redirects to https name', '443', somePort),
    adminAddress: flag('admin-address ADDRESS', 'address of the admin port', '::', text),
    adminPort: flag('admin-port PORT', 'port of metrics and health', '10254', somePort),
    adminUi: flag(
      'admin-ui true|false',
      'show the dashboard and /api/state of the admin port to others than this machine, too',
      'false',
      yesOrNo,
    ),
  };
}

function limitFlags(machine: MachineFacts) {
  // A client's connection may need one to a backend.
  const connections = Math.max(1, Math.floor((machine.descriptors - reservedDescriptors(machine)) / 2));
  return {
    workers: flag('workers N', 'worker threads', String(machine.cpus), count(1, 64)),
    maxEndpoints: flag(
      'max-endpoints N',
      'endpoints that can be served at a time',
      '8192',
      count(1, 1_000_000),
    ),
    maxSources: flag(
      'max-sources N',
      'client addresses whose limits are counted at a time; those beyond share one count',
      '65536',
      count(64, 16_777_216),
    ),
    maxConnections: flag(
      'max-connections N',
      'client connections over all workers; over it silent ones are closed for new ones',
      String(connections),
      count(1, 10_000_000),
    ),
    maxBackendConnections: flag(
      'max-backend-connections N',
      'connections to endpoints over all workers; over it requests get 503',
      String(connections),
      count(1, 10_000_000),
    ),
  };
}

/** Durations of ClientLimits: usage and help. */
const CLIENT_WAITS = {
  handshakeTimeoutMs: ['handshake-timeout DURATION', 'for the TLS handshake'],
  proxyHeaderTimeoutMs: ['proxy-header-timeout DURATION', 'for a PROXY header'],
  requestHeadTimeoutMs: ['request-head-timeout DURATION', 'for a request head, from its first byte'],
  keepAliveTimeoutMs: ['keep-alive-timeout DURATION', 'between two requests of a connection'],
  requestBodyIdleTimeoutMs: ['request-body-idle-timeout DURATION', 'between bytes of a request body'],
  slowReaderTimeoutMs: ['slow-reader-timeout DURATION', 'how long a client may read nothing of an answer'],
} as const;

/** Numbers of ClientLimits: usage, help, and the largest one allowed. */
const CLIENT_BOUNDS = {
  requestBodyMinBytesPerSecond: [
    'request-body-min-rate N',
    'average bytes a second of a body, after 30 s',
    1e6,
  ],
  requestsPerConnection: ['max-requests-per-connection N', 'requests before a connection is closed', 1e7],
  requestLineBytes: ['max-request-line BYTES', 'request line; longer ones get 414', 65_536],
  requestHeadBytes: ['max-request-head BYTES', 'request head; larger ones get 431', 262_144],
  requestFields: ['max-request-fields N', 'fields of a request head; more get 431', 1000],
} as const;

function clientFlags(): ClientFlags {
  const flags: Partial<Record<keyof ClientLimits, Flag<number>>> = {};
  for (const name of Object.keys(CLIENT_WAITS) as (keyof typeof CLIENT_WAITS)[]) {
    const [usage, help] = CLIENT_WAITS[name];
    flags[name] = flag(usage, help, `${DEFAULT_CLIENT_LIMITS[name] / 1000}s`, duration);
  }
  for (const name of Object.keys(CLIENT_BOUNDS) as (keyof typeof CLIENT_BOUNDS)[]) {
    const [usage, help, max] = CLIENT_BOUNDS[name];
    flags[name] = flag(usage, help, String(DEFAULT_CLIENT_LIMITS[name]), count(1, max));
  }
  return flags as ClientFlags;
}

function trustFlags() {
  return {
    hostNamespaces: flag(
      'host-namespace HOST=NAMESPACE',
      'namespace that owns a host, whoever came first; repeatable',
      NONE,
      hostNamespaces,
    ),
    denyEndpointRanges: flag(
      'deny-endpoint-cidrs CIDRS',
      `networks no endpoint may lie in, ${OFF} for none; without it none with --manifests, else loopback, link-local and the API server`,
      NONE,
      deniedCidrs,
    ),
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
      'unknown-tls-names serve|refuse',
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
    stickyKeySecret: flag(
      'sticky-key-secret NAMESPACE/NAME',
      'Secret with the keys of the sticky cookie; the first replica fills an empty one',
      NONE,
      objectName,
    ),
    ticketKeySecret: flag(
      'ticket-key-secret NAMESPACE/NAME',
      'Secret with the key of TLS session tickets; the first replica fills an empty one',
      NONE,
      objectName,
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
    logLevel: flag(
      `log-level ${LOG_LEVELS.join('|')}`,
      'lines of less weight are not written',
      'info',
      logLevel,
    ),
  };
}
