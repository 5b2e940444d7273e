// The body of a question to the admin port: one JSON value, bounded in size. Pages of other sites cannot send it, since
// a browser asks before it sends JSON to another origin, and is refused.
import type { IncomingMessage } from 'node:http';

/** What became of a question, as JSON. */
export type ExplainAnswer = { readonly status: 200 | 400 | 413 | 415 | 503; readonly body: unknown };

/** @param request what was sent, of whatever form */
export type Explain = (request: unknown) => ExplainAnswer;

/** A request head at its largest default, several times over. */
const MAX_BYTES = 262_144;

export async function answerExplain(request: IncomingMessage, explain: Explain): Promise<ExplainAnswer> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json(?:$|[ ;])/i.test(type)) return problem(415, 'Send application/json');
  const text = await readText(request);
  if (text === undefined) return problem(413, `A description has at most ${MAX_BYTES} bytes`);
  let sent: unknown;
  try {
    sent = JSON.parse(text);
  } catch {
    return problem(400, 'The body is not JSON');
  }
  return explain(sent);
}

function problem(status: ExplainAnswer['status'], message: string): ExplainAnswer {
  return { status, body: { error: message } };
}

async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
