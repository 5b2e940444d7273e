// The state of a fake API server: objects with versions, their history, lists at any version, and who watches.
// Follows the Kubernetes API concepts ("Resource versions", "Retrieving large results sets in chunks"); no I/O.
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';
import { type Answer, refusal } from './answer.ts';
import { FakeDefinition } from './fake-definition.ts';
import { type Draft, groups, type Plural, plurals } from './cluster-objects.ts';

export type ClusterEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly plural: Plural;
  readonly version: number;
  readonly object: JsonMap;
};

/** What a request asks for. */
export type Target = { readonly plural: Plural; readonly namespace: string | undefined };

type Continue = { readonly version: number; readonly from: number; readonly epoch: number };

/** What may not be read: a kind, of one namespace, or one object of it. */
export type Denial = { readonly plural: Plural; readonly namespace?: string; readonly name?: string };

/** What was asked for is a version that is still to come. */
const TOO_NEW: Answer = {
  status: 504,
  body: {
    ...refusal(504, 'Timeout').body,
    details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
  },
};

export class FakeCluster {
  readonly definition = new FakeDefinition();
  /** Lists and watches that get 403. */
  readonly denials: Denial[] = [];
  #version = 1000;
  #uids = 0;
  /** Older versions are gone. */
  #compacted = 0;
  #tokenEpoch = 0;
  readonly #history: ClusterEvent[] = [];
  readonly #watchers = new Set<(event: ClusterEvent) => void>();
  readonly #unserved = new Set<Plural>();
  readonly #objects = new Map<string, JsonMap>();

  get version(): string {
    return String(this.#version);
  }

  /** Creates or replaces an object as a user does. */
  put(plural: Plural, draft: Draft): void {
    const before = this.#objects.get(keyOf(plural, draft))?.['metadata'] as JsonMap | undefined;
    const metadata = {
      ...draft.metadata,
      generation: Number(before?.['generation'] ?? 0) + 1,
      managedFields: [{ manager: 'test', operation: 'Update' }],
    };
    this.store(plural, { ...draft, metadata });
  }

  /** Keeps an object as it is given, but for uid, age and version, which come from the server. */
  store(plural: Plural, draft: Draft): JsonMap {
    const key = keyOf(plural, draft);
    const known = this.#objects.get(key);
    const before = known?.['metadata'] as JsonMap | undefined;
    this.#version += 1;
    const object = {
      ...draft,
      metadata: {
        ...draft.metadata,
        uid: before?.['uid'] ?? `uid-${(this.#uids += 1)}`,
        creationTimestamp: '2026-01-01T00:00:00Z',
        resourceVersion: this.version,
      },
    };
    this.#objects.set(key, object);
    this.#tell({ type: known === undefined ? 'ADDED' : 'MODIFIED', plural, version: this.#version, object });
    return object;
  }

  object(plural: Plural, name: string, namespace = 'test'): JsonMap | undefined {
    return this.#objects.get(`${plural}/${namespace}/${name}`);
  }

  delete(plural: Plural, name: string, namespace = 'test'): boolean {
    const key = `${plural}/${namespace}/${name}`;
    const known = this.#objects.get(key);
    if (known === undefined) return false;
    this.#version += 1;
    this.#objects.delete(key);
    const metadata = { ...(known['metadata'] as JsonMap), resourceVersion: this.version };
    this.#tell({ type: 'DELETED', plural, version: this.#version, object: { ...known, metadata } });
    return true;
  }

  /** Forgets history: watches from older versions and exact lists of them get 410. */
  compact(): void {
    this.#compacted = this.#version;
  }

  /** As a restore from a copy: all is as it was at that version, and versions are counted on from there. */
  restoreTo(version: number): void {
    const known = plurals.flatMap((plural) =>
      [...this.objectsOf(plural, version)].map(([key, object]) => [`${plural}/${key}`, object] as const),
    );
    this.#version = version;
    this.#history.splice(0, Infinity, ...this.#history.filter((event) => event.version <= version));
    this.#objects.clear();
    for (const [key, object] of known) this.#objects.set(key, object);
  }

  /** As compaction does to lists that take too long. */
  expireContinueTokens(): void {
    this.#tokenEpoch += 1;
  }

  /** A kind whose CRD is not there answers 404. Taking a CRD away deletes its objects. */
  serve(plural: Plural, isServed: boolean): void {
    if (isServed) {
      this.#unserved.delete(plural);
      return;
    }
    for (const key of [...this.#objects.keys()].filter((each) => each.startsWith(`${plural}/`))) {
      const [, namespace = '', name = ''] = key.split('/');
      this.delete(plural, name, namespace);
    }
    this.#unserved.add(plural);
  }

  isServed(plural: Plural): boolean {
    return !this.#unserved.has(plural);
  }

  /** The objects of a kind by `namespace/name`. */
  objectsOf(plural: Plural, version = this.#version): ReadonlyMap<string, JsonMap> {
    const found = new Map<string, JsonMap>();
    for (const event of this.#history) {
      if (event.plural !== plural || event.version > version) continue;
      const key = keyOf(plural, event.object as Draft).slice(plural.length + 1);
      if (event.type === 'DELETED') found.delete(key);
      else found.set(key, event.object);
    }
    return found;
  }

  list(target: Target, query: URLSearchParams): Answer {
    const refused = this.#refusalOf(target, query);
    if (refused !== undefined) return refused;
    const token = parseToken(query.get('continue'));
    if (token !== undefined && token.epoch !== this.#tokenEpoch) return refusal(410, 'Expired');
    const isExact = query.get('resourceVersionMatch') === 'Exact';
    const version = token?.version ?? (isExact ? Number(query.get('resourceVersion')) : this.#version);
    const unknown = this.#unknownVersion(version);
    if (unknown !== undefined) return unknown;
    const all = [...this.objectsOf(target.plural, version).values()].filter((object) =>
      isWanted(object, target, query),
    );
    const from = token?.from ?? 0;
    const end = from + Number(query.get('limit') ?? all.length);
    const next: Continue = { version, from: end, epoch: this.#tokenEpoch };
    const metadata = {
      resourceVersion: String(version),
      ...(end < all.length ? { continue: Buffer.from(JSON.stringify(next)).toString('base64') } : {}),
    };
    return { status: 200, body: { kind: 'List', metadata, items: all.slice(from, end) } };
  }

  /** What a watch has to deliver at once, or the refusal to watch. */
  eventsAfter(target: Target, query: URLSearchParams): readonly ClusterEvent[] | Answer {
    const refused = this.#refusalOf(target, query);
    if (refused !== undefined) return refused;
    const version = Number(query.get('resourceVersion'));
    if (version < this.#compacted) return refusal(410, 'Expired');
    return this.#history.filter((event) => event.version > version && isWatched(event, target, query));
  }

  /** @returns ends the subscription */
  subscribe(target: Target, query: URLSearchParams, deliver: (event: ClusterEvent) => void): () => void {
    // Who watches from a version that is still to come hears nothing until then (Kubernetes 1.37).
    const after = Number(query.get('resourceVersion'));
    const watcher = (event: ClusterEvent) => {
      if (event.version > after && isWatched(event, target, query)) deliver(event);
    };
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #refusalOf(target: Target, query: URLSearchParams): Answer | undefined {
    if (!this.isServed(target.plural)) return refusal(404, 'NotFound');
    return this.#isDenied(target, query) ? refusal(403, 'Forbidden') : undefined;
  }

  #unknownVersion(version: number): Answer | undefined {
    if (version < this.#compacted) return refusal(410, 'Expired');
    return version > this.#version ? TOO_NEW : undefined;
  }

  #isDenied({ plural, namespace }: Target, query: URLSearchParams): boolean {
    const selector = query.get('fieldSelector') ?? '';
    return this.denials.some(
      (denial) =>
        denial.plural === plural &&
        (denial.namespace === undefined || denial.namespace === namespace) &&
        (denial.name === undefined || selector === `metadata.name=${denial.name}`),
    );
  }

  #tell(event: ClusterEvent): void {
    this.#history.push(event);
    for (const watcher of this.#watchers) watcher(event);
  }
}

/** The line of an event as a watch sends it. */
export function lineOf({ type, object }: Pick<ClusterEvent, 'object'> & { readonly type: string }): string {
  return `${JSON.stringify({ type, object })}\n`;
}

export function bookmarkLine(version: string): string {
  return lineOf({ type: 'BOOKMARK', object: { metadata: { resourceVersion: version } } });
}

/** What a path asks for; undefined for any other path. */
export function targetOf(path: string): Target | undefined {
  for (const plural of plurals) {
    if (!path.startsWith(`${groups[plural]}/`) || !path.endsWith(`/${plural}`)) continue;
    const namespace = /\/namespaces\/([^/]+)\/[^/]+$/.exec(path)?.[1];
    return { plural, namespace };
  }
  return undefined;
}

function keyOf(plural: Plural, { metadata }: Draft): string {
  const { name } = metadata;
  const namespace = metadata['namespace'];
  return `${plural}/${typeof namespace === 'string' ? namespace : ''}/${name}`;
}

function isWatched(event: ClusterEvent, target: Target, query: URLSearchParams): boolean {
  return event.plural === target.plural && isWanted(event.object, target, query);
}

function isWanted(object: JsonMap, { namespace }: Target, query: URLSearchParams): boolean {
  const metadata = object['metadata'] as JsonMap;
  if (namespace !== undefined && metadata['namespace'] !== namespace) return false;
  return (
    selectorsOf(query, 'fieldSelector').every((selector) => hasField(object, selector)) &&
    selectorsOf(query, 'labelSelector').every((selector) => hasLabel(metadata, selector))
  );
}

function selectorsOf(query: URLSearchParams, name: string): readonly string[] {
  return (query.get(name) ?? '').split(',').filter((each) => each !== '');
}

/** `type!=` and `metadata.name=`, which is all that we ask for. */
function hasField(object: JsonMap, selector: string): boolean {
  const [, name] = /^metadata\.name=(.*)$/.exec(selector) ?? [];
  if (name !== undefined) return (object['metadata'] as JsonMap)['name'] === name;
  const type = object['type'];
  return typeof type !== 'string' || selector !== `type!=${type}`;
}

function hasLabel(metadata: JsonMap, selector: string): boolean {
  const [name = '', value] = selector.split('=');
  return (metadata['labels'] as JsonMap | undefined)?.[name] === value;
}

function parseToken(token: string | null): Continue | undefined {
  return token === null ? undefined : (JSON.parse(Buffer.from(token, 'base64').toString()) as Continue);
}
