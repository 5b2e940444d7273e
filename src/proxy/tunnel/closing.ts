// Why we ask WebSockets to leave, and what they are told: the whole list. Never 1015, at which phones stop trying.
import type { WebSocketCloseReason } from '../../observe/recorder.ts';

export type Closing = {
  /** RFC 6455 section 7.4.1 and its registry: 1001 going away, 1008 policy violation, 1012 service restart. */
  readonly code: 1001 | 1008 | 1012;
  /** For the client, in the Close frame. */
  readonly text: string;
  /** For the log and the metrics. */
  readonly reason: WebSocketCloseReason;
  /** The cause may go before all have left; who still waits then stays. */
  readonly mayPass: boolean;
};

export const CLOSINGS = {
  shutdown: { code: 1001, text: 'server is shutting down', reason: 'shutdown', mayPass: false },
  siteRemoved: { code: 1001, text: 'site was removed', reason: 'site-removed', mayPass: true },
  endpointDraining: { code: 1012, text: 'node is restarting', reason: 'endpoint-draining', mayPass: true },
  endpointRemoved: { code: 1012, text: 'node was removed', reason: 'endpoint-removed', mayPass: true },
  endpointLost: { code: 1012, text: 'node was lost', reason: 'backend-lost', mayPass: false },
  policyChanged: { code: 1008, text: 'policy has changed', reason: 'policy-changed', mayPass: false },
  tooOld: { code: 1012, text: 'maximum duration', reason: 'max-duration', mayPass: true },
} as const satisfies Readonly<Record<string, Closing>>;
