// What the controller says about a policy: condition types and reasons as closed unions, each with its meaning and remedy.
// The same words appear in conditions, in the lines of `check`, in events and in the field reference.

export type ConditionType = 'Accepted' | 'ResolvedRefs' | 'Programmed';
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
    meaning: 'No controller has looked at the policy yet',
    remedy: 'Check that a controller is running and may read policies in this namespace',
  },
  Invalid: {
    status: 'False',
    meaning: 'The policy breaks its schema; its hosts answer 503 until it is mended',
    remedy:
      'Mend the fields that the message names; kubectl apply --server-side shows the same errors at once',
  },
  Conflicted: {
    status: 'False',
    meaning: 'An older object of this namespace has all hosts and paths of the policy',
    remedy: 'Remove one of the two objects, or give them different hosts or paths',
  },
  HostOwnedElsewhere: {
    status: 'False',
    meaning: 'All hosts of the policy belong to another namespace, whose object is older',
    remedy: 'Choose another host, or let the operator of the controller settle who owns it',
  },
} as const satisfies Readonly<Record<string, ReasonText>>;

/** ResolvedRefs: whether all that the policy refers to is there and usable. */
export const RESOLVED_REFS_REASONS = {
  ResolvedRefs: { status: 'True', meaning: 'All that the policy refers to is there', remedy: '' },
  SecretNotFound: {
    status: 'False',
    meaning:
      'A Secret is missing: a header rule matches nobody, TLS uses the last good or the default certificate',
    remedy: 'Create the Secret in the namespace of the policy, or mend its name',
  },
  SecretInvalid: {
    status: 'False',
    meaning:
      'A Secret lacks a key, or a value in it cannot be used: no PEM, key and certificate apart, under 16 bytes',
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

/** Doubts that change no condition: lines of `check`, events and the log. */
export const WARNING_REASONS = {
  BackendUnverified: {
    meaning: 'TLS to the nodes is not verified: anybody on the way can read and change what passes',
    remedy: 'Set backend.tls.mode to Verify, with caRef',
  },
  LegacyListenerClosed: {
    meaning: 'The policy lets TLS 1.1 in, but the controller has no listener for it; clients need 1.2',
    remedy: 'Start the controller with --legacy-https-port, or remove the field',
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

/** Every word that can stand as the reason of a condition or finding about a policy. */
export type ConditionReason = AcceptedReason | ResolvedRefsReason | ProgrammedReason | WarningReason;

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
  | ConditionOf<'Programmed', ProgrammedReason>;

/** Endpoints of the site by what the controller does with them. */
export type EndpointCounts = {
  readonly ready: number;
  /** Take no new users, keep those they have. */
  readonly draining: number;
  readonly unhealthy: number;
};

/** What stands in `status` of a policy. */
export type PolicyStatus = {
  readonly conditions: readonly Condition[];
  /** Hosts that are served for this policy. */
  readonly hosts: readonly string[];
  readonly endpoints: EndpointCounts;
  /** The hosts in one line, for the column of `kubectl get`. */
  readonly summary: string;
};
