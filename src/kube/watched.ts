// A reflector with its report, and several of them read as one: what source.ts and named-watches.ts are made of.
import type { ApiObject } from '../api/objects.ts';
import type { Finding } from '../model/finding.ts';
import type { Logger } from '../observe/log.ts';
import type { Guard } from './guard.ts';
import { Reflector, type ReflectorTools } from './reflector.ts';
import { type ObjectRecord, onlyNamed, type Resource } from './resource.ts';
import { WatchReport, type WatchMetrics } from './watch-report.ts';

export type Watched<Kept extends ApiObject> = {
  readonly reflector: Reflector<Kept>;
  readonly report: WatchReport;
};

export type WatchTools = ReflectorTools & {
  readonly log: Logger;
  readonly metrics: WatchMetrics;
  /** A store or the findings changed. */
  readonly onChange: () => void;
};

/** What is watched of a kind: all of it, a namespace of it, or one object. */
export type WatchScope = {
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly guard?: Guard;
  /** Nobody has to grant the right to read it. */
  readonly isOptional?: boolean;
};

/** A reflector that does not run yet. */
export function watchOf<Kept extends ApiObject>(
  resource: Resource<Kept>,
  { namespace, name, guard, isOptional = false }: WatchScope,
  tools: WatchTools,
): Watched<Kept> {
  const { log, metrics, onChange } = tools;
  const { kind, plural } = resource;
  const facts = { kind, plural, namespace, name, isOptional };
  const report = new WatchReport({ ...facts, log, metrics, onChange });
  const wanted = name === undefined ? resource : onlyNamed(resource, name);
  return {
    reflector: new Reflector({ ...tools, resource: wanted, namespace, guard, observer: report }),
    report,
  };
}

/** The reflectors of one kind, read as one. */
export class WatchedSet<Kept extends ApiObject> {
  readonly watched: readonly Watched<Kept>[];
  readonly #merged = new MergedObjects<Kept>();

  constructor(watched: readonly Watched<Kept>[]) {
    this.watched = watched;
  }

  objects(): ReadonlyMap<string, Kept> {
    return this.#merged.of(this.watched);
  }
}

/** The objects of several reflectors as one map, which stays the same until one of them changes. */
export class MergedObjects<Kept extends ApiObject> {
  #parts: readonly ReadonlyMap<string, Kept>[] = [];
  #merged: ReadonlyMap<string, Kept> = new Map();

  of(watched: readonly Watched<Kept>[]): ReadonlyMap<string, Kept> {
    const parts = watched.map(({ reflector }) => reflector.store.objects());
    const isSame = parts.length === this.#parts.length && parts.every((part, at) => part === this.#parts[at]);
    if (isSame) return this.#merged;
    this.#parts = parts;
    this.#merged = merge(parts);
    return this.#merged;
  }
}

function merge<Kept>(parts: readonly ReadonlyMap<string, Kept>[]): ReadonlyMap<string, Kept> {
  const [only, ...others] = parts;
  if (only !== undefined && others.length === 0) return only;
  const merged = new Map<string, Kept>();
  for (const part of parts) for (const [key, object] of part) merged.set(key, object);
  return merged;
}

/** What cannot be read: the kind or object as a whole, and single objects of it. */
export function findingsOf({ reflector, report }: Watched<ApiObject>): readonly Finding[] {
  const whole = report.finding();
  const single = [...reflector.store.flawed()].flatMap((record) => flawsOf(reflector.kind, record));
  return whole === undefined ? single : [whole, ...single];
}

function flawsOf(kind: string, { key, issues }: ObjectRecord<ApiObject>): readonly Finding[] {
  const [namespace = '', name = ''] = key.split('/');
  return issues.map(({ field, message, remedy }) => ({
    severity: 'error',
    object: { kind, namespace, name },
    field,
    reason: 'ObjectInvalid',
    message,
    remedy,
  }));
}
