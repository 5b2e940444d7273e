// Requests and knowledge for the tests of this folder: small, valid, and changed by what a test is about.
import { endpoint, HOST, loadView, openSite, serving, SETTINGS, site } from '../decide/test-objects.ts';
import { allocateSourceMemory } from '../model/source-table.ts';
import { SourceLimiter } from '../decide/limits.ts';
import type { Serving } from '../decide/compiled.ts';
import type { OpenSite } from '../model/configuration.ts';
import { DEFAULT_CLIENT_LIMITS } from '../model/limits.ts';
import type { DescribedRequest } from './described-request.ts';
import { explain } from './explain.ts';
import type { Explanation } from './explanation.ts';
import type { Knowledge } from './knowledge.ts';

/** `GET /path`, with field lines `Name: value`; Host where none is given. */
export function described(
  line: string,
  lines: readonly string[] = [],
  more: Partial<DescribedRequest> = {},
): DescribedRequest {
  const [method = '', target = ''] = line.split(' ');
  const pairs = lines.map((each) => {
    const colon = each.indexOf(':');
    return [each.slice(0, colon), each.slice(colon + 1).trim()] as const;
  });
  const fields = pairs.some(([name]) => name === 'Host') ? pairs : [['Host', HOST] as const, ...pairs];
  return { method, target, version: '1.1', fields, from: '203.0.113.9', port: 80, session: 'valid', ...more };
}

/** One site at the host, with two nodes. */
export function siteOf(more: Partial<OpenSite> = {}): Serving {
  return serving([site(HOST, openSite(more))], [endpoint('node-1'), endpoint('node-2')]);
}

export const HANDSHAKE: readonly string[] = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
];

export function knowledge(served: Serving, more: Partial<Knowledge> = {}): Knowledge {
  const sources = new SourceLimiter(allocateSourceMemory(1, 64, Buffer.alloc(8)), 0, () => 0);
  return {
    serving: served,
    settings: { ...SETTINGS, sources },
    limits: DEFAULT_CLIENT_LIMITS,
    refusesUnknownNames: false,
    loads: loadView(Array<number>(8).fill(0)),
    endpoint: () => ({ state: 'ready' }),
    isLive: true,
    areLimitsLive: true,
    hosts: () => [],
    ...more,
  };
}

/** Outcome, status and reason in a few words. */
export function outcomeOf(request: DescribedRequest, known: Knowledge): string {
  return outcomeText(explain(request, known));
}

export function outcomeText({ outcome, answer: { status, reason } }: Explanation): string {
  return [outcome, status, reason].filter((word) => word !== undefined).join(' ');
}
