// The part of the catalogue that speaks of endpoints and their health; metrics.ts has the whole.
import { ENDPOINT, type MetricDefinition } from './metric-definition.ts';

export const ENDPOINT_METRICS = {
  endpoint_inflight: {
    type: 'gauge',
    from: 'main',
    help: 'Requests in flight at an endpoint.',
    labels: ENDPOINT,
  },
  endpoint_websockets: {
    type: 'gauge',
    from: 'main',
    help: 'WebSockets open to an endpoint.',
    labels: ENDPOINT,
  },
  endpoint_state: {
    type: 'gauge',
    from: 'main',
    help: 'State of an endpoint: 1 for the state it is in, 0 for the others.',
    labels: [...ENDPOINT, 'state'],
  },
  health_checks_total: {
    type: 'counter',
    from: 'main',
    help: 'Health checks of endpoints that have ended, by result: passed, inconclusive (too late by our own fault), or why it failed.',
    labels: ['result'],
  },
  endpoint_ejections_total: {
    type: 'counter',
    from: 'main',
    help: 'Endpoints that failed requests in a row: ejected for a while, or held back because too many were ejected or it was the last.',
    labels: ['result'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;
