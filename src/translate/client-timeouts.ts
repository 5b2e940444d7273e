// spec.client.timeouts of a checked policy -> how clients of the site are waited for. Called by sites.ts.
import type { ClientSpec } from '../api/policy.ts';
import { parseDurationMs } from '../api/quantities.ts';
import type { ClientTimeouts } from '../model/configuration.ts';

/** Undefined where the policy says nothing of it. */
export function compileClientTimeouts(client: ClientSpec | undefined): ClientTimeouts | undefined {
  const spec = client?.timeouts;
  if (spec === undefined) return undefined;
  return {
    requestHeadMs: milliseconds(spec.requestHead),
    requestBodyIdleMs: milliseconds(spec.requestBodyIdle),
    keepAliveMs: milliseconds(spec.keepAlive),
  };
}

function milliseconds(written: string | undefined): number | undefined {
  return written === undefined ? undefined : parseDurationMs(written);
}
