// The options of `run` as values: what the program is told at its start and never changes.
import type { AddressRanges } from '../model/configuration.ts';
import type { ClientLimits } from '../model/limits.ts';
import type { LogLevel } from '../observe/log.ts';

export type HostNamespace = { readonly host: string; readonly namespace: string };

export type Options = {
  /** Folder to serve from; an API server where absent. */
  readonly manifests: string | undefined;
  readonly kubeconfig: string | undefined;
  /** Empty for all. */
  readonly watchNamespaces: readonly string[];
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
  /** Absent: what fits the source of the objects. */
  readonly denyEndpointRanges: AddressRanges | undefined;
  readonly trustedProxies: AddressRanges;
  readonly proxyProtocolFrom: AddressRanges;
  readonly defaultTlsSecret: string | undefined;
  readonly refusesUnknownNames: boolean;
  readonly stickyKeyFile: string | undefined;
  readonly ticketKeyFile: string | undefined;
  readonly shutdownDelayMs: number;
  readonly drainTimeoutMs: number;
  readonly logLevel: LogLevel;
} & ClientLimits;
