// Raw JSON -> the slim shapes of api/objects.ts, checked as the API server would have checked what we rely on.
// Both sources of objects end here; a field of a wrong type refuses its object, unread fields are dropped.
import type { ApiObject, ObjectMeta, LoadBalancerIngress, RawPolicy, Service } from '../../api/objects.ts';
import { POLICY_API_VERSION, POLICY_KIND } from '../../api/policy.ts';
import { FieldReader, fieldOf } from './field-reader.ts';
import type { FieldIssue } from './field-reader.ts';
import type { JsonMap } from './json-value.ts';
import type { RawObject, Scope } from './metadata.ts';
import { projectConfigMap } from './project-config-map.ts';
import { projectEndpoints, projectEndpointSlice } from './project-endpoints.ts';
import { projectIngress, projectIngressClass } from './project-ingress.ts';
import { projectSecret } from './project-secret.ts';

/** Kinds that are read, with the one version of each; that of policies is judged by their schema. */
export const knownVersions = {
  MattermostIngressPolicy: POLICY_API_VERSION,
  Ingress: 'networking.k8s.io/v1',
  IngressClass: 'networking.k8s.io/v1',
  Service: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Endpoints: 'v1',
  Secret: 'v1',
  ConfigMap: 'v1',
} as const;

export type KnownKind = keyof typeof knownVersions;

/** Whether objects of the kind have a namespace. */
export function scopeOf(kind: KnownKind): Scope {
  return kind === 'IngressClass' ? 'Cluster' : 'Namespaced';
}

/** What the program sees of one object: one value, or for v1 Endpoints one slice a subset and address family. */
export type Projection = { readonly produced: readonly ApiObject[]; readonly issues: readonly FieldIssue[] };

/** Projects an object whose kind and version are known. @param metadata what its source can say of it */
export function projectObject(kind: KnownKind, raw: JsonMap, metadata: ObjectMeta): Projection {
  const reader = new FieldReader();
  const produced = projectKind(kind, { raw, metadata, reader });
  return { produced, issues: reader.issues };
}

function projectKind(kind: KnownKind, object: RawObject): readonly ApiObject[] {
  switch (kind) {
    case 'MattermostIngressPolicy':
      return [projectPolicy(object)];
    case 'Ingress':
      return [projectIngress(object)];
    case 'IngressClass':
      return [projectIngressClass(object)];
    case 'Service':
      return [projectService(object)];
    case 'EndpointSlice':
      return [projectEndpointSlice(object)];
    case 'Endpoints':
      return projectEndpoints(object);
    case 'Secret':
      return [projectSecret(object)];
    case 'ConfigMap':
      return [projectConfigMap(object)];
  }
}

/** The schema judges the rest, version included: only so are the hosts of a wrong policy known and closed. */
function projectPolicy({ raw, metadata, reader }: RawObject): RawPolicy {
  const apiVersion = reader.requiredString(fieldOf(raw, '', 'apiVersion'));
  return { ...raw, apiVersion, kind: POLICY_KIND, metadata };
}

function projectService({ raw, metadata, reader }: RawObject): Service {
  const spec = reader.map(fieldOf(raw, '', 'spec'));
  const type = reader.string(fieldOf(spec, 'spec', 'type'));
  const externalTrafficPolicy = reader.string(fieldOf(spec, 'spec', 'externalTrafficPolicy'));
  const loadBalancer = readLoadBalancer(raw, reader);
  const ports = reader.list(fieldOf(spec, 'spec', 'ports')).map((field) => {
    const entry = reader.map(field);
    const name = reader.string(fieldOf(entry, field.path, 'name'));
    const protocol = reader.string(fieldOf(entry, field.path, 'protocol'));
    return {
      port: reader.port(fieldOf(entry, field.path, 'port')),
      ...(name === undefined ? {} : { name }),
      ...(protocol === undefined ? {} : { protocol }),
    };
  });
  return {
    kind: 'Service',
    metadata,
    ports,
    ...(type === undefined ? {} : { type }),
    ...(externalTrafficPolicy === undefined ? {} : { externalTrafficPolicy }),
    ...(loadBalancer.length === 0 ? {} : { loadBalancer }),
  };
}

function readLoadBalancer(raw: JsonMap, reader: FieldReader): readonly LoadBalancerIngress[] {
  const status = reader.map(fieldOf(raw, '', 'status'));
  const loadBalancer = reader.map(fieldOf(status, 'status', 'loadBalancer'));
  return reader.list(fieldOf(loadBalancer, 'status.loadBalancer', 'ingress')).map((field) => {
    const entry = reader.map(field);
    const ip = reader.string(fieldOf(entry, field.path, 'ip'));
    const hostname = reader.string(fieldOf(entry, field.path, 'hostname'));
    return { ...(ip === undefined ? {} : { ip }), ...(hostname === undefined ? {} : { hostname }) };
  });
}
