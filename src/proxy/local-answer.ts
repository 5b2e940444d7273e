// Answers of our own: what decide/response.ts chose, written to a client, and the end of that exchange.
import { type Answer, answerFor, RESET_ANSWER } from '../decide/response.ts';
import type { Fault } from '../model/fault.ts';
import type { BodyFraming, RequestHead } from '../model/request.ts';
import { assertField } from '../wire/http1-writer.ts';
import type { ClientStream } from './client/client-stream.ts';
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
export function mustClose({ services, stream, head }: ExchangeParts): boolean {
  // A client that hopes for its WebSocket may have sent frames already: they are no next request (row U6).
  const mayBeFrames = head.upgrade.kind === 'websocket';
  return mayBeFrames || stream.mustClose || services.isLameDuck() || !stream.isRequestComplete;
}

/** Writes the whole answer and ends the exchange; HEAD gets the length of the body it would have had. */
export function giveAnswer(parts: ExchangeParts, answer: Answer): void {
  const { services, stream, head, report } = parts;
  const close = answer.close || mustClose(parts);
  const hsts = report.context?.hsts;
  writeAnswer(services, stream, { answer, close, hasBody: head.method !== 'HEAD', hsts });
  report.status = answer.status;
  report.finish(stream.requestBytes, stream.response.bytes);
  stream.finish(close);
}

type Written = {
  readonly answer: Answer;
  readonly close: boolean;
  readonly hasBody: boolean;
  readonly hsts: string | undefined;
};

function writeAnswer(services: ExchangeServices, { response }: ClientStream, written: Written): void {
  const { answer, close, hasBody, hsts } = written;
  const fields = [...answer.fields, 'Date', new Date(services.clock.epochMs()).toUTCString()];
  if (hsts !== undefined) fields.push('Strict-Transport-Security', hsts);
  for (let at = 0; at < fields.length; at += 2) assertField(fields[at] ?? '', fields[at + 1] ?? '');
  const body = Buffer.from(answer.body, 'utf8');
  const framing: BodyFraming = answer.status === 204 ? NO_CONTENT : { kind: 'length', bytes: body.length };
  response.head(answer.status, fields, framing, close);
  if (hasBody) response.body(body, 0, body.length);
  response.end();
}

/** A reset towards a trusted proxy would end other people's requests: that one gets an empty answer instead. */
export function giveReset(parts: ExchangeParts): void {
  const { stream, report } = parts;
  if (stream.client.trusted) {
    giveAnswer(parts, RESET_ANSWER);
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
  writeAnswer(services, stream, { answer, close: true, hasBody: true, hsts: undefined });
  report.finish(0, stream.response.bytes);
  stream.finish(true);
}
