// The words the catalogue of metrics is written in: what defines one, and the labels and buckets several share.

export const METRIC_PREFIX = 'mattermost_ingress_';

export type MetricDefinition = {
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** `workers`: counted in shared memory on the request path; `main`: known to the main thread. */
  readonly from: 'workers' | 'main';
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, ascending, in the unit of the name; histograms only. */
  readonly buckets?: readonly number[];
};

/** A site by the object it comes from and the configured host pattern; see UNKNOWN_SITE for requests without one. */
export const SITE = ['namespace', 'kind', 'name', 'host'] as const;
export const ENDPOINT = ['namespace', 'service', 'port', 'endpoint'] as const;

export const EXCHANGE_SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
export const CONNECT_SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3];
export const TUNNEL_SECONDS = [1, 10, 60, 300, 900, 3600, 14_400, 43_200, 86_400, 604_800];
export const PUBLISH_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
