// The TLS side of a fake API server: HTTP/1.1, HTTP/2, or both by negotiation as the real one has it.
import { createServer, type Server as HttpsServer } from 'node:https';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';

export type ApiProtocols = 'HTTP/2 and HTTP/1.1' | 'HTTP/1.1' | 'HTTP/2';

export type KeyPair = { readonly certificate: string; readonly key: string };

/** Not listening yet. Whoever comes by HTTP/2 is told apart by `httpVersion`; the rest is the same for both. */
export function createListener(
  { certificate: cert, key }: KeyPair,
  protocols: ApiProtocols,
  serve: (request: IncomingMessage, response: ServerResponse) => void,
): HttpsServer | Http2SecureServer {
  if (protocols === 'HTTP/1.1') return createServer({ cert, key }, serve);
  return createSecureServer({ cert, key, allowHTTP1: protocols !== 'HTTP/2' }, (request, response) =>
    serve(request as unknown as IncomingMessage, response as unknown as ServerResponse),
  );
}
