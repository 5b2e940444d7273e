// What to know besides, or to try next: for whoever has only this and an outage.
import { nearestHost } from '../api/near-names.ts';
import type { RequestHead } from '../model/request.ts';
import type { Explanation } from './explanation.ts';
import type { Knowledge } from './knowledge.ts';
import { counted } from './wording.ts';

type Found = Pick<Explanation, 'outcome' | 'answer' | 'admission' | 'persistence' | 'endpoints' | 'limits'>;

export function notesOn({ hostname }: RequestHead, found: Found, knowledge: Knowledge): readonly string[] {
  const { limits } = found;
  return [
    ...answerNotes(hostname, found, knowledge),
    ...admissionNotes(found),
    ...(knowledge.isLive ? [] : assumptions(found)),
    ...(knowledge.areLimitsLive || !hasLimits(limits)
      ? []
      : ['Limits are taken to be unused by this address']),
  ];
}

function answerNotes(
  hostname: string,
  { answer, outcome, endpoints }: Found,
  { hosts }: Knowledge,
): readonly string[] {
  if (outcome === 'redirect')
    return ['Nothing is asked of admission before https: explain that URL to see more'];
  switch (answer.reason) {
    case 'unknown-host':
      return [hostNote(hostname, hosts())];
    case 'misdirected':
      return ['The TLS handshake named a host of other TLS settings: clients open another connection then'];
    case 'plain-http':
      return ['The site is served over TLS only, and redirectHTTP is false'];
    case 'no-endpoints':
      return [endpointNote(endpoints)];
    default:
      return [];
  }
}

function admissionNotes({ admission }: Found): readonly string[] {
  if (admission?.mode === 'Observe' && admission.action !== 'Allow')
    return [`Mode is Observe: with Enforce this request would meet ${admission.action}`];
  if (admission?.needs101 !== true) return [];
  return [
    'Nothing but the look of a cookie or token let it in: any answer of the node but a 101 becomes 403 (upgrade-not-accepted)',
  ];
}

/** More hosts are not compared with one that is unknown: a running controller has other things to do. */
const MAX_COMPARED = 1_000;

function hostNote(hostname: string, hosts: readonly string[]): string {
  const near = nearestHost(hostname, hosts.slice(0, MAX_COMPARED));
  if (near !== undefined) return `Did you mean ${near}?`;
  return hosts.length === 0
    ? 'No host is served at all'
    : `${counted(hosts.length, 'other host is', 'other hosts are')} served`;
}

function endpointNote(endpoints: Explanation['endpoints']): string {
  return endpoints === undefined || endpoints.all.length === 0
    ? 'The Service has no endpoints: see check, and kubectl get endpointslices'
    : 'No node takes anybody, and whenAllUnhealthy is Refuse';
}

function hasLimits(limits: Explanation['limits']): boolean {
  return limits?.result !== undefined && limits.result !== 'exempt';
}

/** What only a running controller knows. */
function assumptions({ endpoints, persistence }: Found): readonly string[] {
  const notes: string[] = [];
  if (endpoints !== undefined)
    notes.push('Nodes are taken to be healthy and idle: --admin URL asks a running controller');
  if (persistence?.keys[0]?.result.startsWith('sent, but names no node') === true)
    notes.push('Cookies of a running controller can be read with its --sticky-key-file only');
  return notes;
}
