// The form of the rows that requests.test.ts runs: bytes of a client, and what must become of them.

/** What the backend receives: request line and fields as written here, then ours, then the framing. */
export type ForwardedRequest = {
  readonly line: string;
  readonly fields: readonly string[];
  readonly framing?: string;
  readonly body?: string;
  /** Of the request, as X-Forwarded-Host repeats it. */
  readonly host?: string;
  /** Of HTTP, as Via repeats it; 1.1 unless said. */
  readonly version?: string;
};

export type Outcome =
  /** An error answer with `Connection: close`; nothing reaches a backend, nothing more is read. */
  | { readonly kind: 'refused'; readonly status: number }
  /** As refused, but the request had begun to go to the backend: it is broken off there. */
  | { readonly kind: 'broken'; readonly status: number }
  /** Answered here; the connection stays open. */
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'forwarded'; readonly requests: readonly ForwardedRequest[]; readonly closes: boolean };

export type RequestRow = { readonly name: string; readonly input: string; readonly outcome: Outcome };

/** A row of the security research by its id, and what it is about. */
export function refused(name: string, input: string, status = 400): RequestRow {
  return { name, input, outcome: { kind: 'refused', status } };
}

export function broken(name: string, input: string): RequestRow {
  return { name, input, outcome: { kind: 'broken', status: 400 } };
}

export function answered(name: string, input: string, status: number): RequestRow {
  return { name, input, outcome: { kind: 'answered', status } };
}

export function forwarded(name: string, input: string, ...requests: readonly ForwardedRequest[]): RequestRow {
  return { name, input, outcome: { kind: 'forwarded', requests, closes: false } };
}

/** Forwarded, and the connection ends with the answer. */
export function forwardedOnce(name: string, input: string, request: ForwardedRequest): RequestRow {
  return { name, input, outcome: { kind: 'forwarded', requests: [request], closes: true } };
}

/** A head of these lines: `GET / HTTP/1.1`, `Host: a` and the given ones. */
export function get(...fields: readonly string[]): string {
  return head('GET / HTTP/1.1', 'Host: a', ...fields);
}

export function post(...fields: readonly string[]): string {
  return head('POST / HTTP/1.1', 'Host: a', ...fields);
}

export function head(...lines: readonly string[]): string {
  return `${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
}
