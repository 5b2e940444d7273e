// What the proxies written for Node are told, as JSON in their one argument; and their access log.
import { createWriteStream, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import process from 'node:process';

export type PeerOptions = {
  readonly plainPort: number;
  readonly tlsPort: number;
  readonly backendPort: number;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly accessLogFile: string | undefined;
};

export function readPeerOptions(): PeerOptions {
  return JSON.parse(process.argv[2] ?? '{}') as PeerOptions;
}

/** Certificate and lowest version of TLS, for `https.createServer`. */
export function tlsOptions({ certificateFile, keyFile }: PeerOptions) {
  return { cert: readFileSync(certificateFile), key: readFileSync(keyFile), minVersion: 'TLSv1.3' } as const;
}

export type RequestLogger = (request: IncomingMessage, response: ServerResponse) => void;

/** One line of JSON for each request, written when its response is finished. */
export function createRequestLogger({ accessLogFile }: PeerOptions): RequestLogger {
  if (accessLogFile === undefined) return () => {};
  const file = createWriteStream(accessLogFile, { flags: 'a' });
  return (request, response) => {
    const startMs = performance.now();
    response.once('finish', () => {
      const line = {
        time: new Date().toISOString(),
        client: request.socket.remoteAddress,
        host: request.headers.host,
        method: request.method,
        path: request.url,
        status: response.statusCode,
        durationMs: performance.now() - startMs,
      };
      file.write(`${JSON.stringify(line)}\n`);
    });
  };
}
