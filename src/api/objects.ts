// The few fields of the Kubernetes objects that we read, spelled as Kubernetes spells them.
// Sources project what they receive to these shapes; nothing else of an object enters the program.

/** Metadata of any object (Kubernetes API conventions, "Metadata"). */
export type ObjectMeta = {
  readonly name: string;
  readonly namespace: string;
  readonly uid?: string;
  readonly generation?: number;
  /** RFC 3339 time; absent for objects that come from files. */
  readonly creationTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
};

/** A MattermostIngressPolicy as received: not yet checked against the schema. */
export type RawPolicy = {
  readonly apiVersion: string;
  readonly kind: 'MattermostIngressPolicy';
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
};

export type ServicePort = {
  readonly name?: string;
  readonly port: number;
  readonly protocol?: string;
};

/** One entry of status.loadBalancer.ingress; exactly one of the two. */
export type LoadBalancerIngress = { readonly ip?: string; readonly hostname?: string };

export type Service = {
  readonly kind: 'Service';
  readonly metadata: ObjectMeta;
  readonly type?: string;
  /** `Cluster` replaces the address of clients by that of a node. */
  readonly externalTrafficPolicy?: string;
  /** Addresses of status.loadBalancer.ingress, as they stand there. */
  readonly loadBalancer?: readonly LoadBalancerIngress[];
  readonly ports: readonly ServicePort[];
};

/** Conditions of one endpoint (discovery.k8s.io/v1); an absent one means unknown. */
export type EndpointConditions = {
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
};

export type SliceEndpoint = {
  readonly addresses: readonly string[];
  readonly conditions: EndpointConditions;
  /** UID of the pod behind the address (targetRef.uid). */
  readonly targetUid?: string;
  readonly targetName?: string;
};

export type SlicePort = {
  readonly name: string;
  readonly port: number;
  readonly protocol?: string;
};

/** An EndpointSlice, or a v1 Endpoints object read as one. */
export type EndpointSlice = {
  readonly kind: 'EndpointSlice';
  readonly metadata: ObjectMeta;
  /** Name of the Service (label kubernetes.io/service-name). */
  readonly serviceName: string;
  readonly addressType: 'IPv4' | 'IPv6' | 'FQDN';
  readonly endpoints: readonly SliceEndpoint[];
  readonly ports: readonly SlicePort[];
};

/** Values are base64, as the API serves them (`data`); `stringData` of files is folded in by the source. */
export type Secret = {
  readonly kind: 'Secret';
  readonly metadata: ObjectMeta;
  readonly type?: string;
  readonly data: Readonly<Record<string, string>>;
};

/** Authorities in PEM, read by name. Binary data is left out. */
export type ConfigMap = {
  readonly kind: 'ConfigMap';
  readonly metadata: ObjectMeta;
  readonly data: Readonly<Record<string, string>>;
};

/** Where a path of an Ingress leads; exactly one port field, or none for a resource, which is not supported. */
export type IngressBackend =
  | { readonly serviceName: string; readonly port?: number; readonly portName?: string }
  | { readonly resource: string };

export type IngressPath = {
  readonly path?: string;
  readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific';
  readonly backend: IngressBackend;
};

export type IngressRule = {
  /** Absent: any host. */
  readonly host?: string;
  readonly paths: readonly IngressPath[];
};

export type IngressTls = { readonly hosts: readonly string[]; readonly secretName?: string };

/** An Ingress (networking.k8s.io/v1). */
export type Ingress = {
  readonly kind: 'Ingress';
  readonly metadata: ObjectMeta;
  /** Only those whose prefix some ingress controller reads; others belong to others. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly ingressClassName?: string;
  readonly defaultBackend?: IngressBackend;
  readonly tls: readonly IngressTls[];
  readonly rules: readonly IngressRule[];
};

/** An IngressClass (networking.k8s.io/v1); cluster-scoped, so that its namespace is empty. */
export type IngressClass = {
  readonly kind: 'IngressClass';
  readonly metadata: ObjectMeta;
  readonly controller: string;
  /** Annotation ingressclass.kubernetes.io/is-default-class. */
  readonly isDefault: boolean;
  /** Kind and name of spec.parameters, for people; nothing is read from there. */
  readonly parameters?: string;
};

export type ApiObject = RawPolicy | Ingress | IngressClass | Service | EndpointSlice | Secret | ConfigMap;

/** The full set of what a source knows, one map a kind, keyed `namespace/name`; IngressClasses by `/name`. */
export type ObjectSet = {
  readonly policies: ReadonlyMap<string, RawPolicy>;
  readonly ingresses: ReadonlyMap<string, Ingress>;
  readonly ingressClasses: ReadonlyMap<string, IngressClass>;
  readonly services: ReadonlyMap<string, Service>;
  readonly endpointSlices: ReadonlyMap<string, EndpointSlice>;
  readonly secrets: ReadonlyMap<string, Secret>;
  readonly configMaps: ReadonlyMap<string, ConfigMap>;
};

/** The key of an object in its map of an ObjectSet. */
export function keyOf(metadata: { readonly namespace: string; readonly name: string }): string {
  return `${metadata.namespace}/${metadata.name}`;
}
