// The backend's answer as the client gets it: its framing, its fields, and our cookie where it needs one.
import { tokenToIssue } from '../decide/affinity.ts';
import type { ServingEndpoint } from '../decide/compiled.ts';
import type { Destination } from '../decide/decide.ts';
import { returnedFields } from '../decide/headers.ts';
import type { Context } from '../model/decision.ts';
import type { BodyFraming, RequestHead } from '../model/request.ts';
import type { ResponseHead } from '../model/response.ts';
import { assertField } from '../wire/http1-writer.ts';

const CHUNKED: BodyFraming = { kind: 'chunked' };

/** How the client is told the length; `close` means by the end of the connection, all that HTTP/1.0 knows. */
export function clientFraming(head: ResponseHead, version: RequestHead['version']): BodyFraming {
  switch (head.framing.kind) {
    case 'length':
      return head.framing;
    case 'none':
      // The length that a body would have had (HEAD, 304); elsewhere there is none to speak of (row R2).
      return head.contentLength === undefined || head.status === 204
        ? head.framing
        : { kind: 'length', bytes: head.contentLength };
    default:
      return version === '1.0' ? { kind: 'close' } : CHUNKED;
  }
}

/** Fields for the client, with Set-Cookie when it came without the cookie of the endpoint that answered. */
export function clientFields(
  head: ResponseHead,
  destination: Destination,
  endpoint: ServingEndpoint,
  context: Pick<Context, 'scheme' | 'hsts'> | undefined,
): string[] {
  const hsts = context?.hsts;
  const fields = returnedFields(head, hsts === undefined ? undefined : 'strict-transport-security');
  if (hsts !== undefined) fields.push('Strict-Transport-Security', hsts);
  const persistence = destination.site.open?.persistence;
  const token = persistence === undefined ? undefined : tokenToIssue(persistence, destination.keys, endpoint);
  if (persistence !== undefined && token !== undefined) {
    const secure = context?.scheme === 'https' ? '; Secure' : '';
    const cookie = `${persistence.cookieName}=${token}${persistence.cookieAttributes}${secure}`;
    assertField('Set-Cookie', cookie);
    fields.push('Set-Cookie', cookie);
  }
  return fields;
}
