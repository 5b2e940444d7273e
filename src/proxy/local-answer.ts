// Answers of our own: what decide/response.ts chose, written to a client, and the end of that exchange.
import { type Answer, answerFor } from '../decide/response.ts';
import type { Fault } from '../model/fault.ts';
import type { BodyFraming, RequestHead } from '../model/request.ts';
import type { ClientStream } from './client-stream.ts';
import { ExchangeReport } from './report.ts';
import type { ExchangeServices } from './services.ts';

/** What every exchange has, whether it reaches a backend or not. */
export type ExchangeParts = {
  readonly services: ExchangeServices;
  readonly stream: ClientStream;
  readonly head: RequestHead;
  readonly report: ExchangeReport;
};

const NO_CONTENT: BodyFraming = { kind: 'none' };

/** The next answer must end the connection: somebody wants so, or what is left of the request will not be read. */
export function mustClose({ services, stream }: ExchangeParts): boolean {
  return stream.mustClose || services.isLameDuck() || !stream.isRequestComplete;
}

/** Writes the whole answer and ends the exchange; HEAD gets the length of the body it would have had. */
export function giveAnswer(parts: ExchangeParts, answer: Answer): void {
  const { services, stream, head, report } = parts;
  const close = answer.close || mustClose(parts);
  const body = Buffer.from(answer.body, 'utf8');
  const fields = [...answer.fields, 'Date', new Date(services.clock.epochMs()).toUTCString()];
  stream.response.head(answer.status, fields, { kind: 'length', bytes: body.length }, close);
  if (head.method !== 'HEAD') stream.response.body(body, 0, body.length);
  report.status = answer.status;
  endAnswer(parts, close);
}

/** The answer to `OPTIONS *`, which asks the proxy itself (RFC 9110 section 9.3.7). */
export function giveOptions(parts: ExchangeParts): void {
  const close = mustClose(parts);
  parts.stream.response.head(
    204,
    ['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
    NO_CONTENT,
    close,
  );
  parts.report.status = 204;
  endAnswer(parts, close);
}

function endAnswer({ stream, report }: ExchangeParts, close: boolean): void {
  stream.response.end();
  report.finish(stream.requestBytes, stream.response.bytes);
  stream.finish(close);
}

/** 308 keeps the method and the body of what is sent again (RFC 9110 section 15.4.9). */
export function redirectAnswer(location: string, requestId: string): Answer {
  const fields = ['Location', location, 'Cache-Control', 'no-store', 'X-Request-ID', requestId];
  return { status: 308, fields, body: '', close: false };
}

/** A reset towards a trusted proxy would end other people's requests: that one gets an empty answer instead. */
export function giveReset(parts: ExchangeParts): void {
  const { stream, report } = parts;
  if (stream.client.trusted) {
    giveAnswer(parts, { status: 403, fields: [], body: '', close: true });
    return;
  }
  stream.reset();
  report.finish(stream.requestBytes, stream.response.bytes);
}

/** Answers a request that has no head anybody could decide on, and ends its connection. */
export function refuse(services: ExchangeServices, fault: Fault, stream: ClientStream): void {
  const requestId = services.newRequestId();
  const sentBytes = stream.response.bytes;
  const report = new ExchangeReport(services, stream.client, { head: undefined, sentBytes, requestId });
  const answer = answerFor(fault.code, { path: undefined, sitePath: '/', admission: undefined, requestId });
  report.fault(fault);
  report.status = answer.status;
  const body = Buffer.from(answer.body, 'utf8');
  stream.response.head(answer.status, answer.fields, { kind: 'length', bytes: body.length }, true);
  stream.response.body(body, 0, body.length);
  stream.response.end();
  report.finish(0, stream.response.bytes);
  stream.finish(true);
}
