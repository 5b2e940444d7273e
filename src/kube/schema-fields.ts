// Our schema of policies beside the one that the API server serves: the fields it would drop from every policy. Pure.
import { get } from '../api/json-access.ts';
import { POLICY_GROUP, POLICY_KIND, POLICY_VERSION } from '../api/policy.ts';

/** Objects in objects; the CRD has fewer levels than this, and a served document is not ours to trust. */
const MAX_DEPTH = 32;

/**
 * The schema of policies in an OpenAPI v3 document of their group and version (`/openapi/v3/apis/GROUP/VERSION`);
 * undefined where it has none.
 */
export function policySchemaIn(document: unknown): unknown {
  const schemas = get(get(document, 'components'), 'schemas');
  if (typeof schemas !== 'object' || schemas === null) return undefined;
  return Object.values(schemas).find(isPolicySchema);
}

function isPolicySchema(schema: unknown): boolean {
  const kinds = get(schema, 'x-kubernetes-group-version-kind');
  return (
    Array.isArray(kinds) &&
    kinds.some(
      (each) =>
        get(each, 'group') === POLICY_GROUP &&
        get(each, 'version') === POLICY_VERSION &&
        get(each, 'kind') === POLICY_KIND,
    )
  );
}

/** Paths of the fields that `wanted` has and `served` lacks, the outermost ones only, such as `spec.rules[].name`. */
export function missingFields(wanted: unknown, served: unknown, path: string): readonly string[] {
  return compare(wanted, served, { path, depth: 0 });
}

type Place = { readonly path: string; readonly depth: number };

function compare(wanted: unknown, served: unknown, { path, depth }: Place): readonly string[] {
  if (served === undefined) return [path];
  if (get(served, 'x-kubernetes-preserve-unknown-fields') === true || depth > MAX_DEPTH) return [];
  const below = depth + 1;
  const fields = Object.entries(membersOf(wanted)).flatMap(([name, field]) =>
    compare(field, get(get(served, 'properties'), name), { path: `${path}.${name}`, depth: below }),
  );
  const items = get(wanted, 'items');
  if (items === undefined) return fields;
  return [...fields, ...compare(items, get(served, 'items'), { path: `${path}[]`, depth: below })];
}

function membersOf(schema: unknown): Readonly<Record<string, unknown>> {
  const properties = get(schema, 'properties');
  return typeof properties === 'object' && properties !== null ? { ...properties } : {};
}
