// What becomes of a request whose head is complete: decided once, then answered here or handed to an exchange.
import { decide, type Destination } from '../decide/decide.ts';
import { usableRequestId } from '../decide/headers.ts';
import type { Reject, SessionAnswer, Verify } from '../model/decision.ts';
import { answerFor, optionsAnswer, redirectAnswer } from '../decide/response.ts';
import { type RequestHead, singleField } from '../model/request.ts';
import { ASTERISK } from '../wire/http1-request.ts';
import type { ClientListener, ClientStream } from './client/client-stream.ts';
import { Exchange } from './exchange.ts';
import { type ExchangeParts, giveAnswer, giveReset } from './local-answer.ts';
import { ExchangeReport } from './report.ts';
import type { ExchangeServices } from './services.ts';
import { VerifiedRequest } from './session/verified-request.ts';

/** Who hears what follows the head; undefined when the request is answered already. */
export function dispatch(
  services: ExchangeServices,
  head: RequestHead,
  stream: ClientStream,
): ClientListener | undefined {
  const requestId = usableRequestId(singleField(head, 'x-request-id')) ?? services.newRequestId();
  const report = new ExchangeReport(services, stream.client, {
    head,
    sentBytes: stream.response.bytes,
    requestId,
  });
  const parts: ExchangeParts = { services, stream, head, report };
  if (head.target === ASTERISK) {
    giveAnswer(parts, optionsAnswer());
    return undefined;
  }
  return follow(parts, undefined);
}

function follow(parts: ExchangeParts, session: SessionAnswer | undefined): ClientListener | undefined {
  const { services, stream, head, report } = parts;
  const settings = session === undefined ? services.settings : { ...services.settings, session };
  const decision = decide(services.serving(), head, stream.client, settings);
  const { context } = decision;
  report.context = context;
  stream.waits = services.waits.of(context.clientTimeouts);
  if (context.admission !== undefined && context.site !== undefined) {
    services.recorder.admissionDecided(context.site, context.admission);
  }
  if (context.limit !== undefined && context.site !== undefined) {
    services.recorder.limitDecided(context.site, context.limit);
  }
  switch (decision.kind) {
    case 'forward':
      return new Exchange(parts, decision.target);
    case 'verify':
      return verify(parts, decision);
    case 'redirect':
      giveAnswer(parts, redirectAnswer(decision.location, report.requestId));
      return undefined;
    case 'reset':
      report.reason = 'admission';
      giveReset(parts);
      return undefined;
    case 'reject':
      reject(parts, decision);
      return undefined;
  }
}

function reject(parts: ExchangeParts, { context, reason, admission, retryAfterSeconds }: Reject): void {
  const { head, report } = parts;
  report.reason = reason;
  const { requestId } = report;
  const { sitePath } = context;
  giveAnswer(
    parts,
    answerFor(reason, { path: head.path, sitePath, admission, requestId, retryAfterSeconds }),
  );
}

/** The request waits for what Mattermost says of its session, and is decided again with that. */
function verify(
  parts: ExchangeParts,
  { context, target, rule }: Verify<Destination>,
): ClientListener | undefined {
  const { services, stream, head, report } = parts;
  const waiting = new VerifiedRequest(parts, (answer) => follow(parts, answer));
  const asker = { head, client: stream.client, context, target, requestId: report.requestId };
  const known = services.sessions.ask({ asker, rule }, (answer) => waiting.onAnswer(answer));
  if (known !== undefined) return follow(parts, known);
  return waiting.isOver ? undefined : waiting;
}
