// The head of an HTTP/1 response from its text, with the same strictness as requests: rows R1 to R4.
import type { BodyFraming } from '../model/request.ts';
import type { ResponseHead } from '../model/response.ts';
import { parseFieldLines } from './field-lines.ts';
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

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9][0-9])(?: (.*))?$/;
const SINGLETONS: readonly string[] = ['content-length', 'transfer-encoding'];

/**
 * Reads a response to a request with that method; undefined where any part of it is in doubt.
 * @param lineEnds positions of the line feeds in `text`, as HeadReader leaves them
 */
export function parseResponseHead(
  text: string,
  lineEnds: readonly number[],
  method: string,
): ResponseHead | undefined {
  const line = STATUS_LINE.exec(text.slice(0, (lineEnds[0] ?? 1) - 1));
  if (line === null || !isFieldValue(line[3] ?? '')) return undefined;
  const lines = parseFieldLines(text, lineEnds);
  if (lines === undefined) return undefined;
  const status = Number(line[2]);
  const version = line[1] === '1' ? '1.1' : '1.0';
  const nominated = readNominated(lines);
  const framing = readFraming(lines, version);
  if (nominated === undefined || framing === undefined) return undefined;
  return {
    status,
    version,
    fields: lines.fields,
    names: lines.names,
    nominated,
    framing: hasNoBody(status, method) ? { kind: 'none' } : framing,
    contentLength: statedLength(lines),
    persistent: version === '1.1' && !nominated.includes('close'),
  };
}

/** Row R2: whatever the fields say. */
function hasNoBody(status: number, method: string): boolean {
  return method === 'HEAD' || status < 200 || status === 204 || status === 304;
}

function readNominated(lines: FieldLines): readonly string[] | undefined {
  const nominated: string[] = [];
  for (
    let at = lines.names.indexOf('connection');
    at !== -1;
    at = lines.names.indexOf('connection', at + 1)
  ) {
    const members = parseTokenList(lines.fields[2 * at + 1] ?? '');
    if (members === undefined) return undefined;
    nominated.push(...members);
  }
  return nominated;
}

function readFraming(lines: FieldLines, version: '1.0' | '1.1'): BodyFraming | undefined {
  for (const name of SINGLETONS) {
    if (lines.names.indexOf(name) !== lines.names.lastIndexOf(name)) return undefined;
  }
  const transferEncoding = valueOf(lines, 'transfer-encoding');
  const contentLength = valueOf(lines, 'content-length');
  if (transferEncoding !== undefined) {
    const isSound =
      contentLength === undefined && version === '1.1' && foldAscii(transferEncoding) === 'chunked';
    return isSound ? { kind: 'chunked' } : undefined;
  }
  if (contentLength === undefined) return { kind: 'close' };
  const bytes = parseContentLength(contentLength);
  return bytes === undefined ? undefined : { kind: 'length', bytes };
}

function statedLength(lines: FieldLines): number | undefined {
  const value = valueOf(lines, 'content-length');
  return value === undefined ? undefined : parseContentLength(value);
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
