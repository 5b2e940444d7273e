// One HTTP exchange of the fake server: reading a bounded body and writing answers in Mattermost's shapes.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AppError } from './app-error.ts';
import { describeError } from './app-error.ts';
import { makeId } from './ids.ts';
import type { LoginSession } from './login-sessions.ts';
import type { NodeContext } from './node-context.ts';
import { nodeHeader, serverVersion } from './node-context.ts';
import type { RequestTarget } from './request-target.ts';

/** Go's measures: what it reads of an unwanted body before it answers, and how long it lingers afterwards. */
const maxUnreadBytes = 256 * 1024;
const drainMs = 500;
const maxDrainBytes = 10 * 1024 * 1024;

/** A request under way, as the endpoints see it. */
export type Exchange = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly node: NodeContext;
  readonly target: RequestTarget;
  readonly requestId: string;
  readonly session?: LoginSession;
};

/** Writes the headers that every answer of Mattermost carries, and the demo's node name. Returns the request id. */
export function writeStandardHeaders(node: NodeContext, response: ServerResponse): string {
  const requestId = makeId(node.town.random);
  // Go adds no Connection header to a kept-alive HTTP/1.1 answer.
  if (response.shouldKeepAlive && response.req.httpVersion === '1.1') response.removeHeader('connection');
  response.setHeader(nodeHeader, node.name);
  response.setHeader('X-Request-Id', requestId);
  response.setHeader('X-Version-Id', serverVersion);
  response.setHeader('Permissions-Policy', '');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  return requestId;
}

/** Answers with text of the given type. */
export function replyText(response: ServerResponse, status: number, contentType: string, text: string): void {
  const body = Buffer.from(text);
  response.setHeader('Content-Type', contentType);
  response.setHeader('Content-Length', body.length);
  response.statusCode = status;
  response.end(body);
}

/** Answers with JSON. The type has no charset: Mattermost's own client parses exactly `application/json`. */
export function replyJson(exchange: Exchange, status: number, value: unknown): void {
  if (exchange.request.method === 'GET') exchange.response.setHeader('Expires', '0');
  replyText(exchange.response, status, 'application/json', JSON.stringify(value));
}

/** Sends `100 Continue` to a client that waits for it. Call it when the body is wanted, as Go does. */
export function continueIfExpected(exchange: Exchange): void {
  if (exchange.request.headers.expect?.toLowerCase() === '100-continue') exchange.response.writeContinue();
}

/** The whole body, or undefined when it is larger than `maxBytes`. Rejects when the client goes away. */
async function readBody(exchange: Exchange, maxBytes: number): Promise<Buffer | undefined> {
  if (Number(exchange.request.headers['content-length'] ?? 0) > maxBytes) return undefined;
  continueIfExpected(exchange);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  // Leaving the loop early must not destroy the request: its connection still has an answer to carry.
  for await (const chunk of exchange.request.iterator({ destroyOnReturn: false })) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Answers with an error of the API, whether or not the request's body has been read. */
export function replyError(exchange: Exchange, error: AppError): void {
  if (!hasLargeRest(exchange.request)) {
    return replyJson(exchange, error.statusCode, describeError(error, exchange.requestId));
  }
  refuseRest(exchange, error);
}

/** Whether more may be coming than Go reads before it gives a connection up. */
function hasLargeRest(request: IncomingMessage): boolean {
  if (request.complete) return false;
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || Number(length ?? 0) > maxUnreadBytes;
}

/** What still arrives is thrown away for a while, so that the client reads the answer instead of a reset. */
function refuseRest(exchange: Exchange, error: AppError): void {
  const { request, response } = exchange;
  const body = Buffer.from(JSON.stringify(describeError(error, exchange.requestId)));
  response.setHeader('Connection', 'close');
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Content-Length', body.length);
  response.statusCode = error.statusCode;
  response.write(body);
  let leftBytes = maxDrainBytes;
  const finish = (): void => {
    clearTimeout(timer);
    if (!response.writableEnded) response.end();
  };
  const timer = setTimeout(finish, drainMs);
  request.on('data', (chunk: Buffer) => {
    leftBytes -= chunk.length;
    if (leftBytes < 0) finish();
  });
  request.once('end', finish).once('close', finish).resume();
}

/** Mattermost's MaximumPayloadSizeBytes for everything but files, with its allowance. */
const maxPayloadBytes = 300_000 + 512;

/** The body as a JSON value: undefined when it is none, `too-large` over Mattermost's payload limit. */
export async function readJson(exchange: Exchange): Promise<unknown> {
  const body = await readBody(exchange, maxPayloadBytes);
  if (body === undefined) return 'too-large';
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** The body as a JSON object: undefined when it is none, `too-large` over Mattermost's payload limit. */
export async function readObject(
  exchange: Exchange,
): Promise<Readonly<Record<string, unknown>> | undefined | 'too-large'> {
  const value = await readJson(exchange);
  return isObject(value) || value === 'too-large' ? value : undefined;
}

/** Whether a parsed JSON value is an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text field of a parsed object; empty when it is absent or of another type. */
export function textOf(object: Readonly<Record<string, unknown>>, field: string): string {
  const value = object[field];
  return typeof value === 'string' ? value : '';
}
