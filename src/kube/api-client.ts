// Requests to the API server: JSON documents, and watches as lines. One connection pool; HTTP/1.1, so that a dead
// connection silences one watch and not all of them (research: kubernetes/kubernetes 65012).
import { Agent, type Dispatcher, request } from 'undici';
import { ApiFailure, failureOfStatus } from './api-failure.ts';
import type { ApiCredentials, ApiTls } from './kubeconfig.ts';
import { LineSplitter } from './line-splitter.ts';

export type Query = Readonly<Record<string, string>>;

/** What the reflectors need of the API server. Everything rejects or throws with an ApiFailure. */
export type ObjectApi = {
  /** GET of one JSON document. */
  get(path: string, query: Query, signal: AbortSignal): Promise<unknown>;
  /** An empty line once the server agreed to watch, then its lines as they come; ends when the server ends it. */
  watch(path: string, query: Query, signal: AbortSignal): AsyncIterable<string>;
  close(): Promise<void>;
};

export type ApiLimits = {
  readonly connectTimeoutMs: number;
  /** From the request to the head of the answer, and between two parts of a document. */
  readonly answerTimeoutMs: number;
  readonly maxDocumentBytes: number;
  readonly maxLineBytes: number;
};

/** Objects are at most 1.5 MiB in etcd; JSON may need six bytes for one. */
const defaultApiLimits: ApiLimits = {
  connectTimeoutMs: 10_000,
  answerTimeoutMs: 60_000,
  maxDocumentBytes: 64 * 1024 * 1024,
  maxLineBytes: 16 * 1024 * 1024,
};

const KEEP_ALIVE_MS = 15_000;
const MAX_STATUS_BYTES = 64 * 1024;

export type ApiClientOptions = {
  readonly credentials: ApiCredentials;
  readonly userAgent: string;
  readonly limits?: ApiLimits;
};

export class ApiClient implements ObjectApi {
  readonly #credentials: ApiCredentials;
  readonly #userAgent: string;
  readonly #limits: ApiLimits;
  #pool: { readonly agent: Agent; readonly tlsDigest: string } | undefined;
  readonly #retired = new Set<Agent>();

  constructor({ credentials, userAgent, limits = defaultApiLimits }: ApiClientOptions) {
    this.#credentials = credentials;
    this.#userAgent = userAgent;
    this.#limits = limits;
  }

  async get(path: string, query: Query, signal: AbortSignal): Promise<unknown> {
    const { answerTimeoutMs, maxDocumentBytes } = this.#limits;
    return this.#failing(async () => {
      const body = await this.#open(urlOf(path, query), signal, answerTimeoutMs);
      return parseDocument(await readBody(body, maxDocumentBytes));
    });
  }

  async *watch(path: string, query: Query, signal: AbortSignal): AsyncGenerator<string, void> {
    const splitter = new LineSplitter(this.#limits.maxLineBytes);
    const body = await this.#failing(() => this.#open(urlOf(path, query), signal, 0));
    try {
      yield '';
      for await (const chunk of body) yield* splitter.push(chunk as Buffer);
    } catch (error) {
      throw connectionFailure(error);
    }
    if (splitter.heldBytes > 0) throw new ApiFailure('connection', 'A watch ended in the middle of an event');
  }

  /** Ends every request at once; resolves when all connections are closed. */
  async close(): Promise<void> {
    const agents = [...this.#retired, ...(this.#pool === undefined ? [] : [this.#pool.agent])];
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  async #open(
    path: string,
    signal: AbortSignal,
    bodyTimeoutMs: number,
  ): Promise<Dispatcher.ResponseData['body']> {
    const { tls, tlsDigest, headers } = await this.#credentials.access();
    const answer = await request(`${this.#credentials.server}${path}`, {
      dispatcher: this.#agentFor(tls, tlsDigest),
      method: 'GET',
      headers: { ...headers, accept: 'application/json', 'user-agent': this.#userAgent },
      signal,
      headersTimeout: this.#limits.answerTimeoutMs,
      bodyTimeout: bodyTimeoutMs,
    });
    if (answer.statusCode === 200) return answer.body;
    const failure = await refusalOf(answer);
    if (failure.reason === 'unauthorized') await this.#credentials.forget();
    throw failure;
  }

  /** A new pool where certificates changed; what runs on the old one may end by itself. */
  #agentFor(tls: ApiTls, tlsDigest: string): Agent {
    if (this.#pool?.tlsDigest === tlsDigest) return this.#pool.agent;
    if (this.#pool !== undefined) this.#retire(this.#pool.agent);
    const { connectTimeoutMs } = this.#limits;
    const connect = {
      ...tls,
      timeout: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    };
    const agent = new Agent({ allowH2: false, pipelining: 1, connect });
    this.#pool = { agent, tlsDigest };
    return agent;
  }

  #retire(agent: Agent): void {
    this.#retired.add(agent);
    const forget = () => void this.#retired.delete(agent);
    agent.close().then(forget, forget);
  }

  async #failing<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw connectionFailure(error);
    }
  }
}

function urlOf(path: string, query: Query): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}

async function readBody(body: AsyncIterable<unknown>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new ApiFailure('too-large', `An answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseDocument(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new ApiFailure('malformed', 'The API server answered with what is no JSON', { cause: error });
  }
}

/** Proxies in between answer with pages instead of a Status: only the code counts then. */
async function refusalOf(answer: Dispatcher.ResponseData): Promise<ApiFailure> {
  const seconds = Number(answer.headers['retry-after']);
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
  let status: unknown;
  try {
    status = JSON.parse(await readBody(answer.body, MAX_STATUS_BYTES));
  } catch {
    status = undefined;
  }
  return failureOfStatus(status, answer.statusCode, retryAfterMs);
}

const timeouts: ReadonlySet<unknown> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

function connectionFailure(error: unknown): ApiFailure {
  if (error instanceof ApiFailure) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = 'code' in cause ? cause.code : undefined;
  return new ApiFailure(timeouts.has(code) ? 'timeout' : 'connection', messageOf(cause), { cause });
}

/** Connecting to several addresses fails with an error for each and no message of its own. */
function messageOf(error: Error): string {
  if (error.message !== '') return error.message;
  return error instanceof AggregateError ? error.errors.map(String).join('; ') : error.name;
}
