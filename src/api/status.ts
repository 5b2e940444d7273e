// What the controller says about a policy: condition types and reasons as closed unions, each with its meaning and remedy.
// The same words appear in conditions, in the lines of `check`, in events and in the field reference.

export type ConditionType = 'Accepted' | 'ResolvedRefs' | 'Programmed' | 'ClientAddressDoubtful';
export type ConditionStatus = 'True' | 'False' | 'Unknown';

/** A reason explained to people. */
export type ReasonText = {
  /** Status of the condition that carries the reason. */
  readonly status: ConditionStatus;
  readonly meaning: string;
  /** What to do about it; empty where there is nothing to do. */
  readonly remedy: string;
};

/** Accepted: whether the policy is one we can follow, and has its hosts. */
export const ACCEPTED_REASONS = {
  Accepted: { status: 'True', meaning: 'The policy is valid and serves all of its hosts', remedy: '' },
  PartiallyAccepted: {
    status: 'True',
    meaning: 'The policy is valid, but other objects have some of its hosts; it serves the rest',
    remedy: 'Remove the hosts that the message names, here or in the object that has them',
  },
  Pending: {
    status: 'Unknown',
    meaning: 'No controller has looked at this policy',
    remedy:
      'Check ingressClassName, or the class of the Ingresses in targetRefs; and that a controller runs which may read policies in this namespace',
  },
  Invalid: {
    status: 'False',
    meaning: 'The policy breaks its schema; its hosts answer 503 until it is mended',
    remedy:
      'Mend the fields that the message names; kubectl apply --server-side shows the same errors at once',
  },
  Conflicted: {
    status: 'False',
    meaning:
      'An older object of this namespace has all hosts and paths of the policy; or objects of one host contradict each other in TLS or certificates of clients, and what the message names answers 503',
    remedy:
      'Do what the message says: remove one of the objects, give them different hosts or paths, or write the same TLS and client.clientCertificate in both',
  },
  HostOwnedElsewhere: {
    status: 'False',
    meaning: 'All hosts of the policy belong to another namespace, whose object is older',
    remedy: 'Choose another host, or let the operator of the controller settle who owns it',
  },
  TargetNotFound: {
    status: 'False',
    meaning: 'An Ingress in targetRefs is missing',
    remedy: 'Create the Ingress in the namespace of the policy, or mend its name in targetRefs',
  },
} as const satisfies Readonly<Record<string, ReasonText>>;

/** ResolvedRefs: whether all that the policy refers to is there and usable. */
export const RESOLVED_REFS_REASONS = {
  ResolvedRefs: { status: 'True', meaning: 'All that the policy refers to is there', remedy: '' },
  ConfigMapNotFound: {
    status: 'False',
    meaning:
      'A ConfigMap with authorities is missing, or lacks ca.crt: no node is reached, or no certificate of a client is believed',
    remedy: 'Create the ConfigMap in the namespace of the policy, or mend its name',
  },
  SecretNotFound: {
    status: 'False',
    meaning:
      'A Secret is missing: a header rule matches nobody, TLS uses the last good or the default certificate, no certificate of a client is believed',
    remedy: 'Create the Secret in the namespace of the policy, or mend its name',
  },
  SecretInvalid: {
    status: 'False',
    meaning:
      'A Secret lacks a key, or a value in it cannot be used: no PEM, key and certificate apart, a key that OpenSSL refuses, under 16 bytes; or authorities of clients have a ca.crl beside them',
    remedy: 'Mend the keys that the message names',
  },
  ServiceNotFound: {
    status: 'False',
    meaning: 'The Service is missing; the site answers 503',
    remedy: 'Create the Service in the namespace of the policy, or mend its name',
  },
  ServicePortNotFound: {
    status: 'False',
    meaning: 'The Service has no TCP port of that number or name; the site answers 503',
    remedy: 'Mend port or portName; Mattermost listens at 8065',
  },
  ServiceUnsupported: {
    status: 'False',
    meaning: 'The Service is of type ExternalName, which is refused; the site answers 503',
    remedy: 'Use a Service with a selector, or one with EndpointSlices of its own',
  },
  EndpointForbidden: {
    status: 'False',
    meaning: 'Endpoints lie in networks the controller must not reach: loopback, link-local, the API server',
    remedy: 'Mend the EndpointSlice, or have --deny-endpoint-cidrs of the controller changed',
  },
  SourceAddressMissing: {
    status: 'False',
    meaning:
      'None of the addresses of the controller lies in backend.sourceAddresses; no node is reached from this replica',
    remedy: 'Mend the networks, or give the pods of the controller addresses in them',
  },
  EndpointsOverLimit: {
    status: 'False',
    meaning: 'The controller has no place for more endpoints; some are left out',
    remedy: 'Have --max-endpoints of the controller raised',
  },
  NoEndpoints: {
    status: 'False',
    meaning: 'The Service has no usable endpoint; the site answers 503 until there is one',
    remedy: 'Look at the pods of the Service, their readiness and its selector',
  },
} as const satisfies Readonly<Record<string, ReasonText>>;

/** Programmed: whether the worker threads serve what the policy says. */
export const PROGRAMMED_REASONS = {
  Programmed: {
    status: 'True',
    meaning: 'All worker threads serve this generation of the policy',
    remedy: '',
  },
  Pending: { status: 'Unknown', meaning: 'The worker threads have not answered yet', remedy: '' },
  NotAccepted: {
    status: 'False',
    meaning: 'Nothing of the policy is served, since it is not accepted',
    remedy: 'See condition Accepted',
  },
  Stalled: {
    status: 'False',
    meaning: 'A worker thread has not taken this generation within 5 s; it serves the one before',
    remedy: 'Look at the log and the load of the controller; a worker that stays silent is replaced',
  },
} as const satisfies Readonly<Record<string, ReasonText>>;

/** What is wrong with an Ingress or its class: events, lines of `check` and the log; an Ingress has no conditions. */
export const INGRESS_REASONS = {
  UnsupportedRestriction: {
    meaning:
      'An annotation restricts access and is not understood, so that the hosts of the Ingress answer 503',
    remedy:
      'Say the same with spec.admission of a policy, then remove the annotation or name it in mattermost-ingress.io/ignore-annotations',
  },
  PolicyMissing: {
    meaning: 'The Ingress needs a policy and none that is accepted names it; its hosts answer 503',
    remedy: 'Apply a MattermostIngressPolicy whose targetRefs name the Ingress',
  },
  PolicyInvalid: {
    meaning: 'The policy that governs the Ingress is invalid; the hosts of the Ingress answer 503',
    remedy: 'Mend the policy that the message names',
  },
  AnnotationUnsupported: {
    meaning: 'An annotation has no effect here',
    remedy: 'See the reference of annotations for what replaces it, and remove it',
  },
  AnnotationInvalid: {
    meaning: 'An annotation cannot be used as it is; the message says what is used instead',
    remedy: 'Mend the value',
  },
  AdmissionReplaced: {
    meaning: 'The admission of the policy stands in place of the list of addresses in an annotation',
    remedy: 'Say it in spec.admission.rules of the policy, and remove the annotation',
  },
  BackendUnsupported: {
    meaning: 'A path of the Ingress leads to a resource that is no Service; it answers 503',
    remedy: 'Name a Service as the backend',
  },
  AnyHostForbidden: {
    meaning: 'A rule without host, or defaultBackend, would answer for every host; it is not served',
    remedy: 'Name the hosts, or have the namespace given to --default-backend-namespace of the controller',
  },
  ClassParametersUnsupported: {
    meaning: 'The IngressClass has parameters, which this controller does not read; the class is not served',
    remedy: 'Remove spec.parameters by creating the IngressClass anew without them',
  },
} as const satisfies Readonly<Record<string, Omit<ReasonText, 'status'>>>;

/** Doubts that change no condition: lines of `check`, events and the log. */
export const WARNING_REASONS = {
  ClientAddressDoubtful: {
    meaning:
      'Rules judge by the client address, but the Service of the controller replaces it (externalTrafficPolicy Cluster)',
    remedy:
      'Set externalTrafficPolicy: Local on the Service, or let the load balancer tell the address: --proxy-protocol-from or --trusted-proxies',
  },
  HostOwnerChanged: {
    meaning: 'A host belongs to another namespace than before, since the object that had it is gone',
    remedy: 'If that was not meant, settle the owner with --host-namespace of the controller',
  },
  BackendUnverified: {
    meaning: 'TLS to the nodes is not verified: anybody on the way can read and change what passes',
    remedy: 'Set backend.tls.mode to Verify, with caRef',
  },
  LegacyListenerClosed: {
    meaning: 'The policy lets TLS 1.1 in, but the controller has no listener for it; clients need 1.2',
    remedy: 'Start the controller with --legacy-https-port, or remove the field',
  },
  ClientCertificatesUnavailable: {
    meaning:
      'The Node.js that the controller runs on cannot ask for certificates host by host: no client is asked, and none is believed to have one',
    remedy:
      'Run the controller on the Node.js of its image, or set spec.client.clientCertificate.mode to Disabled',
  },
  HealthCheckUnanswered: {
    meaning:
      'All nodes answer the health check with a status that is no error of theirs, such as 404: the path is most likely wrong',
    remedy:
      'Mend spec.backend.healthCheck.path of the policy: Mattermost answers at /api/v4/system/ping below its site path; or set healthCheck.disabled: true',
  },
  EndpointsUnhealthy: {
    meaning: 'No node passes its health check',
    remedy:
      'Look at the pods of the Service and their logs; if they are well, mend spec.backend.healthCheck of the policy',
  },
  CertificateNames: {
    meaning: 'The certificate does not name a host of the policy; clients will refuse it',
    remedy: 'Put a certificate for all hosts of the policy into the Secret',
  },
  CertificateExpired: {
    meaning: 'The certificate has expired; clients will refuse it',
    remedy: 'Renew the certificate in the Secret',
  },
} as const satisfies Readonly<Record<string, Omit<ReasonText, 'status'>>>;

export type AcceptedReason = keyof typeof ACCEPTED_REASONS;
export type ResolvedRefsReason = keyof typeof RESOLVED_REFS_REASONS;
export type ProgrammedReason = keyof typeof PROGRAMMED_REASONS;
export type WarningReason = keyof typeof WARNING_REASONS;
export type IngressReason = keyof typeof INGRESS_REASONS;

/** Every word that can stand as the reason of a condition, or of a finding about a policy or an Ingress. */
export type ConditionReason =
  | AcceptedReason
  | ResolvedRefsReason
  | ProgrammedReason
  | WarningReason
  | IngressReason;

type ConditionOf<Type extends ConditionType, Reason extends ConditionReason> = {
  readonly type: Type;
  readonly status: ConditionStatus;
  readonly reason: Reason;
  /** Names object and field; never holds a secret. */
  readonly message: string;
  /** Generation of the policy that was judged. */
  readonly observedGeneration: number;
  /** RFC 3339; changes only when `status` does (Kubernetes API conventions, "Typical status properties"). */
  readonly lastTransitionTime: string;
};

/** A metav1.Condition with a reason that fits its type. */
export type Condition =
  | ConditionOf<'Accepted', AcceptedReason>
  | ConditionOf<'ResolvedRefs', ResolvedRefsReason>
  | ConditionOf<'Programmed', ProgrammedReason>
  | ConditionOf<'ClientAddressDoubtful', 'ClientAddressDoubtful'>;

/** Endpoints of the site by what the controller does with them. */
export type EndpointCounts = {
  readonly ready: number;
  /** Take no new users, keep those they have. */
  readonly draining: number;
  readonly unhealthy: number;
};

/** What one controller says of one target of a policy (GEP-713, PolicyAncestorStatus; scalar keys, as objects cannot be keys of a list). */
export type AncestorStatus = {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
  readonly controllerName: string;
  readonly conditions: readonly Condition[];
};

/** What stands in `status` of a policy. */
export type PolicyStatus = {
  readonly conditions: readonly Condition[];
  /** One for each target and controller. */
  readonly ancestors?: readonly AncestorStatus[];
  /** Hosts that are served for this policy. */
  readonly hosts: readonly string[];
  readonly endpoints: EndpointCounts;
  /** The hosts in one line, for the column of `kubectl get`. */
  readonly summary: string;
};
