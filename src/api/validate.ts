// The run-time check of a policy: the same verdict as server-side apply with strict fields, for objects from files
// and for stored ones that are older than the rules. translate/policies.ts calls it first.
import type { ObjectMeta } from './objects.ts';
import { get, has, isRecord, string } from './json-access.ts';
import {
  type MattermostIngressPolicy,
  POLICY_API_VERSION,
  POLICY_KIND,
  type PolicySpec,
  specSchema,
} from './policy.ts';
import { asNode } from './schema-node.ts';
import { type SchemaIssue, unknownField, walk } from './schema-walk.ts';

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];

/** A policy without issues, or all of its issues and no policy. */
export type CheckedPolicy = {
  readonly policy?: MattermostIngressPolicy;
  readonly issues: readonly SchemaIssue[];
};

/**
 * Checks an object of any shape and reports everything that is wrong at once. Never throws.
 * `status` is not looked at: it is ours. Of `metadata` only what identifies the object is.
 */
export function checkPolicy(object: unknown): CheckedPolicy {
  if (!isRecord(object)) {
    const remedy = 'Write apiVersion, kind, metadata and spec';
    return { issues: [{ field: '', rule: 'type', message: 'A policy must be an object', remedy }] };
  }
  const issues = [
    ...wordIssues(object, 'apiVersion', POLICY_API_VERSION),
    ...wordIssues(object, 'kind', POLICY_KIND),
    ...metadataIssues(get(object, 'metadata')),
    ...Object.keys(object)
      .filter((name) => !ROOT_FIELDS.includes(name))
      .map((name) => unknownField('', name, ROOT_FIELDS)),
    ...specIssues(object),
  ];
  if (issues.length > 0) return { issues };
  // The walk has just found the spec to be what the schema, and with it the type, describes.
  const spec = get(object, 'spec') as PolicySpec;
  const metadata = readMetadata(get(object, 'metadata'));
  return { policy: { apiVersion: POLICY_API_VERSION, kind: POLICY_KIND, metadata, spec }, issues };
}

function specIssues(object: unknown): readonly SchemaIssue[] {
  if (has(object, 'spec')) return walk(asNode(specSchema), get(object, 'spec'), 'spec');
  const remedy = 'Add spec with admission, and with route or targetRefs';
  return [{ field: 'spec', rule: 'required', message: 'Required, but absent', remedy }];
}

function wordIssues(object: unknown, field: string, word: string): readonly SchemaIssue[] {
  if (get(object, field) === word) return [];
  return [{ field, rule: 'enum', message: `Must be ${word}`, remedy: `Write ${field}: ${word}` }];
}

function metadataIssues(metadata: unknown): readonly SchemaIssue[] {
  const { name, namespace } = readMetadata(metadata);
  const message = 'Must be a name';
  return [
    ...(name === ''
      ? [{ field: 'metadata.name', rule: 'required', message, remedy: 'Give the policy a name' }]
      : []),
    ...(namespace === ''
      ? [{ field: 'metadata.namespace', rule: 'required', message, remedy: 'Write the name of a namespace' }]
      : []),
  ];
}

/** A policy from a file may leave out its namespace, which then is `default`, as with kubectl. */
function readMetadata(metadata: unknown): ObjectMeta {
  const uid = get(metadata, 'uid');
  const generation = get(metadata, 'generation');
  const created = get(metadata, 'creationTimestamp');
  return {
    name: string(get(metadata, 'name')),
    namespace: has(metadata, 'namespace') ? string(get(metadata, 'namespace')) : 'default',
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof generation === 'number' ? { generation } : {}),
    ...(typeof created === 'string' ? { creationTimestamp: created } : {}),
  };
}
