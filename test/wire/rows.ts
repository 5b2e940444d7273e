// The form of the rows that deliveries.ts runs: bytes of a client, and what must become of them.

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
  /** Of the client, as it is told to the backend; loopback unless said. */
  readonly address?: string;
  readonly scheme?: 'https';
  /** As X-Forwarded-Port says; the listener's unless said. */
  readonly port?: number;
  readonly requestId?: string;
  /** Hops in front of ours. */
  readonly via?: string;
  readonly isHandshake?: true;
};

export type Outcome =
  /** An error answer with `Connection: close`; nothing reaches a backend, nothing more is read. */
  | { readonly kind: 'refused'; readonly status: number }
  /** As refused, but the request had begun to go to the backend: it is broken off there. */
  | { readonly kind: 'broken'; readonly status: number }
  /** The end of the connection without a word; nothing reaches a backend. */
  | { readonly kind: 'dropped' }
  /** These answers in order, interim ones included, while just these requests reach the backend. */
  | {
      readonly kind: 'served';
      readonly requests: readonly ForwardedRequest[];
      readonly statuses: readonly number[];
      readonly closes: boolean;
      /** Stand in the head of the last answer. */
      readonly lines?: readonly string[];
    }
  /** The backend's 101 comes back, and nothing may come before it (row U6). */
  | { readonly kind: 'switched'; readonly request: ForwardedRequest };

export type RequestRow = {
  readonly name: string;
  readonly input: string;
  readonly outcome: Outcome;
  /** What is said of the client in every request of this connection. */
  readonly canary?: Partial<ForwardedRequest>;
};

/** A row of the security research by its id, and what it is about. */
export function refused(name: string, input: string, status = 400): RequestRow {
  return { name, input, outcome: { kind: 'refused', status } };
}

export function broken(name: string, input: string, status = 400): RequestRow {
  return { name, input, outcome: { kind: 'broken', status } };
}

export function dropped(name: string, input: string): RequestRow {
  return { name, input, outcome: { kind: 'dropped' } };
}

/** Answered here; the connection stays open. */
export function answered(
  name: string,
  input: string,
  status: number,
  ...lines: readonly string[]
): RequestRow {
  return served(name, input, { requests: [], statuses: [status], lines });
}

export function forwarded(name: string, input: string, ...requests: readonly ForwardedRequest[]): RequestRow {
  return served(name, input, { requests, statuses: requests.map(() => 200) });
}

/** Forwarded, and the connection ends with the answer. */
export function forwardedOnce(name: string, input: string, request: ForwardedRequest): RequestRow {
  return served(name, input, { requests: [request], statuses: [200], closes: true });
}

type Served = Extract<Outcome, { readonly kind: 'served' }>;

/** Some requests answered here, others by the backend. */
export function served(
  name: string,
  input: string,
  outcome: Omit<Served, 'kind' | 'closes'> & Partial<Pick<Served, 'closes'>>,
): RequestRow {
  return { name, input, outcome: { kind: 'served', closes: false, ...outcome } };
}

export function switched(name: string, input: string, request: ForwardedRequest): RequestRow {
  return { name, input, outcome: { kind: 'switched', request: { ...request, isHandshake: true } } };
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
