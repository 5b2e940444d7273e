// The answer of /api/state: what the controller tells and the pages read.
import type { AdmissionCount } from '../admission-counts.ts';
import type { Refusal } from '../recent-refusals.ts';
import type { EndpointState, WatchSample } from '../registry.ts';
import type { TrafficView } from '../traffic-history.ts';

/** How many entries there are, how many of them have the text that was asked for, and how many of those are listed. */
export type ListSize = { readonly total: number; readonly matching: number; readonly listed: number };

export type ListName =
  | 'sites'
  | 'backends'
  | 'leftEndpoints'
  | 'admission'
  | 'refusals'
  | 'certificates'
  | 'findings';

export type State = {
  readonly now: string;
  readonly process: {
    readonly version: string;
    readonly node: string;
    readonly started: string;
    readonly residentBytes: number;
    readonly synced: boolean;
    readonly listening: boolean;
    readonly draining: boolean;
  };
  readonly generation: number;
  /** Of everything, whatever is listed. */
  readonly counts: {
    readonly sites: number;
    readonly closedSites: number;
    /** Sites that are open, and have no endpoint that takes users. */
    readonly lostSites: number;
    readonly endpoints: Readonly<Record<EndpointState, number>>;
    readonly inFlight: number;
    readonly webSockets: number;
    /** Of these, on endpoints that drain. */
    readonly drainingWebSockets: number;
    readonly leftEndpoints: { readonly endpoints: number; readonly webSockets: number };
    readonly certificates: {
      readonly expired: number;
      readonly expiring: number;
      readonly withinDays: number;
    };
  };
  readonly lists: Readonly<Record<ListName, ListSize>>;
  readonly traffic: TrafficView;
  readonly sites: readonly SiteState[];
  readonly backends: readonly BackendState[];
  /** Those that have left, and to which somebody is still connected. */
  readonly leftEndpoints: readonly LeftEndpointState[];
  readonly admission: readonly AdmissionCount[];
  /** `isLogged`: whether there is an access log that they could be found in. */
  readonly refusals: { readonly isLogged: boolean; readonly list: readonly Refusal[] };
  readonly certificates: readonly CertificateState[];
  readonly configuration: ConfigurationState;
  readonly workers: readonly WorkerState[];
};

export type SiteState = {
  /** Kind, namespace and name of its object, and a path where that object gives several. */
  readonly key: string;
  readonly hosts: readonly string[];
  readonly path: string;
  /** Key of its backend; absent where it is closed. */
  readonly backend?: string;
  readonly endpoints?: { readonly usable: number; readonly total: number };
  /** Why it answers 503. */
  readonly closed?: string;
};

export type BackendState = {
  readonly key: string;
  readonly service: { readonly namespace: string; readonly name: string; readonly port: string };
  readonly endpoints: readonly EndpointView[];
};

export type EndpointView = {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly state: EndpointState;
  /** Of its last change. */
  readonly reason: string;
  readonly since: string | null;
  /** What its last health check said; null before the first. */
  readonly lastCheck: LastCheck | null;
  readonly inFlight: number;
  readonly webSockets: number;
  /** How many it had when it began to drain. */
  readonly webSocketsAtDrain?: number;
};

export type LeftEndpointState = Pick<
  EndpointView,
  'name' | 'address' | 'port' | 'inFlight' | 'webSockets'
> & {
  readonly service: BackendState['service'];
  readonly since: string;
  readonly webSocketsAtDrain: number;
};

export type LastCheck =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly failure: string; readonly status?: number };

export type CertificateState = {
  readonly key: string;
  readonly names: readonly string[];
  readonly notAfter: string;
};

export type FindingState = {
  readonly severity: 'error' | 'warning';
  readonly object?: { readonly kind: string; readonly namespace: string; readonly name: string };
  readonly location?: { readonly file: string; readonly line: number };
  readonly field: string;
  readonly reason: string;
  readonly message: string;
  readonly remedy: string;
};

export type ConfigurationState = {
  /** The oldest generation that a worker serves. */
  readonly servedGeneration: number;
  /** When all workers last began to serve a new one. */
  readonly served: string | null;
  /** The last change could not be translated, by a mistake of ours. */
  readonly isFailing: boolean;
  readonly errors: number;
  readonly warnings: number;
  readonly findings: readonly FindingState[];
  /** None where objects come from a folder. */
  readonly watches: readonly WatchSample[];
};

export type WorkerState = {
  readonly worker: number;
  readonly alive: boolean;
  readonly generation: number;
  readonly restarts: number;
  readonly connections: number;
  readonly webSockets: number;
  /** The longest of late; null while it does not run. */
  readonly loopLagMs: number | null;
  readonly heapBytes: number;
};
