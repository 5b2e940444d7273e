// The product's own readers of messages as functions over pieces of bytes: what the properties about them call.
import { DEFAULT_CLIENT_LIMITS } from '../../src/model/limits.ts';
import type { BodyFraming, RequestHead } from '../../src/model/request.ts';
import type { ResponseHead } from '../../src/model/response.ts';
import { BodyDecoder } from '../../src/wire/body-framing.ts';
import { HeadReader } from '../../src/wire/head-reader.ts';
import { RequestHeadReader } from '../../src/wire/http1-request.ts';
import { parseResponseHead, RESPONSE_HEAD_LIMITS } from '../../src/wire/http1-response.ts';
import { parseProxyHeader, type ProxyHeader } from '../../src/wire/proxy-protocol.ts';
import { FrameFollower, type FrameSender } from '../../src/wire/websocket-frame.ts';

/** What was made of some bytes. `state` is `whole`, `incomplete`, or says what was wrong. */
export type Reading<Head> = {
  readonly head: Head | undefined;
  readonly state: string;
  readonly rest: string;
};

/** Bytes of other messages stand around each piece, as in a buffer that is used again. */
function placed(piece: Buffer): { readonly chunk: Buffer; readonly start: number; readonly end: number } {
  const leftover = Buffer.from('\r\n\r\nHost: evil\r\n\r\n0\r\n\r\n', 'latin1');
  const chunk = Buffer.concat([leftover, piece, leftover]);
  return { chunk, start: leftover.length, end: leftover.length + piece.length };
}

function restOf(pieces: readonly Buffer[], at: number, taken: number): string {
  const rest = [pieces[at]?.subarray(taken) ?? Buffer.alloc(0), ...pieces.slice(at + 1)];
  return Buffer.concat(rest).toString('latin1');
}

export function readRequest(pieces: readonly Buffer[]): Reading<RequestHead> {
  const reader = new RequestHeadReader(DEFAULT_CLIENT_LIMITS);
  for (const [at, piece] of pieces.entries()) {
    const { chunk, start, end } = placed(piece);
    const parsed = reader.push(chunk, start, end);
    if (parsed === undefined) continue;
    if ('code' in parsed) return { head: undefined, state: parsed.code, rest: '' };
    return { head: parsed, state: 'whole', rest: restOf(pieces, at, reader.position - start) };
  }
  return { head: undefined, state: 'incomplete', rest: '' };
}

export function readResponse(pieces: readonly Buffer[], method: string): Reading<ResponseHead> {
  const reader = new HeadReader(RESPONSE_HEAD_LIMITS, 'response');
  for (const [at, piece] of pieces.entries()) {
    const { chunk, start, end } = placed(piece);
    const state = reader.push(chunk, start, end);
    if (state === 'incomplete') continue;
    const head = state === 'complete' ? parseResponseHead(reader, method) : undefined;
    if (head === undefined) return { head: undefined, state: 'malformed', rest: '' };
    return { head, state: 'whole', rest: restOf(pieces, at, reader.position - start) };
  }
  return { head: undefined, state: 'incomplete', rest: '' };
}

/** `head` is the content. */
export function readBody(pieces: readonly Buffer[], framing: BodyFraming): Reading<string> {
  const decoder = new BodyDecoder();
  decoder.reset(framing, 100_000);
  let content = '';
  const sink = {
    onBody: (chunk: Buffer, start: number, end: number) =>
      void (content += chunk.toString('latin1', start, end)),
  };
  for (const [at, piece] of pieces.entries()) {
    const { chunk, start, end } = placed(piece);
    const next = decoder.push(chunk, start, end, sink);
    if (decoder.state === 'reading') continue;
    if (decoder.state !== 'done') return { head: undefined, state: decoder.state, rest: '' };
    return { head: content, state: 'whole', rest: restOf(pieces, at, next - start) };
  }
  return { head: content, state: decoder.state === 'done' ? 'whole' : 'incomplete', rest: '' };
}

/** The header as it is known after each piece has come. */
export function readProxyHeader(pieces: readonly Buffer[]): ProxyHeader {
  for (let count = 1; count < pieces.length; count++) {
    const header = parseProxyHeader(Buffer.concat(pieces.slice(0, count)));
    if (header.kind !== 'incomplete') return header;
  }
  return parseProxyHeader(Buffer.concat(pieces));
}

/** All that is known of a direction of a tunnel after these bytes. */
export function followFrames(pieces: readonly Buffer[], sender: FrameSender, hasExtensions: boolean): object {
  const follower = new FrameFollower(sender, hasExtensions);
  let passed = 0;
  for (const piece of pieces) {
    const { chunk, start, end } = placed(piece);
    passed += follower.push(chunk, start, end) - start;
    if (follower.closeComplete) break;
  }
  const { opaque, sawClose, closeComplete, messages, atBoundary } = follower;
  return {
    opaque,
    sawClose,
    closeComplete,
    messages,
    atBoundary,
    passed: closeComplete ? passed : undefined,
  };
}
