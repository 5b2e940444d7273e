// What the client would see, in the words of the data plane itself.
import { type Answer, type AnswerContext, answerFor, type Cause } from '../decide/response.ts';
import type { RequestHead } from '../model/request.ts';
import type { ExplainedAnswer } from './explanation.ts';

/** Stands where each request has another one. */
export const REQUEST_ID = '(of the request)';

export function explainAnswer({ status, fields, body, close }: Answer, reason?: string): ExplainedAnswer {
  return {
    status,
    ...(reason === undefined ? {} : { reason }),
    fields: fields.flatMap((name, at) => (at % 2 === 0 ? [{ name, value: fields[at + 1] ?? '' }] : [])),
    ...(body === '' ? {} : { body: body.trimEnd() }),
    closesConnection: close,
  };
}

export function explainRefusal(cause: Cause, context: Omit<AnswerContext, 'requestId'>): ExplainedAnswer {
  return explainAnswer(answerFor(cause, { ...context, requestId: REQUEST_ID }), cause);
}

/** The node's own, or none at all. */
export function noAnswer(reason?: string): ExplainedAnswer {
  return { ...(reason === undefined ? {} : { reason }), fields: [], closesConnection: reason !== undefined };
}

/** As proxy/client/http2-stream.ts does: of what ends a connection of HTTP/1, most is the matter of one stream there. */
function endsHttp2({ status, closesConnection }: ExplainedAnswer): boolean {
  return status === 421 || (closesConnection && (status === 403 || status === 429));
}

/** With what proxy/local-answer.ts adds to an answer of our own, but for the date. */
export function asWritten(
  answer: ExplainedAnswer,
  { upgrade, version }: RequestHead,
  hsts: string | undefined,
): ExplainedAnswer {
  if (answer.status === undefined) return answer;
  const added = hsts === undefined ? [] : [{ name: 'Strict-Transport-Security', value: hsts }];
  // Frames may have been sent already: they are no next request.
  const closesHttp1 = answer.closesConnection || upgrade.kind === 'websocket';
  const closesConnection = version === '2' ? endsHttp2(answer) : closesHttp1;
  return { ...answer, fields: [...answer.fields, ...added], closesConnection };
}
