// A real reflector on a fake API server, by the real client over TLS, with waits short enough for a test.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { ApiObject } from '../../../src/api/objects.ts';
import { ApiClient, type ApiLimits } from '../../../src/kube/api-client.ts';
import type { ApiFailure } from '../../../src/kube/api-failure.ts';
import { loadCredentials } from '../../../src/kube/kubeconfig.ts';
import { Reflector } from '../../../src/kube/reflector.ts';
import type { Resource } from '../../../src/kube/resource.ts';
import { nodeTimers, type WatchTiming } from '../../../src/kube/timing.ts';
import type { FakeApiServer } from './fake-api-server.ts';
import type { Plural } from './cluster-objects.ts';

/** As the defaults, a hundred times faster; nothing but failures happens by itself. */
const fastTiming: WatchTiming = {
  backoffMs: 8,
  maxBackoffMs: 100,
  healthyMs: 1_000,
  forbiddenMs: 20,
  unknownKindMs: 20,
  watchMs: [240_000, 480_000],
  shortWatchMs: 0,
  stallMs: 60_000,
  firstStallMs: 60_000,
  relistMs: [600_000, 600_000],
  confirmMs: 50,
  allGoneMs: 400,
  definitionMs: [150_000, 230_000],
  unknownDefinitionMs: 20,
};

/** Longer than client and server, which are one process here, may stand still: only a test's own limit is ever met. */
const limits: ApiLimits = {
  connectTimeoutMs: 20_000,
  answerTimeoutMs: 20_000,
  writeTimeoutMs: 20_000,
  maxDocumentBytes: 64 * 1024 * 1024,
  maxLineBytes: 1024 * 1024,
};

export type WatchedOptions = {
  readonly timing?: Partial<WatchTiming>;
  readonly limits?: Partial<ApiLimits>;
  readonly namespace?: string;
  /** The user of the kubeconfig, as YAML. */
  readonly user?: string;
};

export class WatchedKind<Kept extends ApiObject> {
  readonly reflector: Reflector<Kept>;
  readonly failures: ApiFailure[] = [];
  readonly waits: number[] = [];
  changes = 0;
  recoveries = 0;
  missed = 0;
  readonly #server: FakeApiServer;
  readonly #plural: Plural;
  readonly #client: ApiClient;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #folder: string;

  private constructor(
    server: FakeApiServer,
    resource: Resource<Kept>,
    parts: { readonly client: ApiClient; readonly folder: string },
    options: WatchedOptions,
  ) {
    this.#server = server;
    this.#plural = resource.plural as Plural;
    this.#client = parts.client;
    this.#folder = parts.folder;
    this.reflector = new Reflector({
      api: parts.client,
      clock: { epochMs: () => Date.now(), monotonicMs: () => performance.now() },
      timers: nodeTimers,
      timing: { ...fastTiming, ...options.timing },
      chance: () => Math.random(),
      resource,
      namespace: options.namespace,
      observer: {
        changed: () => (this.changes += 1),
        failed: (failure, retryAfterMs) => {
          this.failures.push(failure);
          this.waits.push(retryAfterMs);
        },
        recovered: () => (this.recoveries += 1),
        missed: (count) => (this.missed += count),
      },
    });
    this.#running = this.reflector.run(this.#stop.signal);
  }

  static async start<Kept extends ApiObject>(
    server: FakeApiServer,
    resource: Resource<Kept>,
    options: WatchedOptions = {},
  ): Promise<WatchedKind<Kept>> {
    const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
    const file = join(folder, 'config');
    writeFileSync(file, server.kubeconfig(options.user ?? '{token: token-1}'));
    const credentials = await loadCredentials({ kind: 'file', file });
    const client = new ApiClient({
      credentials,
      userAgent: 'test',
      limits: { ...limits, ...options.limits },
    });
    return new WatchedKind(server, resource, { client, folder }, options);
  }

  get reasons(): readonly string[] {
    return this.failures.map(({ reason }) => reason);
  }

  /** Keys and resource versions of what the store holds. */
  known(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.reflector.store.records()].map(({ key, version }) => [key, version]));
  }

  /** The same of what the cluster holds. */
  wanted(): Readonly<Record<string, string>> {
    const objects = [...this.#server.cluster.objectsOf(this.#plural)];
    return Object.fromEntries(
      objects.map(([key, object]) => [
        key,
        String((object['metadata'] as Readonly<Record<string, unknown>>)['resourceVersion']),
      ]),
    );
  }

  isEqual(): boolean {
    const [known, wanted] = [this.known(), this.wanted()];
    const keys = Object.keys(wanted);
    return keys.length === Object.keys(known).length && keys.every((key) => known[key] === wanted[key]);
  }

  /** Resolves when the store is what a fresh list would be. */
  async inStep(): Promise<void> {
    await this.until(() => this.isEqual());
  }

  /** Resolves when a watch is open at the server and the store is right. */
  async watching(): Promise<void> {
    await this.until(() => this.#server.watchCount(this.#plural) > 0 && this.isEqual());
  }

  async until(isReached: () => boolean): Promise<void> {
    await vi.waitFor(
      () => {
        if (!isReached()) {
          const state = { known: this.known(), wanted: this.wanted(), reasons: this.reasons };
          throw new Error(`Not reached; ${JSON.stringify(state).slice(0, 2000)}`);
        }
      },
      { timeout: 30_000, interval: 5 },
    );
  }

  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    await this.#running;
    await this.#client.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
