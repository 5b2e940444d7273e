// v1 ConfigMaps: raw JSON -> the slim shape of api/objects.ts. Part of the projection.
import type { ConfigMap } from '../../api/objects.ts';
import { fieldOf } from './field-reader.ts';
import type { RawObject } from './metadata.ts';

const configMapKey = /^[-._a-zA-Z0-9]{1,253}$/;

/** A v1 ConfigMap without its binary data. */
export function projectConfigMap({ raw, metadata, reader }: RawObject): ConfigMap {
  const field = fieldOf(raw, '', 'data');
  const map = reader.map(field);
  const entries = Object.keys(map).map((key): readonly [string, string] => {
    const entry = fieldOf(map, field.path, key);
    if (!configMapKey.test(key)) {
      const remedy = 'Use letters, digits, dashes, dots and underscores';
      reader.report(entry.path, 'has a key with other characters than Kubernetes allows', remedy);
    }
    return [key, reader.string(entry) ?? ''];
  });
  return { kind: 'ConfigMap', metadata, data: Object.fromEntries(entries) };
}
