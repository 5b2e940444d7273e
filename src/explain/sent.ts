// What would be sent to the node: the fields are those that the data plane would write, told by name. Only what this
// proxy says itself is told with its value.
import { cookieLine, valuesOf } from '../decide/cookies.ts';
import type { Destination } from '../decide/decide.ts';
import { forwardedRequestFields, usableRequestId } from '../decide/headers.ts';
import type { Context } from '../model/decision.ts';
import { FORWARDING_FIELDS, HOP_BY_HOP } from '../model/field-names.ts';
import { type RequestHead, singleField } from '../model/request.ts';
import { loggablePath } from '../observe/log-text.ts';
import type { ExplainedBackend } from './explanation.ts';
import { queryNames } from './request-facts.ts';

export function explainSent(
  head: RequestHead,
  { site, backend }: Destination,
  context: Context,
): ExplainedBackend {
  const cookieName = site.open?.persistence.cookieName ?? '';
  const facts = { droppedFields: site.droppedFields, cookieName, requestId: requestIdOf(head) };
  const kept = forwardedRequestFields(head, { ...facts, context: undefined });
  const ours = forwardedRequestFields(head, { ...facts, context }).slice(kept.length);
  const added = pairsOf(ours).map(([name, value]) => ({
    name,
    // Proxies in front have said the rest of it.
    value: name === 'Via' && head.names.includes('via') ? '(as sent, and ours)' : value,
  }));
  return {
    method: head.method,
    path: loggablePath(head.target),
    query: queryNames(head.target),
    kept: pairsOf(kept).map(([name]) => name),
    dropped: [
      ...droppedOf(head, kept, site.open?.admission.secretHeaders ?? []),
      ...(isSent(head, cookieName) ? [{ name: `cookie ${cookieName}`, why: 'it is ours alone' }] : []),
    ],
    added: [...added, ...framingOf(head)],
    tls: backend.backend.tls !== undefined,
  };
}

function requestIdOf(head: RequestHead): string {
  const own = usableRequestId(singleField(head, 'x-request-id'));
  return own === undefined ? '(a new one)' : '(that of the client)';
}

function isSent(head: RequestHead, cookieName: string): boolean {
  return cookieName !== '' && valuesOf(cookieLine(head), cookieName)?.length !== 0;
}

function pairsOf(fields: readonly string[]): readonly (readonly [string, string])[] {
  return fields.flatMap((name, at) => (at % 2 === 0 ? [[name, fields[at + 1] ?? ''] as const] : []));
}

/** As wire/http1-writer.ts writes it. */
function framingOf({ upgrade, framing }: RequestHead): ExplainedBackend['added'] {
  if (upgrade.kind === 'websocket')
    return [
      { name: 'Connection', value: 'Upgrade' },
      { name: 'Upgrade', value: 'websocket' },
    ];
  if (framing.kind === 'length') return [{ name: 'Content-Length', value: String(framing.bytes) }];
  return framing.kind === 'chunked' ? [{ name: 'Transfer-Encoding', value: 'chunked' }] : [];
}

function droppedOf(
  head: RequestHead,
  kept: readonly string[],
  secretHeaders: readonly string[],
): ExplainedBackend['dropped'] {
  const left = new Set(pairsOf(kept).map(([name]) => name.toLowerCase()));
  const gone = new Set(head.names.filter((name) => !left.has(name)));
  return [...gone].map((name) => ({ name, why: dropReason(name, head, secretHeaders) }));
}

function dropReason(name: string, { nominated }: RequestHead, secretHeaders: readonly string[]): string {
  if (secretHeaders.includes(name)) return 'a secret of admission goes no further';
  if (name === 'content-length' || name === 'transfer-encoding') return 'written anew';
  if (HOP_BY_HOP.includes(name) || nominated.includes(name)) return 'of this connection only';
  if (FORWARDING_FIELDS.includes(name)) return 'only a proxy may say it';
  return name === 'cookie' ? 'nothing but our own cookie is in it' : 'not passed on';
}
