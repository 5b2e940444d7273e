// Which fields go on, in which form: towards the backend and back to the client.
import type { Context } from '../model/decision.ts';
import { FORWARDING_FIELDS, HOP_BY_HOP } from '../model/field-names.ts';
import type { RequestHead } from '../model/request.ts';
import type { ResponseHead } from '../model/response.ts';
import { withoutCookie } from './cookies.ts';
import { viaValue } from './via.ts';

/** What is answered here (row B10), and what only a proxy may say: a client's copy is never passed on (row X3). */
const OURS: readonly string[] = ['expect', 'via', 'x-rewrite-url', ...FORWARDING_FIELDS];
/** Followed by url, host, for and more, of which each framework believes another one. */
const OURS_PREFIX = 'x-original-';

const NEVER_RETURNED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'content-length',
  // Mattermost's apps ask their user for the secret wherever they see it: only admission may say it.
  'x-reject-reason',
]);

export function droppedRequestFields(secretHeaders: readonly string[]): ReadonlySet<string> {
  return new Set([...HOP_BY_HOP, 'content-length', ...OURS, ...secretHeaders]);
}

export type ForwardedFacts = {
  readonly context: Context | undefined;
  readonly droppedFields: ReadonlySet<string>;
  /** Name of our cookie, which is ours alone. */
  readonly cookieName: string;
  readonly requestId: string;
};

function isOurs(name: string): boolean {
  return name.length >= OURS_PREFIX.length && name.startsWith(OURS_PREFIX);
}

/** The fields of the request to the backend in order, ours last so that nothing of the client's can undo them. */
export function forwardedRequestFields(head: RequestHead, facts: ForwardedFacts): string[] {
  const fields: string[] = [];
  const { nominated } = head;
  for (let at = 0; at < head.names.length; at++) {
    const name = head.names[at] ?? '';
    if (facts.droppedFields.has(name) || isOurs(name)) continue;
    if (nominated.length > 0 && nominated.includes(name)) continue;
    const value = head.fields[2 * at + 1] ?? '';
    const kept = name === 'cookie' ? withoutCookie(value, facts.cookieName) : value;
    if (kept !== undefined) fields.push(head.fields[2 * at] ?? '', kept);
  }
  if (facts.context === undefined) return fields;
  const { address, scheme, port } = facts.context;
  fields.push('X-Forwarded-For', address.text, 'X-Real-IP', address.text);
  fields.push('X-Forwarded-Proto', scheme, 'X-Forwarded-Host', head.host, 'X-Forwarded-Port', String(port));
  fields.push('X-Request-ID', facts.requestId, 'Via', viaValue(head));
  return fields;
}

/**
 * The fields of the backend's answer that the client gets, in order; its length is the writer's to say.
 * @param replaced lower-case name of one that is ours to say this time
 */
export function returnedFields(head: ResponseHead, replaced?: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at < head.names.length; at++) {
    const name = head.names[at] ?? '';
    if (NEVER_RETURNED.has(name) || name === replaced || head.nominated.includes(name)) continue;
    fields.push(head.fields[2 * at] ?? '', head.fields[2 * at + 1] ?? '');
  }
  return fields;
}

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** The client's own request id where it is harmless, so that its log and ours meet. */
export function usableRequestId(value: string | undefined): string | undefined {
  return value !== undefined && REQUEST_ID.test(value) ? value : undefined;
}
