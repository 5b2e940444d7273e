// Where other servers differ from us, and why that is right. An exception that is none any more fails.

export type Exception = {
  readonly peers: readonly string[];
  /** Of samples. */
  readonly names: RegExp;
  readonly why: string;
  /** The peer never answers: it is not asked. */
  readonly isSilent?: true;
};

/** Our own requests, and what a peer behind us makes of them. */
export const THROUGH_EXCEPTIONS: readonly Exception[] = [
  {
    peers: ['nginx'],
    names: /^target \/\.\.\/x$/,
    why: 'nginx serves files, and refuses paths that lead out of its root',
  },
  {
    peers: ['http-proxy'],
    names: /^(DELETE|OPTIONS) with (one chunk|no chunk|chunks)/,
    why: 'http-proxy takes the coding from these methods and passes the body on: what it makes of them is no opinion',
  },
  {
    peers: ['http-proxy'],
    names: /^target \/(!\$&'\(\)\*\+,;=:@|\/|\/x|x\/\/y|a\\b)$/,
    why: 'http-proxy joins slashes, turns them round, and writes quotes another way; we pass on what came',
  },
];

/** What we take, and a peer does not. */
export const DIRECT_EXCEPTIONS: readonly Exception[] = [
  {
    peers: ['nginx'],
    names: /^(K1 \/(%2e%2e|\.\.)\/x|target "\/\.\.")$/,
    why: 'nginx serves files, and refuses paths that lead out of its root; behind us are others (row K1)',
  },
  {
    peers: ['nginx'],
    names: /^(B3 in any case and with white space|length with white space around)$/,
    why: 'nginx takes HTAB for no white space, against RFC 9110 section 5.6.3',
  },
  {
    peers: ['haproxy'],
    names: /^target absolute with a query alone$/,
    why: 'HAProxy 2.6 wants a path in absolute form, which RFC 9110 section 4.2.1 does not',
  },
  {
    peers: ['haproxy'],
    names: /^target absolute of https$/,
    why: 'HAProxy compares the authority with Host letter by letter; we look for the site behind both (row H3)',
  },
  {
    peers: ['net/http'],
    names: /^L3 one empty line/,
    why: 'Go takes no empty line before a request, which RFC 9112 section 2.2 asks for (row L3)',
  },
  {
    peers: ['node:http', 'http-proxy'],
    names: /^(C6 trailers are dropped|trailer "(Transfer-Encoding|Content-Length): .*")$/,
    why: 'Node refuses framing in trailers; we drop them all, whatever they say (row C6)',
  },
  {
    peers: ['node:http', 'http-proxy'],
    names: /^R11 nothing behind /,
    why: 'Node answers what comes behind a last request with an error; we do not look at it (row R11)',
  },
  {
    peers: ['http-proxy'],
    names:
      /^(H6 two slashes are a path|K1 \/(\/|a\/\/b|a\\b)|K2 \/api\/\/x|target "\/{2,3}"|target absolute with two slashes)$/,
    why: 'http-proxy joins slashes and turns them round; we pass on what came',
  },
  {
    peers: ['http-proxy'],
    names: /^X1 fields of one hop$/,
    why: 'http-proxy passes Upgrade on and waits for it',
    isSilent: true,
  },
];
