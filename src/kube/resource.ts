// The kinds that are read from the API server: where they are served, and what is kept of one object.
import type {
  ApiObject,
  ConfigMap,
  EndpointSlice,
  Ingress,
  IngressClass,
  ObjectMeta,
  RawPolicy,
  Secret,
  Service,
} from '../api/objects.ts';
import { keyOf } from '../api/objects.ts';
import { POLICY_API_VERSION, POLICY_KIND } from '../api/policy.ts';
import { messageOf } from '../model/error-message.ts';
import { FieldReader, type FieldIssue } from '../translate/objects/field-reader.ts';
import { isJsonMap, type JsonMap, type JsonValue } from '../translate/objects/json-value.ts';
import { readMetadata } from '../translate/objects/metadata.ts';
import { knownVersions, type Projection, projectObject, scopeOf } from '../translate/objects/project.ts';
import type { Query } from './api-client.ts';

type ResourceKind = ApiObject['kind'];

export type Resource<Kept extends ApiObject> = {
  readonly kind: Kept['kind'];
  readonly plural: string;
  /** Added to each list and watch. */
  readonly query: Query;
  /** Objects go only when a list confirms it: their CRD takes them along when it is deleted. */
  readonly confirmsDeletion: boolean;
  /** The status is kept beside the object, for whoever writes it. */
  readonly keepsStatus: boolean;
  readonly isOfKind: (object: ApiObject) => object is Kept;
};

/** One object as the API server last told it. */
export type ObjectRecord<Kept> = {
  readonly key: string;
  readonly uid: string;
  readonly version: string;
  /** Absent where nothing can be made of the object, or it is none of ours. */
  readonly object: Kept | undefined;
  readonly issues: readonly FieldIssue[];
  /** As served; a change of it alone is no change. */
  readonly status?: JsonValue | undefined;
};

const plain = { query: {}, confirmsDeletion: false, keepsStatus: false } as const;

export const policies: Resource<RawPolicy> = {
  ...plain,
  kind: POLICY_KIND,
  plural: 'mattermostingresspolicies',
  confirmsDeletion: true,
  keepsStatus: true,
  isOfKind: (object) => object.kind === POLICY_KIND,
};

export const ingresses: Resource<Ingress> = {
  ...plain,
  kind: 'Ingress',
  plural: 'ingresses',
  keepsStatus: true,
  isOfKind: (object) => object.kind === 'Ingress',
};

export const ingressClasses: Resource<IngressClass> = {
  ...plain,
  kind: 'IngressClass',
  plural: 'ingressclasses',
  isOfKind: (object) => object.kind === 'IngressClass',
};

export const services: Resource<Service> = {
  ...plain,
  kind: 'Service',
  plural: 'services',
  isOfKind: (object) => object.kind === 'Service',
};

export const endpointSlices: Resource<EndpointSlice> = {
  ...plain,
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  isOfKind: (object) => object.kind === 'EndpointSlice',
};

export const secrets: Resource<Secret> = {
  ...plain,
  kind: 'Secret',
  plural: 'secrets',
  // The bulk of most clusters' Secrets, and nothing we may want to hold in memory.
  query: { fieldSelector: 'type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token' },
  isOfKind: (object) => object.kind === 'Secret',
};

export const configMaps: Resource<ConfigMap> = {
  ...plain,
  kind: 'ConfigMap',
  plural: 'configmaps',
  isOfKind: (object) => object.kind === 'ConfigMap',
};

/**
 * The same resource, of which only the object of one name is asked for: what a Role with `resourceNames` allows
 * (Kubernetes RBAC, "Referring to resources").
 */
export function onlyNamed<Kept extends ApiObject>(resource: Resource<Kept>, name: string): Resource<Kept> {
  return { ...resource, query: { fieldSelector: `metadata.name=${name}` } };
}

/** @param namespace all of them where absent */
export function pathOf(resource: Pick<Resource<ApiObject>, 'kind' | 'plural'>, namespace?: string): string {
  const version = knownVersions[resource.kind];
  const group = version.includes('/') ? `/apis/${version}` : `/api/${version}`;
  return `${group}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${resource.plural}`;
}

/** What is kept of an object; undefined where it has no name, uid or version and so is no object of the API. */
export function readRecord<Kept extends ApiObject>(
  resource: Resource<Kept>,
  value: JsonValue | undefined,
): ObjectRecord<Kept> | undefined {
  if (!isJsonMap(value)) return undefined;
  const metadata = readMetadata(value, new FieldReader(), scopeOf(resource.kind));
  const version = versionOf(value);
  if (metadata?.uid === undefined || version === undefined) return undefined;
  const { produced, issues } = project(resource.kind, value, metadata);
  const [object] = produced;
  return {
    key: keyOf(metadata),
    uid: metadata.uid,
    version,
    object: issues.length === 0 && object !== undefined && resource.isOfKind(object) ? object : undefined,
    // Slices that belong to no Service are somebody else's affair.
    issues: isStray(resource.kind, metadata.labels) ? [] : issues,
    ...(resource.keepsStatus ? { status: value['status'] } : {}),
  };
}

/** The record of an object that was kept elsewhere, as one of this resource; undefined where it is of another kind. */
export function recordOf<Kept extends ApiObject>(
  resource: Resource<Kept>,
  record: ObjectRecord<ApiObject>,
): ObjectRecord<Kept> | undefined {
  const { object } = record;
  if (object === undefined) return { ...record, object };
  return resource.isOfKind(object) ? { ...record, object } : undefined;
}

/** The resource version in an object's or a list's metadata. */
export function versionOf(value: JsonMap): string | undefined {
  const metadata = value['metadata'];
  const version = isJsonMap(metadata) ? metadata['resourceVersion'] : undefined;
  return typeof version === 'string' && version !== '' ? version : undefined;
}

/** A mistake of ours costs the one object that shows it, not the watch of all others. */
function project(kind: ResourceKind, value: JsonMap, metadata: ObjectMeta): Projection {
  try {
    return projectObject(kind, forProjection(kind, value), metadata);
  } catch (error) {
    const message = `The object cannot be read: ${messageOf(error)}`;
    return { produced: [], issues: [{ field: '', message, remedy: 'Please report it' }] };
  }
}

/** Without our own status, so that writing it changes nothing; items of lists do not say their version. */
function forProjection(kind: ResourceKind, value: JsonMap): JsonMap {
  if (kind !== POLICY_KIND) return value;
  const { status: _, ...rest } = value;
  return { apiVersion: POLICY_API_VERSION, ...rest };
}

function isStray(kind: ResourceKind, labels: Readonly<Record<string, string>> = {}): boolean {
  return kind === 'EndpointSlice' && (labels['kubernetes.io/service-name'] ?? '') === '';
}
