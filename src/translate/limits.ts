// spec.limits and spec.websocket.maxPerSource of a checked policy -> limits by source. Called by sites.ts.
import { DEFAULTS } from '../api/defaults.ts';
import type { LimitsSpec, WebSocketSpec } from '../api/policy.ts';
import type { SourceLimits } from '../model/configuration.ts';
import { compileRanges } from './address-ranges.ts';

/** As ingress-nginx has it: enough for a browser that loads a page. */
const BURST_FACTOR = 5;

/** Undefined where nothing is limited, so that a request need not ask. */
export function compileSourceLimits(
  limits: LimitsSpec | undefined,
  websocket: WebSocketSpec | undefined,
): SourceLimits | undefined {
  const { requestsPerSecond, connectionsPerSource: connections } = { ...DEFAULTS.limits, ...limits };
  const { maxPerSource: webSockets } = { ...DEFAULTS.websocket, ...websocket };
  if (requestsPerSecond === 0 && connections === 0 && webSockets === 0) return undefined;
  return {
    requestsPerSecond,
    burst: limits?.burst ?? requestsPerSecond * BURST_FACTOR,
    connections,
    webSockets,
    exempt: limits?.exemptCIDRs && exemptRanges(limits.exemptCIDRs),
  };
}

function exemptRanges(cidrs: readonly string[]): SourceLimits['exempt'] {
  const ranges = compileRanges(cidrs);
  if (ranges === undefined) throw new Error('A checked policy holds an unreadable spec.limits.exemptCIDRs');
  return ranges;
}
