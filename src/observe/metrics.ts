// The catalogue of every metric: names without the common prefix, labels in the order series.ts writes them.
// The registry, the shared-memory cells and docs/reference/metrics.md are all made from it.
import { ENDPOINT_METRICS } from './endpoint-metrics.ts';
import {
  CONNECT_SECONDS,
  EXCHANGE_SECONDS,
  type MetricDefinition,
  PUBLISH_SECONDS,
  SITE,
  TUNNEL_SECONDS,
} from './metric-definition.ts';

/** All metrics of this program; `prom-client` adds those of the process (`process_*`, `nodejs_*`). */
export const METRICS = {
  requests_total: {
    type: 'counter',
    from: 'workers',
    help: 'Requests finished, by method (from a fixed list, else OTHER) and status code (one that nobody knows as the x00 of its class, none where no response was sent).',
    labels: [...SITE, 'method', 'code'],
  },
  request_duration_seconds: {
    type: 'histogram',
    from: 'workers',
    help: 'Time from the first byte of a request to the last byte of its response.',
    labels: SITE,
    buckets: EXCHANGE_SECONDS,
  },
  upstream_connect_duration_seconds: {
    type: 'histogram',
    from: 'workers',
    help: 'Time to open a connection to an endpoint, TLS included.',
    labels: SITE,
    buckets: CONNECT_SECONDS,
  },
  upstream_first_byte_seconds: {
    type: 'histogram',
    from: 'workers',
    help: 'Time from the request sent to an endpoint to the first byte of its response.',
    labels: SITE,
    buckets: EXCHANGE_SECONDS,
  },
  request_bytes_total: {
    type: 'counter',
    from: 'workers',
    help: 'Bytes of requests received from clients, heads included.',
    labels: SITE,
  },
  response_bytes_total: {
    type: 'counter',
    from: 'workers',
    help: 'Bytes of responses sent to clients, heads included.',
    labels: SITE,
  },
  connections: {
    type: 'gauge',
    from: 'workers',
    help: 'Client connections open, by listener.',
    labels: ['listener'],
  },
  connections_rejected_total: {
    type: 'counter',
    from: 'workers',
    help: 'Client connections closed before a request was read.',
    labels: ['reason'],
  },
  tls_handshakes_total: {
    type: 'counter',
    from: 'workers',
    help: 'TLS handshakes with clients, by version (unknown where none was agreed) and result.',
    labels: ['version', 'result'],
  },
  websocket_connections: {
    type: 'gauge',
    from: 'workers',
    help: 'WebSockets open.',
    labels: SITE,
  },
  websocket_opened_total: {
    type: 'counter',
    from: 'workers',
    help: 'WebSockets opened: the backend answered 101.',
    labels: SITE,
  },
  websocket_closed_total: {
    type: 'counter',
    from: 'workers',
    help: 'WebSockets closed, by what ended them.',
    labels: [...SITE, 'reason'],
  },
  websocket_messages_total: {
    type: 'counter',
    from: 'workers',
    help: 'WebSocket data messages passed on, by who sent them.',
    labels: [...SITE, 'direction'],
  },
  websocket_duration_seconds: {
    type: 'histogram',
    from: 'workers',
    help: 'How long WebSockets were open, counted when they close.',
    labels: SITE,
    buckets: TUNNEL_SECONDS,
  },
  affinity_decisions_total: {
    type: 'counter',
    from: 'workers',
    help: 'Requests given an endpoint, by what persistence found it with.',
    labels: [...SITE, 'result'],
  },
  admission_decisions_total: {
    type: 'counter',
    from: 'workers',
    help: 'Admission verdicts by rule (default where none matched); in mode Observe a refusal was not carried out.',
    labels: [...SITE, 'rule', 'action', 'mode'],
  },
  admission_secret_used_total: {
    type: 'counter',
    from: 'workers',
    help: 'Requests admitted by a secret header, by the data key of the Secret whose value they sent.',
    labels: [...SITE, 'rule', 'key'],
  },
  limit_decisions_total: {
    type: 'counter',
    from: 'workers',
    help: 'Requests to sites with limits by source, by which limit refused them (requests, connections, websockets), or allowed, or exempt.',
    labels: [...SITE, 'result'],
  },
  session_checks_total: {
    type: 'counter',
    from: 'workers',
    help: 'Sessions judged for rules with verifySession: questions to Mattermost by answer (valid, invalid, failed where there was none), and answers known already (cached).',
    labels: [...SITE, 'result'],
  },
  retries_total: {
    type: 'counter',
    from: 'workers',
    help: 'Further attempts at an endpoint, by the fault of the attempt before.',
    labels: ['reason'],
  },
  endpoints_full_total: {
    type: 'counter',
    from: 'workers',
    help: 'Times an endpoint was passed over because it had as many requests and WebSockets as backend.maxConnectionsPerEndpoint allows.',
    labels: SITE,
  },
  source_address_failures_total: {
    type: 'counter',
    from: 'workers',
    help: 'Connections to endpoints that could not come from an address of backend.sourceAddresses: unbindable (the system does not let us have it) or exhausted (no free port). Another address was tried.',
    labels: ['address', 'reason'],
  },
  faults_total: {
    type: 'counter',
    from: 'workers',
    help: 'Exchanges that went wrong, by whose fault and what.',
    labels: ['source', 'code'],
  },
  log_lines_dropped_total: {
    type: 'counter',
    from: 'workers',
    help: 'Log lines thrown away because nobody read the log fast enough.',
    labels: [],
  },
  series_lost_total: {
    type: 'counter',
    from: 'workers',
    help: 'Series for which a worker had no room left; what they would have counted is missing.',
    labels: [],
  },
  tls_certificate_not_after_seconds: {
    type: 'gauge',
    from: 'main',
    help: 'End of validity of a certificate in use, in seconds since the epoch.',
    labels: ['certificate'],
  },
  ...ENDPOINT_METRICS,
  configuration_generation: {
    type: 'gauge',
    from: 'main',
    help: 'Generation of the configuration that was published last.',
    labels: [],
  },
  configuration_translate_seconds: {
    type: 'histogram',
    from: 'main',
    help: 'Time in which the objects were translated to what is published.',
    labels: [],
    buckets: PUBLISH_SECONDS,
  },
  configuration_publish_seconds: {
    type: 'histogram',
    from: 'main',
    help: 'Time from a configuration published to every worker serving it.',
    labels: [],
    buckets: PUBLISH_SECONDS,
  },
  configuration_last_success_timestamp_seconds: {
    type: 'gauge',
    from: 'main',
    help: 'When every worker last began to serve a new configuration, in seconds since the epoch.',
    labels: [],
  },
  configuration_findings: {
    type: 'gauge',
    from: 'main',
    help: 'Findings about the objects as they are now.',
    labels: ['severity'],
  },
  watch_staleness_seconds: {
    type: 'gauge',
    from: 'main',
    help: 'Time since the API server last said anything about a kind; a healthy watch speaks about once a minute.',
    labels: ['kind'],
  },
  watch_missed_events_total: {
    type: 'counter',
    from: 'main',
    help: 'Events that a watch had not delivered, found and repaired by the regular check; must stay 0.',
    labels: [],
  },
  watch_errors_total: {
    type: 'counter',
    from: 'main',
    help: 'Lists and watches that failed and were tried again.',
    labels: ['kind', 'reason'],
  },
  policy_schema_outdated: {
    type: 'gauge',
    from: 'main',
    help: 'Whether the definition of policies in the cluster lacks fields of this version: 1 while changes of policies are not taken over.',
    labels: [],
  },
  host_owner_changes_total: {
    type: 'counter',
    from: 'main',
    help: 'Hosts that went from one namespace to another.',
    labels: [],
  },
  leader: {
    type: 'gauge',
    from: 'main',
    help: 'Whether this replica leads, and so writes statuses and Events: 1 for one replica of a release.',
    labels: [],
  },
  status_writes_total: {
    type: 'counter',
    from: 'main',
    help: 'Statuses written to the API server, by kind and result (written, failed).',
    labels: ['kind', 'result'],
  },
  worker_restarts_total: {
    type: 'counter',
    from: 'main',
    help: 'Workers replaced because they ended or fell silent.',
    labels: [],
  },
  build_info: {
    type: 'gauge',
    from: 'main',
    help: 'Always 1; the labels say what is running: version, commit of the image (else unknown), Node.',
    labels: ['version', 'revision', 'node'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;

/** Metrics that workers count in shared memory. */
export type WorkerMetric = {
  [Name in MetricName]: (typeof METRICS)[Name]['from'] extends 'workers' ? Name : never;
}[MetricName];

/** The catalogue as a list, in its own order. */
export const METRIC_LIST: readonly (readonly [MetricName, MetricDefinition])[] = Object.entries(METRICS).map(
  ([name, definition]) => [metricName(name), definition],
);

export function definitionOf(name: MetricName): MetricDefinition {
  return METRICS[name];
}

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}

function metricName(name: string): MetricName {
  if (!isMetricName(name)) throw new TypeError(`No metric ${name} in the catalogue`);
  return name;
}
