// What main.ts's process and the processes of the load tell each other.

/** The backend's first and only message. */
export type BackendReady = {
  readonly port: number;
  /** Ports of the same backend that only some benchmarks ask for. */
  readonly morePorts: readonly number[];
};

/** To the backend: end every WebSocket at once and without a word, as Mattermost does when it is told to go. */
export type BackendOrder = 'end WebSockets';

/** Towards clients; backends are always reached over plain TCP. */
export type Transport = 'plain' | 'tls';

/** Bytes of an answer's body, and of the request's; without the latter it is a GET. */
export type Bodies = { readonly answerBytes: number; readonly uploadBytes: number };

/** What one client asks again and again. */
export type Question =
  /** `isKept`: on one connection, else each on a new one. */
  | {
      readonly kind: 'http';
      readonly transport: Transport;
      readonly bodies: Bodies;
      readonly isKept: boolean;
    }
  /** `streams`: requests under way at a time on one connection. */
  | {
      readonly kind: 'http2';
      readonly transport: 'tls';
      readonly bodies: Bodies;
      readonly streams: number;
    }
  /** A message and its echo. */
  | { readonly kind: 'ws'; readonly transport: Transport }
  /** A WebSocket opened, closed by its closing handshake, and gone. */
  | { readonly kind: 'connect'; readonly transport: Transport };

/** When questions are asked. `closed`: the next follows the answer. `open`: at a rate, whatever becomes of them. */
export type Pace =
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'open';
      readonly perSecond: number;
      /** Asks at the very microsecond, at the cost of a whole processor; else within a few milliseconds. */
      readonly isExact: boolean;
    };

/** How many clients keep asking, and for how long; the time before the measured part warms things up. */
export type LoadOrder = {
  readonly kind: 'load';
  readonly question: Question;
  readonly pace: Pace;
  readonly port: number;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
  /** The process whose processor time is read at both ends of the measured part. */
  readonly processId: number;
  /** Failures are counted and the client starts anew; else the first one ends the turn. */
  readonly toleratesFailures: boolean;
};

/** Opens that many more WebSockets and keeps them. */
export type HoldOrder = {
  readonly kind: 'hold';
  readonly transport: Transport;
  readonly port: number;
  readonly sockets: number;
};

/** Sends a message on every held WebSocket and waits for its echo: says how many live. */
export type CountOrder = { readonly kind: 'count' };

/** Ends every held WebSocket. */
export type ReleaseOrder = { readonly kind: 'release' };

/** Ends the load that is running, which answers with what it has; this order has no answer of its own. */
export type StopOrder = { readonly kind: 'stop' };

export type Order = LoadOrder | HoldOrder | CountOrder | ReleaseOrder | StopOrder;

/** What one turn measured. */
export type LoadResult = {
  /** Questions that were answered. */
  readonly units: number;
  readonly failures: number;
  /** What the first of them was. */
  readonly firstFailure: string | undefined;
  readonly elapsedMs: number;
  readonly cpuUs: number;
  readonly rssKb: number;
  /** What the load itself cost. */
  readonly generatorCpuUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
};

export type Reply =
  | { readonly kind: 'measured'; readonly result: LoadResult }
  | { readonly kind: 'done' }
  | { readonly kind: 'counted'; readonly sockets: number }
  | { readonly kind: 'failed'; readonly message: string };
