// Limits towards clients that act before, or whichever, site is known; each is an option of `run`.

export type ClientLimits = {
  readonly handshakeTimeoutMs: number;
  readonly proxyHeaderTimeoutMs: number;
  /** From the first byte of a head to its last one; the first head of a connection: from its beginning. */
  readonly requestHeadTimeoutMs: number;
  /** Between two requests of a connection. */
  readonly keepAliveTimeoutMs: number;
  readonly requestBodyIdleTimeoutMs: number;
  /** Average from the thirtieth second on. */
  readonly requestBodyMinBytesPerSecond: number;
  /** How long a client may take nothing of an answer that waits for it. */
  readonly slowReaderTimeoutMs: number;
  readonly requestsPerConnection: number;
  readonly requestLineBytes: number;
  readonly requestHeadBytes: number;
  readonly requestFields: number;
};

/** Those of the limits that a site may say once it is known. */
export type ClientWaits = Pick<
  ClientLimits,
  'requestHeadTimeoutMs' | 'requestBodyIdleTimeoutMs' | 'keepAliveTimeoutMs'
>;

export const DEFAULT_CLIENT_LIMITS: ClientLimits = {
  handshakeTimeoutMs: 10_000,
  proxyHeaderTimeoutMs: 5_000,
  requestHeadTimeoutMs: 10_000,
  keepAliveTimeoutMs: 75_000,
  requestBodyIdleTimeoutMs: 60_000,
  requestBodyMinBytesPerSecond: 500,
  slowReaderTimeoutMs: 60_000,
  requestsPerConnection: 1000,
  requestLineBytes: 8192,
  requestHeadBytes: 32_768,
  requestFields: 100,
};
