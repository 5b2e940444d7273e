// MattermostIngressPolicy v1alpha1: the root of the schema and all its types.
// The single source of type, CRD (crd.ts), field reference and run-time check (validate.ts).
import { Type, type Static } from 'typebox';
import type { ObjectMeta } from './objects.ts';
import { admissionSchema } from './policy-admission.ts';
import { backendSchema } from './policy-backend.ts';
import { accessLogSchema, clientSchema, limitsSchema, webSocketSchema } from './policy-client.ts';
import { sessionPersistenceSchema } from './policy-persistence.ts';
import { ingressClassNameSchema, routeSchema, targetRefsSchema } from './policy-route.ts';
import { rules } from './policy-rules.ts';

export const POLICY_GROUP = 'mattermost-ingress.io';
export const POLICY_VERSION = 'v1alpha1';
export const POLICY_API_VERSION = `${POLICY_GROUP}/${POLICY_VERSION}`;
export const POLICY_KIND = 'MattermostIngressPolicy';

export const specSchema = Type.Object(
  {
    ingressClassName: Type.Optional(ingressClassNameSchema),
    route: Type.Optional(routeSchema),
    targetRefs: Type.Optional(targetRefsSchema),
    admission: admissionSchema,
    sessionPersistence: Type.Optional(sessionPersistenceSchema),
    websocket: Type.Optional(webSocketSchema),
    backend: Type.Optional(backendSchema),
    client: Type.Optional(clientSchema),
    limits: Type.Optional(limitsSchema),
    accessLog: Type.Optional(accessLogSchema),
  },
  {
    description:
      'The ingress of one Mattermost site: who may come in, how clients are kept on a node, how nodes are reached.',
    ...rules('route-or-targets', 'class-with-route', 'paths-inside-site', 'certificate-asked-for'),
  },
);

/** What the schema describes, not to be changed by anybody who holds it. */
type Fixed<Value> = Value extends readonly (infer Item)[]
  ? readonly Fixed<Item>[]
  : Value extends object
    ? { readonly [Name in keyof Value]: Fixed<Value[Name]> }
    : Value;

/** A policy that checkPolicy has found without issue. */
export type MattermostIngressPolicy = {
  readonly apiVersion: typeof POLICY_API_VERSION;
  readonly kind: typeof POLICY_KIND;
  readonly metadata: ObjectMeta;
  readonly spec: PolicySpec;
};

export type PolicySpec = Fixed<Static<typeof specSchema>>;
export type RouteSpec = NonNullable<PolicySpec['route']>;
export type AdmissionSpec = PolicySpec['admission'];
export type AdmissionRule = NonNullable<AdmissionSpec['rules']>[number];
export type PathCondition = NonNullable<AdmissionRule['paths']>[number];
export type HeaderCondition = NonNullable<AdmissionRule['headers']>[number];
export type CookieCondition = NonNullable<AdmissionRule['cookies']>[number];
export type SessionPersistence = NonNullable<PolicySpec['sessionPersistence']>;
export type WebSocketSpec = NonNullable<PolicySpec['websocket']>;
export type BackendSpec = NonNullable<PolicySpec['backend']>;
export type BackendTls = NonNullable<BackendSpec['tls']>;
export type ClientSpec = NonNullable<PolicySpec['client']>;
export type LimitsSpec = NonNullable<PolicySpec['limits']>;
