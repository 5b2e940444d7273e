// spec.backend.healthCheck, outlierEjection and slowStart -> how the endpoints of a backend are watched. Called by backends.ts.
import { DEFAULTS } from '../api/defaults.ts';
import type { BackendSpec } from '../api/policy.ts';
import { parseDurationMs } from '../api/quantities.ts';
import type { BackendHealth, HealthCheck } from '../model/configuration.ts';

/** Where Mattermost listens: what lies behind another port may be something else. */
export const MATTERMOST_PORT = 8065;
const PING = '/api/v4/system/ping';
/** Paths that are Mattermost's own wherever it lives; an Ingress may name them apart from the rest. */
const OWN_PATHS: ReadonlySet<string> = new Set([
  'api',
  'plugins',
  'static',
  'hooks',
  'oauth',
  'files',
  'login',
]);

export type HealthWish = {
  /** Path of the site. */
  readonly sitePath: string;
  /** Whether there is a check where nobody says anything of one. */
  readonly isExpected: boolean;
};

export function compileHealth(spec: BackendSpec | undefined, wish: HealthWish): BackendHealth {
  const { healthCheck, outlierEjection, slowStart } = DEFAULTS.backend;
  const { consecutiveFailures, baseTime, maxPercent } = { ...outlierEjection, ...spec?.outlierEjection };
  return {
    check: compileCheck(spec?.healthCheck, wish),
    ejection: { consecutiveFailures, baseTimeMs: durationMs(baseTime), maxPercent },
    whenAllUnhealthy: spec?.healthCheck?.whenAllUnhealthy ?? healthCheck.whenAllUnhealthy,
    slowStartMs: durationMs(spec?.slowStart ?? slowStart),
  };
}

function compileCheck(
  spec: NonNullable<BackendSpec>['healthCheck'],
  { sitePath, isExpected }: HealthWish,
): HealthCheck | undefined {
  const isWanted = spec === undefined ? isExpected : spec.disabled !== true;
  if (!isWanted) return undefined;
  const settings = { path: pingOf(sitePath), ...DEFAULTS.backend.healthCheck, ...spec };
  const [pathname = ''] = settings.path.split('?', 1);
  return {
    path: settings.path,
    isPing: pathname.endsWith(PING),
    intervalMs: durationMs(settings.interval),
    timeoutMs: durationMs(settings.timeout),
    healthyThreshold: settings.healthyThreshold,
    unhealthyThreshold: settings.unhealthyThreshold,
  };
}

/** The ping of the installation that the path belongs to: `/chat` for `/chat/api/v4/websocket`, too. */
export function pingOf(sitePath: string): string {
  const segments = sitePath.split('/').filter((segment) => segment !== '');
  const own = segments.findIndex((segment) => OWN_PATHS.has(segment));
  const installation = own === -1 ? segments : segments.slice(0, own);
  return installation.map((segment) => `/${segment}`).join('') + PING;
}

function durationMs(written: string): number {
  const ms = parseDurationMs(written);
  if (ms === undefined) throw new Error(`A checked policy holds the duration ${JSON.stringify(written)}`);
  return ms;
}
