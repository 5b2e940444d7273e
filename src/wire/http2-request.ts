// The head of an HTTP/2 request from its list of fields (RFC 9113 section 8.3): rows N1 to N5, H, L5, F6, A5 and U12.
// It comes down to the same parts as an HTTP/1 head, so that one function says what they mean.
import { clientFault, type Fault } from '../model/fault.ts';
import type { ClientLimits } from '../model/limits.ts';
import type { RequestHead } from '../model/request.ts';
import { ASTERISK } from './http1-request.ts';
import { judgeMethod, servedMethod } from './methods.ts';
import { buildRequestHead } from './request-fields.ts';
import type { FieldLines, RequestLine } from './request-parts.ts';
import { isFieldValue, isTargetText, isToken, trimOws } from './tokens.ts';
import { lowerCaseName } from './usual-names.ts';

/** Fields of one connection: this version of HTTP has none (RFC 9113 section 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

const FIELD_BYTES = 8192;
/** What separates a name from its value, and one field from the next, so that sizes mean what they mean in HTTP/1. */
const SEPARATOR_BYTES = 4;
/** What a request line of HTTP/1 has besides its method and its target. */
const VERSION_BYTES = 12;

export type Http2Limits = Pick<ClientLimits, 'requestLineBytes' | 'requestHeadBytes' | 'requestFields'>;

/**
 * @param list name, value, name, value ... as they came, pseudo fields first
 * @param hasBody false where the stream ended with the head
 */
export function parseHttp2Request(
  list: readonly string[],
  hasBody: boolean,
  limits: Http2Limits,
): RequestHead | Fault {
  const headBytes = sizeOf(list, limits);
  if (headBytes === undefined) return clientFault('request-head-too-large');
  const pseudo = readPseudoFields(list);
  if (pseudo === undefined) return malformed('The pseudo fields are not those of a request');
  const line = judgeLine(pseudo, hasBody, limits);
  if ('code' in line) return line;
  const lines = readFields(list, 2 * pseudo.count, headBytes);
  if (typeof lines === 'string') return malformed(lines);
  const head = buildRequestHead(line, withHost(lines, line.authority));
  if ('code' in head) return head;
  return head.framing.kind !== 'none' && !hasBody ? malformed('Content-Length without a body') : head;
}

function malformed(detail: string): Fault {
  return clientFault('request-malformed', detail);
}

/** Bytes of the whole list; undefined where they, one field, or the number of fields are over the limits (row Q1). */
function sizeOf(list: readonly string[], limits: Http2Limits): number | undefined {
  let bytes = 0;
  let fields = 0;
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at] ?? '';
    const size = name.length + (list[at + 1] ?? '').length + SEPARATOR_BYTES;
    bytes += size;
    if (name.startsWith(':')) continue;
    fields++;
    if (size > FIELD_BYTES) return undefined;
  }
  return bytes > limits.requestHeadBytes || fields > limits.requestFields ? undefined : bytes;
}

type PseudoName = ':method' | ':scheme' | ':authority' | ':path' | ':protocol';
type PseudoFields = { [Name in PseudoName]: string | undefined } & { count: number };

/** Those at the head of the list; one that comes later is no token, and so no field. */
function readPseudoFields(list: readonly string[]): PseudoFields | undefined {
  const pseudo: PseudoFields = {
    ':method': undefined,
    ':scheme': undefined,
    ':authority': undefined,
    ':path': undefined,
    ':protocol': undefined,
    count: 0,
  };
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at] ?? '';
    if (!name.startsWith(':')) break;
    if (!isPseudoName(name) || pseudo[name] !== undefined) return undefined;
    pseudo[name] = list[at + 1] ?? '';
    pseudo.count++;
  }
  return pseudo;
}

function isPseudoName(name: string): name is PseudoName {
  switch (name) {
    case ':method':
    case ':scheme':
    case ':authority':
    case ':path':
    case ':protocol':
      return true;
    default:
      return false;
  }
}

function judgeLine(pseudo: PseudoFields, hasBody: boolean, limits: Http2Limits): RequestLine | Fault {
  // WebSockets over HTTP/2 are not announced, so nobody may ask for them, or for anything like it (row U12).
  if (pseudo[':protocol'] !== undefined) return clientFault('method-unknown');
  const sent = pseudo[':method'] ?? '';
  const method = servedMethod(sent);
  if (method === undefined) return clientFault(judgeMethod(sent));
  const scheme = pseudo[':scheme'];
  if (scheme !== 'https' && scheme !== 'http') return malformed('The scheme is not that of HTTP');
  const target = pseudo[':path'] ?? '';
  if (method.length + target.length + VERSION_BYTES > limits.requestLineBytes)
    return clientFault('request-line-too-long');
  const hasForm = target.startsWith('/') || (target === ASTERISK && method === 'OPTIONS');
  if (!hasForm || !isTargetText(target)) return malformed('The path is not a path');
  return { method, target, authority: pseudo[':authority'], version: '2', hasStreamedBody: hasBody };
}

type Lines = FieldLines & { readonly fields: string[]; readonly names: string[] };

/** The fields with the crumbs of the cookie put together (row A5), or what is wrong with one. */
function readFields(list: readonly string[], start: number, headBytes: number): Lines | string {
  const fields: string[] = [];
  const names: string[] = [];
  let cookieAt = -1;
  for (let at = start; at < list.length; at += 2) {
    const name = list[at] ?? '';
    const value = list[at + 1] ?? '';
    const problem = judgeField(name, value);
    if (problem !== undefined) return problem;
    if (name === 'cookie' && cookieAt !== -1) fields[cookieAt] += `; ${value}`;
    else {
      if (name === 'cookie') cookieAt = fields.length + 1;
      fields.push(name, value);
      names.push(name);
    }
  }
  return { fields, names, headBytes };
}

function judgeField(name: string, value: string): string | undefined {
  if (!isToken(name) || lowerCaseName(name) !== name) return 'A name is no name of a field';
  if (!isFieldValue(value) || trimOws(value) !== value) return `The value of ${name} is no value`;
  if (CONNECTION_FIELDS.has(name)) return `Field ${name} is of another version of HTTP`;
  return name === 'te' && value !== 'trailers' ? 'Field te is not trailers' : undefined;
}

/** Host is made where only :authority says it, and comes first as it would in HTTP/1. */
function withHost(lines: Lines, authority: string | undefined): FieldLines {
  if (authority === undefined || lines.names.includes('host')) return lines;
  lines.fields.unshift('Host', authority);
  lines.names.unshift('host');
  return lines;
}
