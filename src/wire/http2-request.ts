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

/** Fields of one connection: this version of HTTP has none (RFC 9113 section 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

const SCHEMES: ReadonlySet<string> = new Set(['http', 'https']);
const PSEUDO_FIELDS: ReadonlySet<string> = new Set([
  ':method',
  ':scheme',
  ':authority',
  ':path',
  ':protocol',
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
  const fields = readFields(list.slice(2 * pseudo.size));
  if (typeof fields === 'string') return malformed(fields);
  const head = buildRequestHead(line, linesOf(fields, line.authority, headBytes));
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

type PseudoFields = ReadonlyMap<string, string>;

/** Those at the head of the list; one that comes later is no token, and so no field. */
function readPseudoFields(list: readonly string[]): PseudoFields | undefined {
  const pseudo = new Map<string, string>();
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at] ?? '';
    if (!name.startsWith(':')) break;
    if (!PSEUDO_FIELDS.has(name) || pseudo.has(name)) return undefined;
    pseudo.set(name, list[at + 1] ?? '');
  }
  return pseudo;
}

function judgeLine(pseudo: PseudoFields, hasBody: boolean, limits: Http2Limits): RequestLine | Fault {
  // WebSockets over HTTP/2 are not announced, so nobody may ask for them, or for anything like it (row U12).
  if (pseudo.has(':protocol')) return clientFault('method-unknown');
  const sent = pseudo.get(':method') ?? '';
  const method = servedMethod(sent);
  if (method === undefined) return clientFault(judgeMethod(sent));
  if (!SCHEMES.has(pseudo.get(':scheme') ?? '')) return malformed('The scheme is not that of HTTP');
  const target = pseudo.get(':path') ?? '';
  if (method.length + target.length + VERSION_BYTES > limits.requestLineBytes)
    return clientFault('request-line-too-long');
  const hasForm = target.startsWith('/') || (target === ASTERISK && method === 'OPTIONS');
  if (!hasForm || !isTargetText(target)) return malformed('The path is not a path');
  return {
    method,
    target,
    authority: pseudo.get(':authority'),
    version: '2',
    hasStreamedBody: hasBody,
  };
}

/** The fields with the crumbs of the cookie put together (row A5), or what is wrong with one. */
function readFields(list: readonly string[]): string[] | string {
  const fields: string[] = [];
  let cookieAt = -1;
  for (let at = 0; at < list.length; at += 2) {
    const name = list[at] ?? '';
    const value = list[at + 1] ?? '';
    const problem = judgeField(name, value);
    if (problem !== undefined) return problem;
    if (name !== 'cookie') fields.push(name, value);
    else if (cookieAt === -1) cookieAt = fields.push(name, value) - 1;
    else fields[cookieAt] += `; ${value}`;
  }
  return fields;
}

function judgeField(name: string, value: string): string | undefined {
  if (!isToken(name) || /[A-Z]/.test(name)) return 'A name is no name of a field';
  if (!isFieldValue(value) || trimOws(value) !== value) return `The value of ${name} is no value`;
  if (CONNECTION_FIELDS.has(name)) return `Field ${name} is of another version of HTTP`;
  return name === 'te' && value !== 'trailers' ? 'Field te is not trailers' : undefined;
}

/** Host is made where only :authority says it, and comes first as it would in HTTP/1. */
function linesOf(fields: readonly string[], authority: string | undefined, headBytes: number): FieldLines {
  const names = fields.filter((_, at) => at % 2 === 0);
  if (authority === undefined || names.includes('host')) return { fields, names, headBytes };
  return { fields: ['Host', authority, ...fields], names: ['host', ...names], headBytes };
}
