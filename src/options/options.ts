// The options of `run` as values: what the program is told at its start and never changes.
import type { AddressRanges } from '../model/configuration.ts';
import type { ClientLimits } from '../model/limits.ts';
import type { LogLevel } from '../observe/log.ts';

export type HostNamespace = { readonly host: string; readonly namespace: string };

/** How Secrets are read: all of them, those of --watch-namespaces, or only those that something refers to. */
export type SecretsMode = 'cluster' | 'namespaces' | 'named';

export type Options = {
  /** Folder to serve from; an API server where absent. */
  readonly manifests: string | undefined;
  readonly kubeconfig: string | undefined;
  /** Empty for all. */
  readonly watchNamespaces: readonly string[];
  readonly secretsMode: SecretsMode;
  /** Folder for the last good objects; not kept where absent. */
  readonly stateCache: string | undefined;
  /** `spec.controller` of the IngressClasses that are ours; names Lease and field manager too. */
  readonly controllerName: string;
  readonly ingressClass: string;
  /** IngressClasses are read by that name alone. */
  readonly ingressClassByName: boolean;
  readonly takeOverClass: string | undefined;
  readonly requirePolicy: boolean;
  readonly defaultBackendNamespace: string | undefined;
  /** Whether status.loadBalancer of Ingresses is written. */
  readonly updateStatus: boolean;
  /** `namespace/name` of the Service whose addresses Ingresses show. */
  readonly publishService: string | undefined;
  readonly publishAddresses: readonly string[];
  readonly electionId: string;
  readonly electionNamespace: string | undefined;
  readonly bindAddress: string;
  readonly httpPort: number | undefined;
  readonly httpsPort: number | undefined;
  readonly legacyHttpsPort: number | undefined;
  readonly http2: boolean;
  readonly redirectHttpsPort: number;
  readonly adminAddress: string;
  readonly adminPort: number;
  /** Whether others than this machine see more than health and metrics there. */
  readonly adminUi: boolean;
  readonly workers: number;
  readonly maxEndpoints: number;
  readonly maxSources: number;
  readonly maxConnections: number;
  readonly maxBackendConnections: number;
  readonly hostNamespaces: readonly HostNamespace[];
  /** Absent: what fits the source of the objects. */
  readonly denyEndpointRanges: AddressRanges | undefined;
  readonly trustedProxies: AddressRanges;
  readonly proxyProtocolFrom: AddressRanges;
  readonly defaultTlsSecret: string | undefined;
  readonly refusesUnknownNames: boolean;
  readonly stickyKeyFile: string | undefined;
  readonly ticketKeyFile: string | undefined;
  /** `namespace/name`: filled by the first replica that finds it empty. */
  readonly stickyKeySecret: string | undefined;
  readonly ticketKeySecret: string | undefined;
  readonly shutdownDelayMs: number;
  readonly drainTimeoutMs: number;
  readonly logLevel: LogLevel;
} & ClientLimits;
