// One health check: a GET to one endpoint on a connection of its own, and what its answer means.
// Nothing is sent but the path: no cookie, no secret, no header of any client.
import { clearImmediate, clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { type ClientRequest, type IncomingMessage, request, type RequestOptions } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Backend, BackendTls, Endpoint, HealthCheck } from '../model/configuration.ts';

/** Why a check failed. */
export const CHECK_FAILURES = [
  'connect-refused',
  'connect-failed',
  'tls-failed',
  'timeout',
  'closed',
  'malformed',
  'status',
  'body',
] as const;
export type CheckFailure = (typeof CHECK_FAILURES)[number];

export type CheckFailed = {
  readonly kind: 'failed';
  readonly failure: CheckFailure;
  /** With `status`: the one that came. */
  readonly status?: number;
};
export type CheckResult = { readonly kind: 'passed' } | CheckFailed;

export type ProbeTarget = {
  readonly endpoint: Pick<Endpoint, 'address' | 'port'>;
  readonly tls: Backend['tls'];
  readonly check: HealthCheck;
  /** Whoever starts it takes an address of these; see `localAddress`. */
  readonly sourceAddresses?: Backend['sourceAddresses'];
  /** Where it comes from; undefined leaves that to the system. */
  readonly localAddress?: string | undefined;
};

/** Starts a check; `done` hears of its end once, unless it is cancelled before. Returns what cancels it. */
export type StartProbe = (target: ProbeTarget, done: (result: CheckResult) => void) => () => void;

/** Mattermost's own answer has some 200 bytes. */
const MAX_BODY_BYTES = 16 * 1024;
const MAX_HEAD_BYTES = 16 * 1024;
const PASSED: CheckResult = { kind: 'passed' };

/** Never throws: whoever can write an Ingress must not be able to stop the thread that checks all others. */
export const startProbe: StartProbe = (target, done) => {
  try {
    const probe = new Probe(target, done);
    return () => probe.end(undefined);
  } catch {
    const failure = target.tls === undefined ? 'connect-failed' : 'tls-failed';
    const later = setImmediate(() => done({ kind: 'failed', failure }));
    return () => clearImmediate(later);
  }
};

class Probe {
  readonly #check: HealthCheck;
  readonly #done: (result: CheckResult) => void;
  readonly #request: ClientRequest;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #isConnected = false;
  #isOver = false;

  constructor({ endpoint, tls, check, localAddress }: ProbeTarget, done: (result: CheckResult) => void) {
    this.#check = check;
    this.#done = done;
    const options: RequestOptions = {
      host: endpoint.address,
      port: endpoint.port,
      path: encoded(check.path),
      method: 'GET',
      // Redirects are not followed, and no connection is kept.
      agent: false,
      maxHeaderSize: MAX_HEAD_BYTES,
      ...(localAddress === undefined ? {} : { localAddress }),
      headers: { 'User-Agent': 'mattermost-ingress-health-check', Accept: 'application/json' },
    };
    this.#request =
      tls === undefined ? request(options) : requestTls({ ...options, agent: false, ...tlsOptions(tls) });
    this.#timer = setTimeout(() => this.#fail('timeout'), check.timeoutMs);
    this.#request.on('socket', (socket) => socket.once('connect', () => (this.#isConnected = true)));
    this.#request.on('response', (response) => this.#onResponse(response));
    this.#request.on('upgrade', () => this.#fail('malformed'));
    this.#request.on('error', (error) => this.#fail(failureOf(error, this.#isConnected, tls !== undefined)));
    this.#request.end();
  }

  /** Once; undefined tells nobody. */
  end(result: CheckResult | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#request.destroy();
    if (result !== undefined) this.#done(result);
  }

  #fail(failure: CheckFailure): void {
    this.end({ kind: 'failed', failure });
  }

  #onResponse(response: IncomingMessage): void {
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299 || (this.#check.isPing && status !== 200)) {
      this.end({ kind: 'failed', failure: 'status', status });
      return;
    }
    if (!this.#check.isPing) {
      this.end(PASSED);
      return;
    }
    response.on('data', (chunk: Buffer) => this.#onChunk(chunk));
    response.on('end', () => this.end(isOk(Buffer.concat(this.#chunks)) ? PASSED : BAD_BODY));
    response.on('error', () => this.#fail('closed'));
  }

  #onChunk(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BODY_BYTES) this.end(BAD_BODY);
    else this.#chunks.push(chunk);
  }
}

/** As a client sends it: a path of an Ingress may have blanks and letters of any script. */
function encoded(path: string): string {
  return path.replaceAll(/[^\u0021-\u007e]/gu, (letter) => encodeURIComponent(letter));
}

const BAD_BODY: CheckResult = { kind: 'failed', failure: 'body' };

/** Mattermost says how it is in its body; with some parameters its status is 200 whatever it says there. */
function isOk(body: Buffer): boolean {
  try {
    const answer: unknown = JSON.parse(body.toString());
    return typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === 'OK';
  } catch {
    return false;
  }
}

function failureOf(error: NodeJS.ErrnoException, isConnected: boolean, isTls: boolean): CheckFailure {
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED') return 'connect-refused';
  if (!isConnected) return 'connect-failed';
  if (code.startsWith('HPE_')) return 'malformed';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'closed';
  return isTls ? 'tls-failed' : 'closed';
}

/** As for requests: the name is verified, not the address. */
function tlsOptions(tls: BackendTls) {
  return {
    servername: tls.serverName,
    rejectUnauthorized: tls.verify,
    minVersion: `TLSv${tls.minVersion}` as const,
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.clientCertificate === undefined
      ? {}
      : { cert: tls.clientCertificate.chain, key: tls.clientCertificate.key }),
  };
}
