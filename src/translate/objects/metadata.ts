// Name, namespace and labels of any object: raw JSON -> ObjectMeta. Part of the projection.
import type { ObjectMeta } from '../../api/objects.ts';
import { fieldOf } from './field-reader.ts';
import type { FieldReader } from './field-reader.ts';
import type { JsonMap } from './json-value.ts';

/** What tells objects of a kind apart. */
export type Identity = Pick<ObjectMeta, 'name' | 'namespace'>;

/** What every projection of a kind starts from. */
export type RawObject = {
  readonly raw: JsonMap;
  readonly metadata: ObjectMeta;
  readonly reader: FieldReader;
};

const subdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Name and namespace of an object (absent namespace = `default`); undefined and issues if they cannot be one. */
export function readIdentity(raw: JsonMap, reader: FieldReader): Identity | undefined {
  const metadata = reader.map(fieldOf(raw, '', 'metadata'));
  const name = reader.requiredString(fieldOf(metadata, 'metadata', 'name'));
  const given = reader.string(fieldOf(metadata, 'metadata', 'namespace')) ?? '';
  const namespace = given === '' ? 'default' : given;
  if (name !== '' && !subdomain.test(name)) {
    const remedy = 'Use lower-case letters, digits, dashes and dots';
    reader.report('metadata.name', 'is not a Kubernetes name', remedy);
  }
  if (!label.test(namespace)) {
    reader.report('metadata.namespace', 'is not a namespace', 'Use lower-case letters, digits and dashes');
  }
  return reader.issues.length === 0 ? { name, namespace } : undefined;
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
export function readMetadata(raw: JsonMap, reader: FieldReader): ObjectMeta | undefined {
  const identity = readIdentity(raw, reader);
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
