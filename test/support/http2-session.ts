// A client of HTTP/2 by Node's own library, which reads the fields of answers as a browser would.
import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from 'node:http2';

export type Http2Answer = {
  /** Name, value, name, value ... of each head, interim ones first. */
  readonly heads: readonly (readonly string[])[];
  readonly body: Buffer;
  /** NO_ERROR where the answer came whole. */
  readonly code: number;
};

/** Resolves when the connection is up. Errors of the session are those of its streams. */
export async function connectHttp2(port: number, servername = 'a'): Promise<ClientHttp2Session> {
  const session = connect(`https://127.0.0.1:${port}`, { servername, rejectUnauthorized: false });
  session.on('error', () => undefined);
  await once(session, 'connect');
  return session;
}

export type Http2Ask = {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer | string;
};

export function ask(
  session: ClientHttp2Session,
  { headers = {}, body }: Http2Ask = {},
): Promise<Http2Answer> {
  const whole = { ':authority': 'a', ':path': '/', ...headers };
  const stream = session.request(whole, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  return answerOf(stream);
}

export async function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const heads: string[][] = [];
  const chunks: Buffer[] = [];
  const keep = (_: unknown, __: unknown, list: string[]) => heads.push(list);
  stream.on('headers', keep);
  stream.on('response', keep);
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('error', () => undefined);
  // Not `once`, which an error ends.
  await new Promise<void>((resolve) => stream.on('close', resolve));
  return { heads, body: Buffer.concat(chunks), code: stream.rstCode };
}

export function statusesOf({ heads }: Http2Answer): readonly number[] {
  return heads.map((list) => Number(list[list.indexOf(':status') + 1]));
}
