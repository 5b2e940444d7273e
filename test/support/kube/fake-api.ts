// A fake API server without a network: an ObjectApi over a FakeCluster, whose open watch a test breaks as it likes.
import type { ObjectApi, Query } from '../../../src/kube/api-client.ts';
import type { AppliedObject, WriteApi } from '../../../src/kube/write-api.ts';
import { ApiFailure, failureOfStatus } from '../../../src/kube/api-failure.ts';
import type { JsonMap, JsonValue } from '../../../src/translate/objects/json-value.ts';
import type { Plural } from './cluster-objects.ts';
import { bookmarkLine, FakeCluster, lineOf, targetOf } from './fake-cluster.ts';
import { answerObject, objectTargetOf } from './fake-writes.ts';

/** What happens to the next event of the open watch. */
export type EventFault = 'drop' | 'duplicate' | 'hold';

type OpenWatch = { readonly plural: Plural; readonly feed: LineFeed; held: string };

export class FakeApi implements ObjectApi, WriteApi {
  readonly cluster: FakeCluster;
  /** Of each request so far. */
  readonly queries: Query[] = [];
  /** Reads and writes of single objects so far. */
  readonly asked: { readonly method: string; readonly path: string; readonly object: JsonMap }[] = [];
  /** Thrown by the next requests, one each. */
  readonly failures: ApiFailure[] = [];
  readonly eventFaults: EventFault[] = [];
  /** Told the items of each list of an exact version. */
  onExactList: (items: readonly JsonValue[]) => void = () => {};
  readonly #watches = new Set<OpenWatch>();
  /** Writes wait for `release`. */
  isHolding = false;
  readonly #held: (() => void)[] = [];
  isClosed = false;

  constructor(cluster = new FakeCluster()) {
    this.cluster = cluster;
  }

  async get(path: string, query: Query): Promise<JsonMap> {
    if (objectTargetOf(path)?.name !== undefined) return this.#ask('GET', path);
    this.#begin(query);
    const { status, body } =
      this.cluster.definition.answer(path, this.cluster) ??
      this.cluster.list(wanted(path), new URLSearchParams(query));
    if (status !== 200) throw failureOfStatus(body, status);
    if (query['resourceVersionMatch'] === 'Exact') this.onExactList(body['items'] as readonly JsonValue[]);
    return body;
  }

  async create(path: string, object: JsonMap, signal?: AbortSignal): Promise<JsonMap> {
    await this.#wait(signal);
    return this.#ask('POST', path, { object });
  }

  async update(path: string, object: JsonMap, signal?: AbortSignal): Promise<JsonMap> {
    await this.#wait(signal);
    return this.#ask('PUT', path, { object });
  }

  async apply(path: string, { manager, object }: AppliedObject, signal?: AbortSignal): Promise<JsonMap> {
    await this.#wait(signal);
    return this.#ask('PATCH', path, { object, contentType: 'application/apply-patch+yaml', manager });
  }

  async patch(path: string, object: JsonMap, signal?: AbortSignal): Promise<JsonMap> {
    await this.#wait(signal);
    return this.#ask('PATCH', path, { object, contentType: 'application/merge-patch+json' });
  }

  async *watch(path: string, query: Query, signal: AbortSignal): AsyncGenerator<string, void> {
    this.#begin(query);
    const [target, search] = [wanted(path), new URLSearchParams(query)];
    const past = this.cluster.eventsAfter(target, search);
    if ('status' in past) throw failureOfStatus(past.body, past.status);
    const feed = new LineFeed();
    const open: OpenWatch = { plural: target.plural, feed, held: '' };
    this.#watches.add(open);
    for (const event of past) feed.push(lineOf(event));
    const unsubscribe = this.cluster.subscribe(target, search, (event) => this.#deliver(open, lineOf(event)));
    signal.addEventListener('abort', () => feed.end(), { once: true });
    try {
      yield '';
      yield* feed.lines();
    } finally {
      unsubscribe();
      this.#watches.delete(open);
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
  }

  bookmark(): void {
    for (const { feed } of this.#watches) feed.push(bookmarkLine(this.cluster.version));
  }

  /** Sends a line that is no event of the cluster. */
  say(line: string): void {
    for (const { feed } of this.#watches) feed.push(line);
  }

  /** Ends open watches, by an error where one is given. @param only those of this kind */
  break(failure?: ApiFailure, only?: Plural): void {
    for (const { plural, feed } of this.#watches)
      if (only === undefined || only === plural) feed.end(failure);
  }

  /** Lets writes go on that wait, all or so many. */
  release(count = this.#held.length): void {
    for (const go of this.#held.splice(0, count)) go();
  }

  /** Writes that wait to be released. */
  get heldCount(): number {
    return this.#held.length;
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    if (!this.isHolding) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#held.push(resolve);
    signal?.addEventListener('abort', () => reject(new ApiFailure('connection', 'given up')), { once: true });
    await promise;
  }

  /** Reads or writes one object. */
  #ask(
    method: string,
    path: string,
    {
      object = {},
      contentType,
      manager = '',
    }: { object?: JsonMap; contentType?: string; manager?: string } = {},
  ): JsonMap {
    const query = new URLSearchParams({ fieldManager: manager });
    this.asked.push({ method, path, object });
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const target = objectTargetOf(path);
    if (target === undefined) throw new ApiFailure('not-found', `Nothing is served at ${path}`);
    const { status, body } = answerObject(this.cluster, target, {
      method,
      path,
      query,
      contentType,
      body: object,
    });
    if (status >= 300) throw failureOfStatus(body, status);
    return body;
  }

  #begin(query: Query): void {
    this.queries.push(query);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }

  #deliver(watch: OpenWatch, line: string): void {
    const fault = this.eventFaults.shift();
    if (fault === 'drop') return;
    if (fault === 'hold') {
      watch.held += line;
      return;
    }
    watch.feed.push(line);
    if (fault === 'duplicate') watch.feed.push(line);
    if (watch.held !== '') watch.feed.push(watch.held);
    watch.held = '';
  }
}

/** Lines for one reader; what was pushed before the end is read before it. */
class LineFeed {
  readonly #lines: string[] = [];
  #failure: ApiFailure | undefined;
  #isEnded = false;
  #wake: () => void = () => {};

  push(text: string): void {
    this.#lines.push(...text.split('\n').filter((line) => line !== ''));
    this.#wake();
  }

  end(failure?: ApiFailure): void {
    this.#failure = failure;
    this.#isEnded = true;
    this.#wake();
  }

  async *lines(): AsyncGenerator<string, void> {
    for (;;) {
      for (let line = this.#lines.shift(); line !== undefined; line = this.#lines.shift()) yield line;
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

function wanted(path: string) {
  const target = targetOf(path);
  if (target === undefined) throw new ApiFailure('not-found', `Nothing is served at ${path}`);
  return target;
}
