// What the backend answers, prepared: a response of Mattermost's look for each length that is asked for.

const FIELDS = [
  'Content-Type: application/json',
  'Cache-Control: no-cache, no-store, must-revalidate',
  'X-Version-Id: 11.2.0.bench.0123456789abcdef',
  'Vary: Accept-Encoding',
  'Date: Mon, 02 Nov 2026 08:00:00 GMT',
];
const MAX_BYTES = 16 << 20;
const MAX_PREPARED = 8;
/** Short strings are written without a copy to the heap. */
const MAX_STRING_BYTES = 8192;

export class PreparedAnswers {
  readonly #byLength = new Map<string, string | Buffer>();

  /** @param bytes decimal length of the body, as it stood in the request */
  of(bytes: string): string | Buffer {
    const known = this.#byLength.get(bytes);
    if (known !== undefined) return known;
    const text = answerWith([], 'x'.repeat(Math.min(Number(bytes), MAX_BYTES)));
    const answer = text.length <= MAX_STRING_BYTES ? text : Buffer.from(text, 'latin1');
    if (this.#byLength.size >= MAX_PREPARED) this.#byLength.clear();
    this.#byLength.set(bytes, answer);
    return answer;
  }
}

/** Says on which port of the backend a request came in. */
export function answerFromPort(port: number): string {
  return answerWith([`X-Backend-Port: ${port}`], '{"status":"OK"}');
}

function answerWith(fields: readonly string[], body: string): string {
  const lines = [...FIELDS, ...fields, `Content-Length: ${body.length}`];
  return `HTTP/1.1 200 OK\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}
