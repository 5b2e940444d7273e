// Which site a request came to, and by what; and how else its path could be read.
import type { ServingHost, ServingSite } from '../decide/compiled.ts';
import { findSite, isUnambiguous } from '../decide/match.ts';
import { interpretations } from '../decide/path.ts';
import { ANY_HOST } from '../model/configuration.ts';
import { loggablePath } from '../observe/log-text.ts';
import type { ExplainedLimits, ExplainedSite } from './explanation.ts';
import type { LimitResult } from '../model/decision.ts';
import { listed } from './wording.ts';

const SHOWN_PATHS = 20;
const SHOWN_READINGS = 3;

export function explainSite(host: ServingHost, { site }: ServingSite, path: string): ExplainedSite {
  const { kind, namespace, name } = site.owner;
  const others = host.sites.filter((each) => each.site !== site).slice(0, SHOWN_PATHS);
  return {
    kind,
    namespace,
    name,
    host: host.pattern,
    hostMatch: host.pattern === ANY_HOST ? 'any' : host.pattern.startsWith('*.') ? 'wildcard' : 'exact',
    path: site.path,
    pathType: site.pathType,
    otherPaths: others.map((each) => ({
      path: each.site.path,
      pathType: each.site.pathType,
      fits: findSite({ ...host, sites: [each] }, path) !== undefined,
    })),
    ...(site.service.kind === 'closed' ? { closed: site.service.reason } : {}),
  };
}

export function explainLimits(
  { open }: ServingSite,
  result: LimitResult | undefined,
): ExplainedLimits | undefined {
  if (open === undefined) return undefined;
  const { limits, requestBodyMaxBytes } = open;
  return {
    requestBodyBytes: requestBodyMaxBytes,
    requestsPerSecond: limits?.requestsPerSecond ?? 0,
    burst: limits?.burst ?? 0,
    connectionsPerSource: limits?.connections ?? 0,
    webSocketsPerSource: limits?.webSockets ?? 0,
    ...(result === undefined ? {} : { result }),
  };
}

/** What a server might make of this path, where that leads to another site or another rule. */
export function explainReadings(host: ServingHost, path: string): string | undefined {
  if (isUnambiguous(host, path)) return undefined;
  const readings = interpretations(path) ?? [];
  if (readings.length === 0)
    return 'The path has an escape that is broken, or that hides a control character';
  const shown = readings.map((reading) => JSON.stringify(loggablePath(reading)));
  return `Servers could read the path as ${listed(shown, SHOWN_READINGS)}: another site or rule could be meant`;
}
