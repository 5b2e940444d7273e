// The API server as a test speaks to it: requests by path, and whole objects by server-side apply.
import { createInterface } from 'node:readline';
import { Agent, type Dispatcher, request } from 'undici';
import type { Access } from './credentials.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** An object as the API server gives it; what a test asserts on is below `spec`, `status` and the like. */
export type Stored = {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: Fields;
  readonly status?: Fields;
  readonly [part: string]: unknown;
};

/** An object as a test writes it. */
export type Draft = Fields;

export type Answer = { readonly status: number; readonly body: unknown };
export type WatchEvent = { readonly type: string; readonly object: Stored };

type Ask = {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
};
type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type ServedKind = { readonly kind: string; readonly name: string; readonly namespaced: boolean };

const FIELD_MANAGER = 'cluster-test';

export class KubeApi {
  readonly #access: Access;
  readonly #agent: Agent;
  /** Kinds by group and version. */
  readonly #kinds = new Map<string, readonly ServedKind[]>();

  constructor(access: Access) {
    this.#access = access;
    this.#agent = new Agent({ allowH2: false, connections: 16, connect: { ca: access.ca } });
  }

  /** Rejects only where there is no answer. */
  async ask(method: Method, path: string, ask: Ask = {}): Promise<Answer> {
    const answer = await this.#open(method, path, ask);
    const text = await answer.body.text();
    const isJson = String(answer.headers['content-type']).startsWith('application/json');
    return { status: answer.statusCode, body: isJson ? (JSON.parse(text) as unknown) : text };
  }

  /** The same, and rejects where the answer is no success. */
  async must(method: Method, path: string, ask: Ask = {}): Promise<unknown> {
    const { status, body } = await this.ask(method, path, ask);
    if (status < 300) return body;
    throw new Error(`${method} ${path} was answered with ${status}: ${JSON.stringify(body)}`);
  }

  get(path: string): Promise<unknown> {
    return this.must('GET', path);
  }

  async read(path: string): Promise<Stored> {
    return (await this.get(path)) as Stored;
  }

  async list(path: string, labelSelector = ''): Promise<readonly Stored[]> {
    const { items } = (await this.must('GET', path, { query: { labelSelector } })) as {
      readonly items: readonly Stored[];
    };
    return items;
  }

  /** Events from now on, beginning with what is there. */
  async *watch(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent, void> {
    const answer = await this.#open('GET', path, { query: { watch: 'true' } }, signal);
    if (answer.statusCode !== 200) throw new Error(`A watch was answered with ${answer.statusCode}`);
    for await (const line of createInterface({ input: answer.body })) yield JSON.parse(line) as WatchEvent;
  }

  /** Server-side apply. @param query for example dryRun and fieldValidation */
  async apply(object: Draft, query: Readonly<Record<string, string>> = {}): Promise<Stored> {
    const path = await this.pathOf(object);
    const options = {
      query: { fieldManager: FIELD_MANAGER, force: 'true', fieldValidation: 'Strict', ...query },
      body: object,
      contentType: 'application/apply-patch+yaml',
    };
    return (await this.must('PATCH', path, options)) as Stored;
  }

  /** Where an object is served: kinds are asked for, as kubectl does. */
  async pathOf({ apiVersion, kind, metadata }: Draft): Promise<string> {
    const version = String(apiVersion);
    const { name, namespace } = metadata as { readonly name: string; readonly namespace?: string };
    const root = version.includes('/') ? `/apis/${version}` : `/api/${version}`;
    const served = (await this.#kindsOf(root)).find((each) => each.kind === kind && !each.name.includes('/'));
    if (served === undefined) throw new Error(`The API server knows no ${String(kind)} in ${version}`);
    return `${root}${served.namespaced ? `/namespaces/${namespace ?? 'default'}` : ''}/${served.name}/${name}`;
  }

  /** A merge patch. */
  patch(path: string, body: unknown): Promise<unknown> {
    return this.must('PATCH', path, { body, contentType: 'application/merge-patch+json' });
  }

  delete(path: string, body: unknown = {}): Promise<unknown> {
    return this.must('DELETE', path, { body });
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #kindsOf(root: string): Promise<readonly ServedKind[]> {
    const known = this.#kinds.get(root);
    if (known !== undefined) return known;
    const { resources } = (await this.get(root)) as { readonly resources: readonly ServedKind[] };
    this.#kinds.set(root, resources);
    return resources;
  }

  #open(method: Method, path: string, ask: Ask, signal?: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { query = {}, body, contentType = 'application/json' } = ask;
    const { server, token } = this.#access;
    return request(`${server}${path}`, {
      dispatcher: this.#agent,
      method,
      query,
      headers: { authorization: `Bearer ${token}`, accept: 'application/json', 'content-type': contentType },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal, bodyTimeout: 0 }),
    });
  }
}
