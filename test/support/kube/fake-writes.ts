// What a fake API server does with GET, POST, PUT and PATCH of one object: versions, conflicts, status, field owners.
// Follows the Kubernetes API concepts and "Server-Side Apply"; fields are told apart as far as our status needs it.
import { isDeepStrictEqual } from 'node:util';
import { isJsonMap, type JsonMap, type JsonValue } from '../../../src/translate/objects/json-value.ts';
import { type Draft, groups, type Plural, plurals } from './cluster-objects.ts';
import { type Answer, refusal } from './answer.ts';
import type { FakeCluster } from './fake-cluster.ts';

export type WriteRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly contentType: string | undefined;
  readonly body: JsonMap;
};

/** One object, or a collection that a name is added to. */
export type ObjectTarget = {
  readonly plural: Plural;
  readonly namespace: string;
  readonly name: string | undefined;
  readonly isStatus: boolean;
};

/** The object that a path names; undefined for collections of all namespaces and for other paths. */
export function objectTargetOf(path: string): ObjectTarget | undefined {
  const found = /^(.+)\/namespaces\/([^/]+)\/([a-z]+)(?:\/([^/]+)(\/status)?)?$/.exec(path);
  const plural = plurals.find((each) => each === found?.[3]);
  if (plural === undefined || groups[plural] !== found?.[1]) return undefined;
  return { plural, namespace: found[2] ?? '', name: found[4], isStatus: found[5] !== undefined };
}

export function answerObject(cluster: FakeCluster, target: ObjectTarget, request: WriteRequest): Answer {
  const { plural, namespace, name = nameOf(request.body) } = target;
  if (!cluster.isServed(plural)) return refusal(404, 'NotFound');
  const known = cluster.object(plural, name, namespace);
  if (request.method !== 'GET' && !isValid(plural, request)) return refusal(422, 'Invalid');
  if (request.method === 'POST') {
    if (known !== undefined) return refusal(409, 'AlreadyExists');
    return { status: 201, body: cluster.store(plural, named(request.body, name, namespace)) };
  }
  if (known === undefined) return refusal(404, 'NotFound');
  if (request.method === 'GET') return { status: 200, body: known };
  const refused = refusalOf(plural, known, request.body);
  if (refused !== undefined) return refused;
  const next = named(changed(known, target, request), name, namespace);
  const isSame = isDeepStrictEqual(withoutMetadata(next), withoutMetadata(known));
  return { status: 200, body: isSame ? known : cluster.store(plural, next) };
}

function changed(known: JsonMap, { isStatus }: ObjectTarget, request: WriteRequest): JsonMap {
  const { body, contentType, query } = request;
  if (request.method === 'PUT') return { ...body, metadata: known['metadata'] ?? {} };
  if (contentType === 'application/merge-patch+json') return merged(known, body);
  if (contentType !== 'application/apply-patch+yaml' || !isStatus) throw new Error('A patch nobody foresaw');
  const manager = query.get('fieldManager') ?? '';
  const owned = managedOf(known).find((entry) => entry['manager'] === manager)?.['fields'];
  const status = applied(mapOf(known['status']), mapOf(owned), mapOf(body['status']));
  const others = managedOf(known).filter((entry) => entry['manager'] !== manager);
  const managedFields = [...others, { manager, operation: 'Apply', fields: body['status'] ?? {} }];
  return { ...known, metadata: { ...mapOf(known['metadata']), managedFields }, status };
}

/** Fields of ours that are named no longer go; lists of conditions and ancestors are maps, all others are replaced. */
function applied(live: JsonMap, owned: JsonMap, sent: JsonMap): JsonMap {
  const result: Record<string, JsonValue> = { ...live };
  for (const field of Object.keys(owned)) if (!(field in sent)) delete result[field];
  for (const [field, value] of Object.entries(sent)) {
    const keys = listKeys[field];
    result[field] =
      keys === undefined
        ? value
        : appliedList(listOf(live[field]), listOf(owned[field]), { keys, sent: listOf(value) });
  }
  return result;
}

const listKeys: Readonly<Record<string, readonly string[]>> = {
  conditions: ['type'],
  ancestors: ['controllerName', 'kind', 'name'],
};

function appliedList(
  live: readonly JsonMap[],
  owned: readonly JsonMap[],
  { keys, sent }: { readonly keys: readonly string[]; readonly sent: readonly JsonMap[] },
): readonly JsonMap[] {
  const keyOf = (item: JsonMap) => keys.map((key) => textOf(item[key])).join('/');
  const items = new Map(live.map((item) => [keyOf(item), item]));
  for (const item of owned) items.delete(keyOf(item));
  for (const item of sent) items.set(keyOf(item), item);
  return [...items.values()];
}

const microTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const MAX_NOTE_BYTES = 1024;

/** What the real server is strict about. */
function isValid(plural: Plural, { method, body }: WriteRequest): boolean {
  const spec = mapOf(body['spec']);
  if (plural === 'leases') {
    const times = [spec['renewTime'], spec['acquireTime']];
    return times.every((time) => microTime.test(textOf(time))) && Number(spec['leaseDurationSeconds']) >= 1;
  }
  if (plural !== 'events') return true;
  if (method === 'PATCH') return Number(mapOf(body['series'])['count']) >= 2;
  const namespace = mapOf(body['regarding'])['namespace'];
  const texts = ['action', 'reason', 'reportingController', 'reportingInstance'].map((field) => body[field]);
  return (
    texts.every((text) => typeof text === 'string' && text !== '' && text.length <= 128) &&
    Buffer.byteLength(textOf(body['note'])) <= MAX_NOTE_BYTES &&
    microTime.test(textOf(body['eventTime'])) &&
    (namespace ?? 'default') === mapOf(body['metadata'])['namespace']
  );
}

/** The version is a precondition wherever it is named; a uid is none, but built-in kinds refuse to change it. */
function refusalOf(plural: Plural, known: JsonMap, body: JsonMap): Answer | undefined {
  const [mine, theirs] = [mapOf(known['metadata']), mapOf(body['metadata'])];
  const differs = (field: string) => theirs[field] !== undefined && theirs[field] !== mine[field];
  if (differs('resourceVersion')) return refusal(409, 'Conflict');
  return differs('uid') && plural !== 'mattermostingresspolicies' ? refusal(422, 'Invalid') : undefined;
}

function merged(known: JsonMap, patch: JsonMap): JsonMap {
  const result: Record<string, JsonValue> = { ...known };
  for (const [name, value] of Object.entries(patch)) {
    const before = known[name];
    if (value === null) delete result[name];
    else result[name] = isJsonMap(value) && isJsonMap(before) ? merged(before, value) : value;
  }
  return result;
}

function named(object: JsonMap, name: string, namespace: string): Draft {
  return { ...object, metadata: { ...mapOf(object['metadata']), name, namespace } };
}

function nameOf(object: JsonMap): string {
  return textOf(mapOf(object['metadata'])['name']);
}

/** An update that changes nothing gives no new version. */
function withoutMetadata(object: JsonMap): JsonMap {
  return { ...object, metadata: null };
}

function managedOf(object: JsonMap): readonly JsonMap[] {
  return listOf(mapOf(object['metadata'])['managedFields']);
}

function mapOf(value: JsonValue | undefined): JsonMap {
  return isJsonMap(value) ? value : {};
}

function listOf(value: JsonValue | undefined): readonly JsonMap[] {
  return Array.isArray(value) ? value.filter(isJsonMap) : [];
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
