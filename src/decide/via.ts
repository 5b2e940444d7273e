// The field Via (RFC 9110 section 7.6.3): which proxies a request has passed, so that one that goes in circles ends (row X5).
import type { RequestHead } from '../model/request.ts';
import { trimmed } from './blanks.ts';

/** The name under which this proxy stands in Via, whichever replica it is. */
const PSEUDONYM = 'mattermost-ingress';
/** One of these before another is a design, four are a circle. */
const MAX_PASSES = 4;

/** The request has been here too often. */
export function isLooping(head: RequestHead): boolean {
  if (!head.names.includes('via')) return false;
  const passes = hopsOf(head).filter((hop) => hop.endsWith(` ${PSEUDONYM}`));
  return passes.length >= MAX_PASSES;
}

/** Via for the backend: everybody before us, then we. */
export function viaValue(head: RequestHead): string {
  const own = `${head.version} ${PSEUDONYM}`;
  if (!head.names.includes('via')) return own;
  return [...hopsOf(head), own].join(', ');
}

function hopsOf(head: RequestHead): readonly string[] {
  const hops: string[] = [];
  head.names.forEach((name, at) => {
    if (name !== 'via') return;
    for (const hop of (head.fields[2 * at + 1] ?? '').split(',')) hops.push(trimmed(hop));
  });
  return hops;
}
