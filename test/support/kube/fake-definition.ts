// What a fake API server says of the definition of policies: discovery and the served schema.
// As seen on Kubernetes 1.37: while a definition is being deleted, discovery no longer names the verb `create`.
import { policyCrd } from '../../../src/api/crd.ts';
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';
import type { Plural } from './cluster-objects.ts';
import { type Answer, refusal } from './answer.ts';

const GROUP_PATH = 'apis/mattermost-ingress.io/v1alpha1';
const VERBS = ['delete', 'deletecollection', 'get', 'list', 'watch'];

export class FakeDefinition {
  /** It is being deleted, and its objects with it. */
  isTerminating = false;
  /** Status that discovery or the schema documents are refused with; 0 where they are not. */
  refused = { discovery: 0, schema: 0 };
  /** The API server has not published the schema yet. */
  isSchemaLate = false;
  #lacks: readonly string[] = [];
  #hash = 1;

  /** Serves a schema without these fields of the spec, and says so by another hash. */
  lackFields(...paths: readonly string[]): void {
    this.#lacks = paths;
    this.#hash += 1;
  }

  /** The document at a path; undefined for paths of objects. */
  answer(path: string, cluster: { isServed(plural: Plural): boolean }): Answer | undefined {
    const isServed = cluster.isServed('mattermostingresspolicies');
    if (path === `/${GROUP_PATH}`) {
      if (this.refused.discovery > 0) return refusal(this.refused.discovery, 'Forbidden');
      const verbs = this.isTerminating ? VERBS : [...VERBS, 'create', 'patch', 'update'];
      const resources = [{ name: 'mattermostingresspolicies', kind: 'MattermostIngressPolicy', verbs }];
      return isServed
        ? { status: 200, body: { kind: 'APIResourceList', resources } }
        : refusal(404, 'NotFound');
    }
    if (!path.startsWith('/openapi/v3')) return undefined;
    if (this.refused.schema > 0) return refusal(this.refused.schema, 'Forbidden');
    const isShown = isServed && !this.isSchemaLate;
    if (path === '/openapi/v3') return { status: 200, body: { paths: isShown ? this.#index() : {} } };
    return isShown ? { status: 200, body: this.#document() } : refusal(404, 'NotFound');
  }

  #index(): JsonMap {
    return { [GROUP_PATH]: { serverRelativeURL: `/openapi/v3/${GROUP_PATH}?hash=${this.#hash}` } };
  }

  #document(): JsonMap {
    const kind = { group: 'mattermost-ingress.io', version: 'v1alpha1', kind: 'MattermostIngressPolicy' };
    const schema = JSON.parse(JSON.stringify(rootSchema())) as Record<string, unknown>;
    for (const path of this.#lacks) remove(schema, ['spec', ...path.split('.')]);
    const policy = { ...schema, 'x-kubernetes-group-version-kind': [kind] } as JsonMap;
    return { components: { schemas: { 'io.mattermost-ingress.v1alpha1.MattermostIngressPolicy': policy } } };
  }
}

function rootSchema(): unknown {
  const { versions } = policyCrd()['spec'] as {
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: unknown } }[];
  };
  return versions[0]?.schema.openAPIV3Schema;
}

/** Lists are passed over: `rules.name` is the name of each rule. */
function remove(schema: Record<string, unknown>, [name = '', ...others]: readonly string[]): void {
  const inside = (schema['items'] ?? schema) as Record<string, unknown>;
  const properties = inside['properties'] as Record<string, Record<string, unknown>>;
  const field = properties[name];
  if (others.length > 0 && field !== undefined) remove(field, others);
  else delete properties[name];
}
