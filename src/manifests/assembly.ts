// All files together: the one set of objects, duplicates settled, and where each object stands.
// Pure; used by the watched folder (source.ts) and by whoever reads files once.
import { isDeepStrictEqual } from 'node:util';
import type { ApiObject, ObjectSet } from '../api/objects.ts';
import { keyOf } from '../api/objects.ts';
import type { Finding, Location, ObjectReference } from '../model/finding.ts';
import { identify } from './manifest-file.ts';
import type { ManifestFile } from './manifest-file.ts';
import { locateField } from './parsed-object.ts';
import type { ParsedObject } from './parsed-object.ts';

export type Assembly = {
  readonly objects: ObjectSet;
  readonly findings: readonly Finding[];
  /** The line of a field, or of its nearest ancestor; for a kept object, that of the version it is from. */
  locate(object: ObjectReference, field: string): Location | undefined;
};

/**
 * Puts files together in the order of their names; of two objects with one identity the first wins.
 * @param previous values that are equal to its own are taken from it, so that `===` tells what changed
 */
export function assemble(files: readonly ManifestFile[], previous?: ObjectSet): Assembly {
  const winners = new Map<string, ParsedObject>();
  const findings: Finding[] = [];
  for (const file of files.toSorted((a, b) => compareText(a.file, b.file))) {
    findings.push(...file.findings);
    for (const object of file.objects) {
      const identity = identify(object.reference);
      const winner = winners.get(identity);
      if (winner === undefined) winners.set(identity, object);
      else findings.push(describeDuplicate(object, winner));
    }
  }
  const places = indexPlaces(winners);
  return {
    objects: reuseSet(previous, collect([...winners.values()].flatMap((object) => object.produced))),
    findings,
    locate: (reference, field) => {
      const object = places.get(identify(reference));
      return object === undefined ? undefined : locateField(object, field);
    },
  };
}

/** Order of names by code unit: the same on every machine, whatever its language. */
function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function describeDuplicate(object: ParsedObject, winner: ParsedObject): Finding {
  const { kind, namespace, name } = object.reference;
  const title = namespace === '' ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
  const place = `${winner.file} line ${winner.source.line}`;
  return {
    severity: 'error',
    object: object.reference,
    location: { file: object.file, line: object.source.line },
    field: '',
    reason: 'ObjectDuplicate',
    message: `${title} is already in ${place}, which wins`,
    remedy: 'Remove one of the two, or give it another name',
  };
}

/** By the identity in the file and by that of what came of it: findings may speak of either. */
function indexPlaces(winners: ReadonlyMap<string, ParsedObject>): ReadonlyMap<string, ParsedObject> {
  const places = new Map(winners);
  for (const object of winners.values()) {
    for (const { kind, metadata } of object.produced) {
      const { namespace, name } = metadata;
      places.set(identify({ kind, namespace, name }), object);
    }
  }
  return places;
}

function collect(objects: readonly ApiObject[]): ObjectSet {
  const ofKind = <Kind extends ApiObject['kind']>(kind: Kind) =>
    new Map(
      objects
        .filter((object): object is Extract<ApiObject, { kind: Kind }> => object.kind === kind)
        .map((object) => [keyOf(object.metadata), object]),
    );
  return {
    policies: ofKind('MattermostIngressPolicy'),
    ingresses: ofKind('Ingress'),
    ingressClasses: ofKind('IngressClass'),
    services: ofKind('Service'),
    endpointSlices: ofKind('EndpointSlice'),
    secrets: ofKind('Secret'),
    configMaps: ofKind('ConfigMap'),
  };
}

function reuseSet(previous: ObjectSet | undefined, next: ObjectSet): ObjectSet {
  if (previous === undefined) return next;
  const set: ObjectSet = {
    policies: reuseMap(previous.policies, next.policies),
    ingresses: reuseMap(previous.ingresses, next.ingresses),
    ingressClasses: reuseMap(previous.ingressClasses, next.ingressClasses),
    services: reuseMap(previous.services, next.services),
    endpointSlices: reuseMap(previous.endpointSlices, next.endpointSlices),
    secrets: reuseMap(previous.secrets, next.secrets),
    configMaps: reuseMap(previous.configMaps, next.configMaps),
  };
  const kinds = Object.keys(set) as (keyof ObjectSet)[];
  return kinds.every((kind) => set[kind] === previous[kind]) ? previous : set;
}

function reuseMap<T>(previous: ReadonlyMap<string, T>, next: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  let isSame = previous.size === next.size;
  const map = new Map<string, T>();
  for (const [key, value] of next) {
    const old = previous.get(key);
    const kept = old !== undefined && (old === value || isDeepStrictEqual(old, value)) ? old : value;
    isSame &&= kept === old;
    map.set(key, kept);
  }
  return isSame ? previous : map;
}
