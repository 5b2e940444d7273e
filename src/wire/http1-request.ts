// The head of an HTTP/1 request from its text: request line and field lines, rows L, H4 to H7 and F1 to F5.
import { type ClientFault, clientFault, type Fault } from '../model/fault.ts';
import type { ClientLimits } from '../model/limits.ts';
import type { RequestHead } from '../model/request.ts';
import { firstLineOf, type HeadMarks, readFieldLines } from './field-lines.ts';
import { type HeadFault, type HeadLimits, HeadReader } from './head-reader.ts';
import { judgeMethod, servedMethod } from './methods.ts';
import { buildRequestHead } from './request-fields.ts';
import type { RequestLine } from './request-parts.ts';
import { isTargetText } from './tokens.ts';

/** Asterisk-form has no path: it is answered here (row H7). */
export const ASTERISK = '*';

const FIELD_LINE_BYTES = 8192;
const HTTP2_PREFACE = 'PRI * HTTP/2.0';

const HEAD_FAULTS: Readonly<Record<HeadFault, ClientFault>> = {
  malformed: 'request-malformed',
  'first-line-too-long': 'request-line-too-long',
  'head-too-large': 'request-head-too-large',
};

/** Reads one request head after another from bytes that may be cut anywhere. */
export class RequestHeadReader {
  readonly #reader: HeadReader;

  constructor(limits: ClientLimits) {
    this.#reader = new HeadReader(headLimits(limits), 'request');
  }

  /** Between two requests: nothing of a head has come yet. */
  get isEmpty(): boolean {
    return this.#reader.isEmpty;
  }

  /** Where the bytes after the head start in the chunk last pushed. */
  get position(): number {
    return this.#reader.position;
  }

  /** Takes bytes [start, end); undefined wants more. After a head the next byte starts another one. */
  push(chunk: Buffer, start: number, end: number): RequestHead | Fault | undefined {
    const state = this.#reader.push(chunk, start, end);
    if (state === 'incomplete') return undefined;
    if (state !== 'complete') return clientFault(HEAD_FAULTS[state]);
    const parsed = parseRequestHead(this.#reader);
    this.#reader.reset();
    return parsed;
  }
}

function headLimits(limits: ClientLimits): HeadLimits {
  return {
    firstLineBytes: limits.requestLineBytes,
    fieldLineBytes: FIELD_LINE_BYTES,
    headBytes: limits.requestHeadBytes,
    fields: limits.requestFields,
  };
}

function parseRequestHead(marks: HeadMarks): RequestHead | Fault {
  const line = parseRequestLine(firstLineOf(marks));
  return typeof line === 'string' ? clientFault(line) : buildRequestHead(line, readFieldLines(marks));
}

function parseRequestLine(line: string): RequestLine | ClientFault {
  const first = line.indexOf(' ');
  const last = line.lastIndexOf(' ');
  if (first === -1 || first === last || line === HTTP2_PREFACE) return 'request-malformed';
  const sent = line.slice(0, first);
  const method = servedMethod(sent);
  const version = parseVersion(line.slice(last + 1));
  const received = line.slice(first + 1, last);
  if (method === undefined) return judgeUnserved(sent, version, received);
  if (version === 'request-malformed' || version === 'version-unsupported') return version;
  if (!isTargetText(received)) return 'request-malformed';
  if (received.startsWith('/')) return { method, version, target: received, authority: undefined };
  const parsed = parseOtherTarget(method, received);
  return parsed === undefined ? 'request-malformed' : { method, version, ...parsed };
}

type ParsedVersion = '1.0' | '1.1' | 'request-malformed' | 'version-unsupported';

function parseVersion(text: string): ParsedVersion {
  if (text === 'HTTP/1.1') return '1.1';
  if (text === 'HTTP/1.0') return '1.0';
  return /^HTTP\/([0-9]\.[0-9]|[2-9])$/.test(text) ? 'version-unsupported' : 'request-malformed';
}

/** What is wrong with the line of a method that is not served: that, unless something in front of it is. */
function judgeUnserved(sent: string, version: ParsedVersion, target: string): ClientFault {
  const fault = judgeMethod(sent);
  if (fault === 'request-malformed') return fault;
  if (version === 'request-malformed' || version === 'version-unsupported') return version;
  return fault === 'method-refused' || isTargetText(target) ? fault : 'request-malformed';
}

/** Asterisk-form and absolute-form (RFC 9112 section 3.2). */
function parseOtherTarget(
  method: string,
  text: string,
): Pick<RequestLine, 'target' | 'authority'> | undefined {
  if (text === ASTERISK) return method === 'OPTIONS' ? { target: text, authority: undefined } : undefined;
  const scheme = /^https?:\/\//i.exec(text);
  if (scheme === null) return undefined;
  const rest = text.slice(scheme[0].length);
  const end = rest.search(/[/?]/);
  const authority = end === -1 ? rest : rest.slice(0, end);
  const path = end === -1 ? '/' : rest.slice(end);
  return { target: path.startsWith('/') ? path : `/${path}`, authority };
}
