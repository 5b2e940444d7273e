// What becomes of a request whose head is complete: decided once, then answered here or handed to an exchange.
import { decide } from '../decide/decide.ts';
import { usableRequestId } from '../decide/headers.ts';
import { answerFor } from '../decide/response.ts';
import { type RequestHead, singleField } from '../model/request.ts';
import { ASTERISK } from '../wire/http1-request.ts';
import type { ClientListener, ClientStream } from './client-stream.ts';
import { Exchange } from './exchange.ts';
import { type ExchangeParts, giveAnswer, giveReset, optionsAnswer, redirectAnswer } from './local-answer.ts';
import { ExchangeReport } from './report.ts';
import type { ExchangeServices } from './services.ts';

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
  return follow(parts);
}

function follow(parts: ExchangeParts): ClientListener | undefined {
  const { services, stream, head, report } = parts;
  const decision = decide(services.serving(), head, stream.client, services.settings);
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
    case 'redirect':
      giveAnswer(parts, redirectAnswer(decision.location, report.requestId));
      return undefined;
    case 'reset':
      report.reason = 'admission';
      giveReset(parts);
      return undefined;
    case 'reject': {
      const { reason, admission, retryAfterSeconds } = decision;
      report.reason = reason;
      const { requestId } = report;
      giveAnswer(
        parts,
        answerFor(reason, {
          path: head.path,
          sitePath: context.sitePath,
          admission,
          requestId,
          retryAfterSeconds,
        }),
      );
      return undefined;
    }
  }
}
