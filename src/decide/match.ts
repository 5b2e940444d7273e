// Which site a request is for: exact host, then one-label wildcard, then the longest path by segment.
import { isAcmePath } from '../model/acme-path.ts';
import { ANY_HOST, type Site } from '../model/configuration.ts';
import type { HostTable, ServingHost, ServingSite } from './compiled.ts';
import { hasBadEscape, interpretations, isBelow, isPlainPath, isWebSocketPath, meetsPath } from './path.ts';

/** One function for SNI and Host, so that they cannot disagree (row S1). */
export function findHost(hosts: HostTable, hostname: string): ServingHost | undefined {
  const exact = hosts.exact.get(hostname);
  if (exact !== undefined) return exact;
  const dot = hostname.indexOf('.');
  const wildcard = dot < 1 ? undefined : hosts.wildcard.get(hostname.slice(dot));
  return wildcard ?? hosts.any;
}

export function findSite(host: ServingHost, path: string): ServingSite | undefined {
  for (const serving of host.sites) if (matches(serving.site, path)) return serving;
  return undefined;
}

/** The site as it is now, under whichever of the hosts it had; undefined where it is gone from all of them. */
export function currentSite(
  hosts: HostTable,
  { site: { key, hosts: before } }: ServingSite,
): Site | undefined {
  for (const host of before) {
    const table = host.startsWith('*.') ? hosts.wildcard.get(host.slice(1)) : hosts.exact.get(host);
    const found = host === ANY_HOST ? hosts.any : table;
    const serving = found?.sites.find(({ site }) => site.key === key);
    if (serving !== undefined) return serving.site;
  }
  return undefined;
}

function matches(site: Site, path: string): boolean {
  return site.pathType === 'Exact' ? path === site.path : isBelow(path, site.path);
}

/** Row K2: whichever way a server reads this path, it comes to the same site and the same rules. */
export function isUnambiguous(host: ServingHost, path: string): boolean {
  if (isPlainPath(path)) return true;
  if (hasBadEscape(path)) return false;
  if (!host.isPathSensitive) return true;
  const readings = interpretations(path);
  if (readings === undefined) return false;
  if (readings.length === 0) return true;
  const site = findSite(host, path);
  // Tokens of certificate authorities are of both cases, and in other letters just another token.
  if (site?.site.pathType === 'Exact' && isAcmePath(path)) return true;
  const questions = site === undefined ? [] : pathQuestions(site);
  return readings.every(
    (reading) =>
      findSite(host, reading) === site && questions.every((question) => question(reading) === question(path)),
  );
}

type PathQuestion = (path: string) => boolean;

/** All that the rules of a site ask about a path; `request` asks whether it is the place of the WebSocket. */
function pathQuestions({ site, open }: ServingSite): readonly PathQuestion[] {
  const questions: PathQuestion[] = [];
  for (const rule of open?.admission.rules ?? []) {
    for (const condition of rule.paths ?? []) questions.push((path) => meetsPath(path, condition));
    if (rule.request !== undefined) questions.push((path) => isWebSocketPath(path, site.path));
  }
  return questions;
}
