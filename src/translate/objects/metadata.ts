// Name, namespace and labels of any object: raw JSON -> ObjectMeta. Part of the projection.
import type { ObjectMeta } from '../../api/objects.ts';
import { fieldOf } from './field-reader.ts';
import type { FieldReader } from './field-reader.ts';
import type { JsonMap } from './json-value.ts';

/** What tells objects of a kind apart. */
export type Identity = Pick<ObjectMeta, 'name' | 'namespace'>;

/** Whether objects of a kind live in namespaces; those of the cluster have the empty one. */
export type Scope = 'Namespaced' | 'Cluster';

/** What every projection of a kind starts from. */
export type RawObject = {
  readonly raw: JsonMap;
  readonly metadata: ObjectMeta;
  readonly reader: FieldReader;
};

const subdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Name and namespace of an object; undefined and issues if they cannot be one.
 * An absent namespace is `default`; one of an object of the cluster is passed over, as kubectl does.
 */
export function readIdentity(raw: JsonMap, reader: FieldReader, scope: Scope): Identity | undefined {
  const metadata = reader.map(fieldOf(raw, '', 'metadata'));
  const name = reader.requiredString(fieldOf(metadata, 'metadata', 'name'));
  const namespace = scope === 'Cluster' ? '' : readNamespace(metadata, reader);
  if (name !== '' && !isSubdomain(name)) {
    const remedy = 'Use lower-case letters, digits, dashes and dots';
    reader.report('metadata.name', 'is not a Kubernetes name', remedy);
  }
  return reader.issues.length === 0 ? { name, namespace } : undefined;
}

function readNamespace(metadata: JsonMap, reader: FieldReader): string {
  const given = reader.string(fieldOf(metadata, 'metadata', 'namespace')) ?? '';
  const namespace = given === '' ? 'default' : given;
  if (!isLabel(namespace)) {
    reader.report('metadata.namespace', 'is not a namespace', 'Use lower-case letters, digits and dashes');
  }
  return namespace;
}

/** Whether the text is the name of most objects (RFC 1123 subdomain). */
export function isSubdomain(text: string): boolean {
  return subdomain.test(text);
}

/** Whether the text is the name of a namespace or Service (RFC 1123 label). */
export function isLabel(text: string): boolean {
  return label.test(text);
}

/** Labels, of kinds that are found by them. */
export function readLabels(raw: JsonMap, reader: FieldReader): Pick<ObjectMeta, 'labels'> {
  const field = fieldOf(reader.map(fieldOf(raw, '', 'metadata')), 'metadata', 'labels');
  const map = reader.map(field);
  const labels = Object.keys(map).map((key): readonly [string, string] => {
    return [key, reader.string(fieldOf(map, field.path, key)) ?? ''];
  });
  return labels.length === 0 ? {} : { labels: Object.fromEntries(labels) };
}

/** All metadata that we read of an object served by the API; in files, times, uid and generation mean nothing. */
export function readMetadata(raw: JsonMap, reader: FieldReader, scope: Scope): ObjectMeta | undefined {
  const identity = readIdentity(raw, reader, scope);
  if (identity === undefined) return undefined;
  const metadata = reader.map(fieldOf(raw, '', 'metadata'));
  const uid = reader.string(fieldOf(metadata, 'metadata', 'uid'));
  const creationTimestamp = reader.string(fieldOf(metadata, 'metadata', 'creationTimestamp'));
  const generation = metadata['generation'];
  return {
    ...identity,
    ...(uid === undefined ? {} : { uid }),
    ...(typeof generation === 'number' ? { generation } : {}),
    ...(creationTimestamp === undefined ? {} : { creationTimestamp }),
    ...readLabels(raw, reader),
  };
}
