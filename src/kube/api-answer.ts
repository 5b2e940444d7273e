// Reading what the API server answers: bounded bodies, JSON documents, refusals, and errors of the connection.
import type { Dispatcher } from 'undici';
import { ApiFailure, failureOfStatus } from './api-failure.ts';

const MAX_STATUS_BYTES = 64 * 1024;

/** The whole body as text; throws an ApiFailure `too-large`. */
export async function readBody(body: AsyncIterable<unknown>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ApiFailure('too-large', `An answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Throws an ApiFailure `malformed` where the text is no JSON. */
export function parseDocument(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ApiFailure('malformed', 'The API server answered with what is no JSON', { cause: error });
  }
}

/** Proxies in between answer with pages instead of a Status: only the code counts then. */
export async function refusalOf(answer: Dispatcher.ResponseData): Promise<ApiFailure> {
  const seconds = Number(answer.headers['retry-after']);
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
  let status: unknown;
  try {
    status = JSON.parse(await readBody(answer.body, MAX_STATUS_BYTES));
  } catch {
    status = undefined;
  }
  return failureOfStatus(status, answer.statusCode, retryAfterMs);
}

/** ALPN without a protocol in common (RFC 7301, section 3.2). */
const NO_COMMON_PROTOCOL = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL';

const timeouts: ReadonlySet<unknown> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** The failure that an error of the HTTP client stands for. */
export function connectionFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = 'code' in cause ? cause.code : undefined;
  return new ApiFailure(timeouts.has(code) ? 'timeout' : 'connection', messageOf(cause), { cause });
}

/** Connecting to several addresses fails with an error for each and no message of its own. */
function messageOf(error: Error): string {
  if ('code' in error && error.code === NO_COMMON_PROTOCOL) {
    return 'What answers at the address of the API server does not speak HTTP/1.1, the only version spoken to it';
  }
  if (error.message !== '') return error.message;
  return error instanceof AggregateError ? error.errors.map(String).join('; ') : error.name;
}
