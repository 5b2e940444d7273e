// The form of the rows that responses.test.ts runs: bytes of a backend, and what the client gets of them.

export type ResponseOutcome =
  /** A 502 of ours; the backend's connection is never used again. */
  | { readonly kind: 'bad-gateway' }
  /** A 403 of ours and the end, and nothing else of what the backend said. */
  | { readonly kind: 'forbidden' }
  /** Head and body exactly so. `reuses`: the next request goes over the same backend connection. */
  | {
      readonly kind: 'relayed';
      readonly heads: readonly string[];
      readonly body: string;
      readonly reuses: boolean;
    }
  /** A tunnel: the head so, and everything behind it as it came. */
  | { readonly kind: 'switched'; readonly head: string; readonly behind: string }
  /** The answer had begun: the client's connection is reset, so that nobody takes it for whole. */
  | { readonly kind: 'cut-off' };

export type ResponseRow = {
  readonly name: string;
  /** Request line; `GET / HTTP/1.1` unless it matters. */
  readonly line: string;
  readonly host: string;
  /** Of the request, besides Host. */
  readonly fields: readonly string[];
  readonly answer: string;
  /** What the backend does behind its answer. */
  readonly afterwards: 'stay' | 'end' | 'reset';
  readonly outcome: ResponseOutcome;
};

type Change = Partial<Pick<ResponseRow, 'line' | 'host' | 'fields' | 'afterwards'>>;

const DEFAULTS = { line: 'GET / HTTP/1.1', host: 'a', fields: [], afterwards: 'stay' } as const;

export function bad(name: string, answer: string, change: Change = {}): ResponseRow {
  return { name, ...DEFAULTS, ...change, answer, outcome: { kind: 'bad-gateway' } };
}

export function forbidden(name: string, answer: string, change: Change): ResponseRow {
  return { name, ...DEFAULTS, ...change, answer, outcome: { kind: 'forbidden' } };
}

export function cutOff(
  name: string,
  answer: string,
  afterwards: ResponseRow['afterwards'],
  change: Change = {},
): ResponseRow {
  return { name, ...DEFAULTS, ...change, afterwards, answer, outcome: { kind: 'cut-off' } };
}

/** @param heads each line of the heads the client gets, interim ones included, without line ends */
export function relayed(
  name: string,
  answer: string,
  [heads, body, reuses]: readonly [heads: readonly (readonly string[])[], body: string, reuses: boolean],
  change: Change = {},
): ResponseRow {
  const outcome = { kind: 'relayed', heads: heads.map((lines) => lines.join('\r\n')), body, reuses } as const;
  return { name, ...DEFAULTS, ...change, answer, outcome };
}

export const OK = 'HTTP/1.1 200 OK';
export const LENGTH = 'Content-Length: 2';
export const CHUNKED = 'Transfer-Encoding: chunked';

/** A 200 with these fields and the content `hi`. */
export function hi(...lines: readonly string[]): string {
  return `${bare(OK, ...lines)}hi`;
}

/** A head of these lines. */
export function bare(...lines: readonly string[]): string {
  return `${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}
