// Requests to the API server: JSON documents read and written, and watches as lines. One connection pool; HTTP/1.1,
// so that a dead connection silences one watch and not all of them (research: kubernetes/kubernetes 65012).
import { clearTimeout, setTimeout } from 'node:timers';
import { Agent, type Dispatcher, request } from 'undici';
import type { JsonMap } from '../translate/objects/json-value.ts';
import { connectionFailure, parseDocument, readBody, refusalOf } from './api-answer.ts';
import { ApiFailure } from './api-failure.ts';
import type { ApiAccess, ApiCredentials, ApiTls } from './kubeconfig.ts';
import { LineSplitter } from './line-splitter.ts';
import type { AppliedObject, WriteApi } from './write-api.ts';

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
  /** From the start of a write to the last byte of its answer. */
  readonly writeTimeoutMs: number;
  readonly maxDocumentBytes: number;
  readonly maxLineBytes: number;
};

/** Objects are at most 1.5 MiB in etcd; JSON may need six bytes for one. */
const defaultApiLimits: ApiLimits = {
  connectTimeoutMs: 10_000,
  answerTimeoutMs: 60_000,
  writeTimeoutMs: 10_000,
  maxDocumentBytes: 64 * 1024 * 1024,
  maxLineBytes: 16 * 1024 * 1024,
};

const KEEP_ALIVE_MS = 15_000;
/** The API server reads apply patches as YAML, of which JSON is a part. */
const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';

export type ApiClientOptions = {
  readonly credentials: ApiCredentials;
  readonly userAgent: string;
  readonly limits?: ApiLimits;
};

type SentDocument = {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly contentType: string;
  readonly object: JsonMap;
};

type RequestDetails = { readonly bodyTimeoutMs: number; readonly document?: SentDocument };

export class ApiClient implements ObjectApi, WriteApi {
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
      const body = await this.#open(urlOf(path, query), signal, { bodyTimeoutMs: answerTimeoutMs });
      return parseDocument(await readBody(body, maxDocumentBytes));
    });
  }

  async *watch(path: string, query: Query, signal: AbortSignal): AsyncGenerator<string, void> {
    const splitter = new LineSplitter(this.#limits.maxLineBytes);
    const body = await this.#failing(() => this.#open(urlOf(path, query), signal, { bodyTimeoutMs: 0 }));
    try {
      yield '';
      for await (const chunk of body) yield* splitter.push(chunk as Buffer);
    } catch (error) {
      throw connectionFailure(error);
    }
    if (splitter.heldBytes > 0) throw new ApiFailure('connection', 'A watch ended in the middle of an event');
  }

  create(path: string, object: JsonMap, signal: AbortSignal): Promise<unknown> {
    return this.#write(path, { method: 'POST', contentType: 'application/json', object }, signal);
  }

  update(path: string, object: JsonMap, signal: AbortSignal): Promise<unknown> {
    return this.#write(path, { method: 'PUT', contentType: 'application/json', object }, signal);
  }

  apply(path: string, { manager, object }: AppliedObject, signal: AbortSignal): Promise<unknown> {
    const url = urlOf(path, { fieldManager: manager, force: 'true' });
    return this.#write(url, { method: 'PATCH', contentType: APPLY, object }, signal);
  }

  patch(path: string, patch: JsonMap, signal: AbortSignal): Promise<unknown> {
    return this.#write(path, { method: 'PATCH', contentType: MERGE, object: patch }, signal);
  }

  /** Ends every request at once; resolves when all connections are closed. */
  async close(): Promise<void> {
    const agents = [...this.#retired, ...(this.#pool === undefined ? [] : [this.#pool.agent])];
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  async #write(url: string, document: SentDocument, signal: AbortSignal): Promise<unknown> {
    const { writeTimeoutMs, maxDocumentBytes } = this.#limits;
    const limit = new AbortController();
    const stop = () => limit.abort();
    const timer = setTimeout(stop, writeTimeoutMs);
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) throw new ApiFailure('connection', 'The request was given up before it began');
      const details = { bodyTimeoutMs: writeTimeoutMs, document };
      const body = await this.#open(url, limit.signal, details);
      return parseDocument(await readBody(body, maxDocumentBytes));
    } catch (error) {
      if (!limit.signal.aborted || signal.aborted || error instanceof ApiFailure)
        throw connectionFailure(error);
      throw new ApiFailure('timeout', `No answer within ${writeTimeoutMs} ms`, { cause: error });
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
  }

  async #open(
    path: string,
    signal: AbortSignal,
    { bodyTimeoutMs, document }: RequestDetails,
  ): Promise<Dispatcher.ResponseData['body']> {
    const { tls, tlsDigest, headers } = await this.#access(signal);
    const answer = await request(`${this.#credentials.server}${path}`, {
      dispatcher: this.#agentFor(tls, tlsDigest),
      method: document?.method ?? 'GET',
      headers: {
        ...headers,
        accept: 'application/json',
        'user-agent': this.#userAgent,
        ...(document === undefined ? {} : { 'content-type': document.contentType }),
      },
      body: document === undefined ? null : JSON.stringify(document.object),
      signal,
      headersTimeout: this.#limits.answerTimeoutMs,
      bodyTimeout: bodyTimeoutMs,
    });
    if (answer.statusCode >= 200 && answer.statusCode < 300) return answer.body;
    const failure = await refusalOf(answer);
    if (failure.reason === 'unauthorized') await this.#credentials.forget();
    throw failure;
  }

  /** A helper that a kubeconfig names may hang for ever: it is waited for no longer than the API server itself. */
  async #access(signal: AbortSignal): Promise<ApiAccess> {
    const late = Promise.withResolvers<never>();
    const giveUp = () =>
      late.reject(new ApiFailure('credentials', 'Credentials for the API server did not come in time'));
    const timer = setTimeout(giveUp, this.#limits.answerTimeoutMs);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await Promise.race([late.promise, this.#credentials.access()]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
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
