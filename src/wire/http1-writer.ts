// Message heads and body framing to text: everything that leaves this program as HTTP/1 is written here,
// never received bytes (invariant 1 of strictness). A field that could split a message is a bug and throws.
import type { BodyFraming } from '../model/request.ts';
import { reasonPhrase } from './reason-phrases.ts';
import { isFieldValue, isToken } from './tokens.ts';

/** The whole of a request head; framing and connection fields are written here and must not be in `fields`. */
export function requestHeadText(
  line: { method: string; target: string },
  fields: readonly string[],
  framing: BodyFraming,
): string {
  return `${line.method} ${line.target} HTTP/1.1\r\n${fieldLines(fields)}${framingLine(framing)}\r\n`;
}

/** The head of a WebSocket handshake towards a backend (RFC 6455 section 4.1). */
export function upgradeHeadText(target: string, fields: readonly string[]): string {
  return `GET ${target} HTTP/1.1\r\n${fieldLines(fields)}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
}

/**
 * The whole of a response head.
 * @param connection what the client is to do with the connection; undefined says nothing (HTTP/1.1: keep it)
 */
export function responseHeadText(
  status: number,
  fields: readonly string[],
  framing: BodyFraming,
  connection: 'close' | 'keep-alive' | undefined,
): string {
  const connectionLine = connection === undefined ? '' : `Connection: ${connection}\r\n`;
  return `${statusLine(status)}${fieldLines(fields)}${framingLine(framing)}${connectionLine}\r\n`;
}

/** 101 with the fields of the backend's own answer. */
export function switchingHeadText(fields: readonly string[]): string {
  return `${statusLine(101)}${fieldLines(fields)}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
}

/** An interim response (RFC 9110 section 15.2). */
export function interimHeadText(status: number, fields: readonly string[]): string {
  return `${statusLine(status)}${fieldLines(fields)}\r\n`;
}

export const LAST_CHUNK = '0\r\n\r\n';

/** What stands before `bytes` bytes of a chunk; CRLF follows them. */
export function chunkSizeText(bytes: number): string {
  return `${bytes.toString(16)}\r\n`;
}

/** Throws where a name or value made by this program would not come through as one field (row R10). */
export function assertField(name: string, value: string): void {
  if (!isToken(name) || !isFieldValue(value)) throw new Error(`Field ${name} cannot be written`);
}

const STATUS_LINES: readonly string[] = Array.from({ length: 600 }, (_, status) => makeStatusLine(status));

function statusLine(status: number): string {
  return STATUS_LINES[status] ?? makeStatusLine(status);
}

function makeStatusLine(status: number): string {
  return `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`;
}

function fieldLines(fields: readonly string[]): string {
  let text = '';
  for (let at = 0; at < fields.length; at += 2)
    text += (fields[at] ?? '') + ': ' + (fields[at + 1] ?? '') + '\r\n';
  return text;
}

function framingLine(framing: BodyFraming): string {
  if (framing.kind === 'length') return `Content-Length: ${framing.bytes}\r\n`;
  return framing.kind === 'chunked' ? 'Transfer-Encoding: chunked\r\n' : '';
}
