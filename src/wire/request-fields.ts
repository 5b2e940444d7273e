// What the fields of a request mean for framing, routing and upgrade: rows H, F, B, X and U.
// Works on names and values, not on bytes, so that every HTTP version comes through here.
import { clientFault, type Fault } from '../model/fault.ts';
import type { BodyFraming, RequestHead } from '../model/request.ts';
import { type Authority, parseAuthority } from './authority.ts';
import { isDisguised, PROTECTED, SINGLE, SINGLETONS } from './field-names.ts';
import type { FieldLines, RequestLine, SingleFields } from './request-parts.ts';
import { foldAscii, isToken, parseTokenList, trimOws } from './tokens.ts';
import { judgeUpgrade } from './websocket-handshake.ts';

const DIGIT_0 = 0x30;
const CODINGS: ReadonlySet<string> = new Set([
  'chunked',
  'gzip',
  'x-gzip',
  'compress',
  'x-compress',
  'deflate',
]);

/** Builds the head that everything later reads, or says why there is none. */
export function buildRequestHead(line: RequestLine, lines: FieldLines): RequestHead | Fault {
  const singles = noSingles();
  const nominated: string[] = [];
  for (let at = 0; at < lines.names.length; at++) {
    const fault = readField(lines.names[at] ?? '', lines.fields[2 * at + 1] ?? '', singles, nominated);
    if (fault !== undefined) return clientFault('request-malformed', fault);
  }
  const authority = judgeHost(line, singles);
  if (typeof authority === 'string') return clientFault('request-malformed', authority);
  const framing = judgeFraming(line, singles);
  if (typeof framing === 'string') return framingFault(framing);
  const upgrade = judgeUpgrade({ line, singles, nominated, framing });
  if (typeof upgrade === 'string') return clientFault(upgrade);
  const expectation = judgeExpect(line, singles, framing);
  if (expectation === 'unknown') return clientFault('expectation-failed');
  const query = line.target.indexOf('?');
  return {
    method: line.method,
    target: line.target,
    path: query === -1 ? line.target : line.target.slice(0, query),
    host: singles[SINGLE.host] ?? '',
    hostname: authority.hostname,
    version: line.version,
    fields: lines.fields,
    names: lines.names,
    nominated,
    framing,
    upgrade,
    expectContinue: expectation === 'continue',
    close: line.version === '1.0' || nominated.includes('close'),
    headBytes: lines.headBytes,
  };
}

/** A literal: as many places as SINGLE names. */
function noSingles(): (string | undefined)[] {
  const none = undefined;
  return [none, none, none, none, none, none, none, none, none, none, none, none, none];
}

function readField(
  name: string,
  value: string,
  singles: (string | undefined)[],
  nominated: string[],
): string | undefined {
  const place = SINGLETONS.get(name);
  if (place !== undefined) {
    if (singles[place] !== undefined) return `Field ${name} stands twice`;
    singles[place] = value;
    return undefined;
  }
  if (name === 'connection') {
    const members = parseTokenList(value);
    if (members === undefined) return 'Connection is no list of tokens';
    for (const member of members) {
      if (PROTECTED.has(member)) return `Connection nominates ${member}`;
      nominated.push(member);
    }
    return undefined;
  }
  return isDisguised(name) ? `Field ${name} looks like a protected one` : undefined;
}

function judgeHost(line: RequestLine, singles: SingleFields): Authority | string {
  const host = singles[SINGLE.host];
  if (host === undefined) return 'Host is missing';
  const authority = parseAuthority(host);
  if (authority === undefined) return 'Host is not a host';
  if (line.authority === undefined) return authority;
  const target = parseAuthority(line.authority);
  const isSame = target?.hostname === authority.hostname && target.port === authority.port;
  return isSame ? authority : 'Target and Host name different hosts';
}

function judgeFraming(line: RequestLine, singles: SingleFields): BodyFraming | string {
  const transferEncoding = singles[SINGLE['transfer-encoding']];
  const contentLength = singles[SINGLE['content-length']];
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined) return 'Content-Length and Transfer-Encoding';
    if (line.version !== '1.1') return 'Transfer-Encoding with a version that has none';
    return judgeTransferEncoding(transferEncoding);
  }
  if (contentLength === undefined)
    return line.hasStreamedBody === true ? { kind: 'chunked' } : { kind: 'none' };
  const bytes = parseContentLength(contentLength);
  if (bytes === undefined) return 'Content-Length is not a length';
  if (bytes > 0 && line.version === '1.0' && line.method !== 'POST' && line.method !== 'PUT') {
    return 'HTTP/1.0 request with a body that its method does not have';
  }
  return bytes === 0 ? { kind: 'none' } : { kind: 'length', bytes };
}

function framingFault(problem: string): Fault {
  return problem === 'transfer-coding-unknown'
    ? clientFault(problem)
    : clientFault('request-malformed', problem);
}

/** Row B10: an expectation of HTTP/1.0, or of a request without a body, has nothing to wait for. */
function judgeExpect(
  line: RequestLine,
  singles: SingleFields,
  framing: BodyFraming,
): 'none' | 'continue' | 'unknown' {
  const value = line.version === '1.0' ? undefined : singles[SINGLE.expect];
  if (value === undefined) return 'none';
  if (foldAscii(value) !== '100-continue') return 'unknown';
  return framing.kind === 'none' ? 'none' : 'continue';
}

function judgeTransferEncoding(value: string): BodyFraming | string {
  if (foldAscii(value) === 'chunked') return { kind: 'chunked' };
  const codings = value.split(',').map((coding) => foldAscii(trimOws(coding)));
  const isKnownList = codings.length > 1 && codings.every((coding) => isToken(coding) && CODINGS.has(coding));
  const endsChunked = codings.indexOf('chunked') === codings.length - 1;
  return isKnownList && endsChunked ? 'transfer-coding-unknown' : 'Transfer-Encoding is not chunked';
}

/** 1*DIGIT up to 2^53 - 1; leading zeros are grammatical (rows B1 and B2). */
export function parseContentLength(value: string): number | undefined {
  if (value === '') return undefined;
  let bytes = 0;
  for (let at = 0; at < value.length; at++) {
    const digit = value.charCodeAt(at) - DIGIT_0;
    if (digit < 0 || digit > 9) return undefined;
    bytes = bytes * 10 + digit;
    if (bytes > Number.MAX_SAFE_INTEGER) return undefined;
  }
  return bytes;
}
