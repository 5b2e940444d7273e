// The head of an HTTP/1 response from its text, with the same strictness as requests: rows R1 to R4.
import type { BodyFraming } from '../model/request.ts';
import type { ResponseHead } from '../model/response.ts';
import { firstLineOf, type HeadMarks, readFieldLines } from './field-lines.ts';
import type { HeadLimits } from './head-reader.ts';
import { parseContentLength } from './request-fields.ts';
import type { FieldLines } from './request-parts.ts';
import { foldAscii, isFieldValue, parseTokenList } from './tokens.ts';
import type { SwitchingFields } from './websocket-handshake.ts';

export const RESPONSE_HEAD_LIMITS: HeadLimits = {
  firstLineBytes: 8192,
  fieldLineBytes: 16_384,
  headBytes: 32_768,
  fields: 200,
};

const NONE: readonly string[] = [];
const SPACE = 0x20;
const DIGIT_0 = 0x30;
const TIMEOUT_PARAMETER = /(?:^|,)[ \t]*timeout=(\d{1,6})[ \t]*(?:,|$)/i;
const NO_BODY: BodyFraming = { kind: 'none' };
const CHUNKED: BodyFraming = { kind: 'chunked' };
const UNTIL_CLOSE: BodyFraming = { kind: 'close' };

/**
 * Reads a response to a request with that method; undefined where any part of it is in doubt.
 */
export function parseResponseHead(marks: HeadMarks, method: string): ResponseHead | undefined {
  const line = readStatusLine(firstLineOf(marks));
  if (line === undefined) return undefined;
  const lines = readFieldLines(marks);
  const said = readConnectionFields(lines);
  const framing = said === undefined ? undefined : judgeFraming(said, line.version);
  if (said === undefined || framing === undefined) return undefined;
  const { nominated, contentLength, keepAlive } = said;
  return {
    status: line.status,
    version: line.version,
    fields: lines.fields,
    names: lines.names,
    nominated,
    framing: hasNoBody(line.status, method) ? NO_BODY : framing,
    contentLength: contentLength === undefined ? undefined : parseContentLength(contentLength),
    persistent: line.version === '1.1' && !nominated.includes('close'),
    keepAliveMs: keepAlive === undefined ? undefined : readKeepAlive(keepAlive),
  };
}

/** `HTTP/1.1 200 OK`; the reason phrase may be missing (RFC 9112 section 4). */
function readStatusLine(
  line: string,
): { readonly status: number; readonly version: '1.0' | '1.1' } | undefined {
  const version = line.startsWith('HTTP/1.1 ') ? '1.1' : line.startsWith('HTTP/1.0 ') ? '1.0' : undefined;
  if (version === undefined || (line.length > 12 && line.charCodeAt(12) !== SPACE)) return undefined;
  let status = 0;
  for (let at = 9; at < 12; at++) {
    const digit = line.charCodeAt(at) - DIGIT_0;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    status = status * 10 + digit;
  }
  return status < 100 || status > 599 || !isFieldValue(line) ? undefined : { status, version };
}

type ConnectionFields = {
  readonly nominated: readonly string[];
  readonly contentLength: string | undefined;
  readonly transferEncoding: string | undefined;
  readonly keepAlive: string | undefined;
};

/** What a response says of its connection and its length; undefined where one line contradicts another. */
function readConnectionFields({ names, fields }: FieldLines): ConnectionFields | undefined {
  let nominated = NONE;
  let contentLength: string | undefined;
  let transferEncoding: string | undefined;
  let keepAlive: string | undefined;
  for (let at = 0; at < names.length; at++) {
    const name = names[at];
    if (name === 'content-length') {
      if (contentLength !== undefined) return undefined;
      contentLength = fields[2 * at + 1];
    } else if (name === 'transfer-encoding') {
      if (transferEncoding !== undefined) return undefined;
      transferEncoding = fields[2 * at + 1];
    } else if (name === 'keep-alive') {
      keepAlive = fields[2 * at + 1];
    } else if (name === 'connection') {
      const members = parseTokenList(fields[2 * at + 1] ?? '');
      if (members === undefined) return undefined;
      nominated = [...nominated, ...members];
    }
  }
  return { nominated, contentLength, transferEncoding, keepAlive };
}

/** `timeout=5, max=100` (RFC 2068 section 19.7.1.1): a hint, of which only this is of use. */
function readKeepAlive(value: string): number | undefined {
  const [, seconds] = TIMEOUT_PARAMETER.exec(value) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** Row R2: whatever the fields say. */
function hasNoBody(status: number, method: string): boolean {
  return method === 'HEAD' || status < 200 || status === 204 || status === 304;
}

function judgeFraming(said: ConnectionFields, version: '1.0' | '1.1'): BodyFraming | undefined {
  const { transferEncoding, contentLength } = said;
  if (transferEncoding !== undefined) {
    const isSound =
      contentLength === undefined && version === '1.1' && foldAscii(transferEncoding) === 'chunked';
    return isSound ? CHUNKED : undefined;
  }
  if (contentLength === undefined) return UNTIL_CLOSE;
  const bytes = parseContentLength(contentLength);
  return bytes === undefined ? undefined : { kind: 'length', bytes };
}

function valueOf(
  lines: { readonly names: readonly string[]; readonly fields: readonly string[] },
  name: string,
): string | undefined {
  const at = lines.names.indexOf(name);
  return at === -1 ? undefined : lines.fields[2 * at + 1];
}

/** The fields of a 101 that the handshake is judged by; a repeated one counts as absent. */
export function switchingFields(head: ResponseHead): SwitchingFields {
  const single = (name: string) =>
    head.names.indexOf(name) === head.names.lastIndexOf(name) ? valueOf(head, name) : '';
  const isFramed = head.names.includes('content-length') || head.names.includes('transfer-encoding');
  return {
    canSwitch: head.version === '1.1' && !isFramed,
    upgrade: single('upgrade'),
    connection: head.nominated,
    accept: single('sec-websocket-accept'),
    protocol: single('sec-websocket-protocol'),
    extensions: single('sec-websocket-extensions'),
  };
}
