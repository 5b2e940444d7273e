// spec.backend.healthCheck, outlierEjection and slowStart -> how the endpoints of a backend are watched. Called by backends.ts.
import type { BackendHealth } from '../model/configuration.ts';

/** Whatever a policy says. */
export const UNWATCHED: BackendHealth = {
  check: undefined,
  ejection: { consecutiveFailures: 5, baseTimeMs: 30_000, maxPercent: 0 },
  whenAllUnhealthy: 'Serve',
  slowStartMs: 0,
};
