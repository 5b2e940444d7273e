// What main.ts's process and the processes of the load tell each other.

/** The backend's first and only message. */
export type BackendReady = { readonly port: number };

/** How many connections keep asking, and for how long; the time before the measured part warms things up. */
export type LoadOrder = {
  readonly kind: 'http' | 'ws';
  readonly port: number;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measuredMs: number;
  /** The proxy whose processor time is read at both ends of the measured part. */
  readonly processId: number;
};

/** Opens that many more WebSockets and keeps them; none at all closes every one. */
export type HoldOrder = { readonly kind: 'hold'; readonly port: number; readonly sockets: number };

export type Order = LoadOrder | HoldOrder;

/** What one turn measured. */
export type LoadResult = {
  /** Requests or round trips. */
  readonly units: number;
  readonly elapsedMs: number;
  readonly cpuUs: number;
  readonly rssKb: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
};

export type Reply =
  | { readonly kind: 'measured'; readonly result: LoadResult }
  | { readonly kind: 'held' }
  | { readonly kind: 'failed'; readonly message: string };
