// What stands between objects and sites: a place is one path of some hosts that somebody wants served, from a policy's
// route or from a path of an Ingress. Everything after this file knows places only.
import { DEFAULTS } from '../api/defaults.ts';
import type { AdmissionSpec, ClientSpec, MattermostIngressPolicy, PolicySpec } from '../api/policy.ts';
import { parseDurationMs } from '../api/quantities.ts';
import type { ClosedReason, PlainHttp, SiteTls } from '../model/configuration.ts';
import type { ObjectReference } from '../model/finding.ts';

/** Certificates that every client of a host must have. */
export type CertificateDemand = {
  /** Object that holds the authorities, as in SiteTls; undefined where it cannot be said what is demanded. */
  readonly source: string | undefined;
  /** By an annotation, which ingress-nginx takes for all Ingresses of the host. */
  readonly isForHost?: true;
};

/** Where somebody wants to serve. */
export type Claim = {
  /** `*` alone stands for any host. */
  readonly hosts: readonly string[];
  /** Undefined where an invalid policy does not say: it could be any path of its hosts. */
  readonly path: string | undefined;
  readonly pathType: 'Exact' | 'Prefix';
  /** All that a host can have only once, since it is settled before a path is known, as text to compare; undefined where not known, or whatever the host has. */
  readonly tls: string | undefined;
  /** Each request must show a certificate of these authorities, whatever TLS the host turns out to have. */
  readonly demands?: CertificateDemand;
  /** Which hosts the policy means is not known, and it could be any that a wildcard of its namespace answers for. */
  readonly holdsWildcards: boolean;
  /** Answers for what no rule of its host matches: gives way to any rule, however young. */
  readonly isFallback: boolean;
};

/** A policy's wishes for one site, without where it is. */
export type SiteSettings = Omit<PolicySpec, 'route' | 'targetRefs' | 'ingressClassName' | 'admission'> & {
  readonly admission?: AdmissionSpec;
};

export type ServiceRef = { readonly name: string; readonly port?: number; readonly portName?: string };

/** All that is needed to serve a place. */
export type SiteSpec = {
  readonly namespace: string;
  /** Undefined: what the object names is no Service, and the place answers 503. */
  readonly service: ServiceRef | undefined;
  readonly tls: SiteTls | undefined;
  readonly plainHttp: PlainHttp;
  readonly settings: SiteSettings;
  /** Stands in for another's: it reports nothing about admission, since its owner does. */
  readonly inheritsAdmission: boolean;
};

export type PlaceContent =
  | { readonly kind: 'open'; readonly spec: SiteSpec }
  | { readonly kind: 'closed'; readonly reason: ClosedReason; readonly tls: SiteTls | undefined };

export type Place = {
  /** Unique; the key of its site. */
  readonly key: string;
  /** Whose it is: a policy with a route, or an Ingress. */
  readonly reference: ObjectReference;
  /** Key of the policy that governs it. */
  readonly policy: string | undefined;
  readonly createdMs: number;
  readonly claim: Claim;
  readonly content: PlaceContent;
  /** Proves the control of a host to a certificate authority: exempt from all that closes, redirects and admits. */
  readonly isAcme: boolean;
  /** Where its parts stand in the object. */
  readonly fields: { readonly hosts: string; readonly service: string; readonly tls: string };
};

const ROUTE_FIELDS = {
  hosts: 'spec.route.hosts',
  service: 'spec.route.service',
  tls: 'spec.route.tls.secretName',
} as const;

/** TLS towards clients that is none, as text to compare. */
const NO_TLS = 'none';

export function tlsText(tls: SiteTls | undefined): string {
  return tls === undefined ? NO_TLS : JSON.stringify(tls);
}

export function tlsOfText(text: string | undefined): SiteTls | undefined {
  return text === undefined || text === NO_TLS ? undefined : (JSON.parse(text) as SiteTls);
}

const TLS_WORDS: Readonly<Record<keyof SiteTls, string>> = {
  certificate: 'the Secret with the certificate',
  minVersion: 'minVersion',
  hsts: 'hsts',
  clientCertificate: 'certificates of clients',
};

/** In what two of these texts differ, for people: an Ingress with the same `tls` may ask for other certificates of clients. */
export function tlsDifferences(text: string | undefined, otherText: string | undefined): string {
  const [tls, other] = [tlsOfText(text), tlsOfText(otherText)];
  if (tls === undefined || other === undefined) return 'one of them has no TLS';
  const keys = ['certificate', 'minVersion', 'hsts', 'clientCertificate'] as const;
  const differing = keys.filter((key) => JSON.stringify(tls[key]) !== JSON.stringify(other[key]));
  return differing.map((key) => TLS_WORDS[key]).join(' and ');
}

/** A policy as its place needs it. */
type RouteOwner = {
  readonly key: string;
  readonly reference: ObjectReference;
  readonly createdMs: number;
  readonly claim: Claim | undefined;
  readonly closedTls: SiteTls | undefined;
  readonly policy: MattermostIngressPolicy | undefined;
};

/** The place of a policy with a route; undefined for one that names its targets. */
export function placeOfRoute(draft: RouteOwner): Place | undefined {
  const { key, reference, createdMs, claim, policy } = draft;
  if (claim === undefined) return undefined;
  const spec = policy === undefined ? undefined : specOfRoute(policy);
  return {
    key: `${reference.kind}/${key}`,
    reference,
    policy: key,
    createdMs,
    claim,
    content:
      spec === undefined
        ? { kind: 'closed', reason: 'policy-invalid', tls: draft.closedTls }
        : { kind: 'open', spec },
    isAcme: false,
    fields: ROUTE_FIELDS,
  };
}

function specOfRoute({ metadata, spec }: MattermostIngressPolicy): SiteSpec | undefined {
  const { route, targetRefs: _targets, ingressClassName: _className, ...settings } = spec;
  if (route === undefined) return undefined;
  return {
    namespace: metadata.namespace,
    service: route.service,
    tls: routeTls(metadata.namespace, spec),
    plainHttp: routePlainHttp(route.tls),
    settings,
    inheritsAdmission: false,
  };
}

/** TLS towards the clients of a policy with a route; undefined where it is served on plain HTTP. */
export function routeTls(namespace: string, { route, client }: PolicySpec): SiteTls | undefined {
  if (route?.tls === undefined) return undefined;
  return {
    certificate: `${namespace}/${route.tls.secretName}`,
    ...clientTls(namespace, client),
  };
}

/** What a policy says of TLS towards clients, its certificate apart. */
export function clientTls(namespace: string, client: ClientSpec | undefined): Omit<SiteTls, 'certificate'> {
  const { minVersion = DEFAULTS.client.tls.minVersion, hsts } = client?.tls ?? {};
  return {
    minVersion,
    hsts: hsts && hstsValue({ ...DEFAULTS.client.tls.hsts, ...hsts }),
    clientCertificate: clientCertificate(namespace, client?.clientCertificate),
  };
}

/** What a policy's client section demands, for the claim of its place. */
export function certificateDemand(
  namespace: string,
  client: ClientSpec | undefined,
): Pick<Claim, 'demands'> | undefined {
  const asked = clientCertificate(namespace, client?.clientCertificate);
  return asked?.mode === 'Require' ? { demands: { source: asked.source } } : undefined;
}

/** The authorities are read when it is known who serves. */
function clientCertificate(
  namespace: string,
  spec: NonNullable<ClientSpec>['clientCertificate'],
): SiteTls['clientCertificate'] {
  if (spec === undefined || spec.mode === 'Disabled') return undefined;
  const source = `${spec.caRef?.kind ?? ''} ${namespace}/${spec.caRef?.name ?? ''}`;
  return { mode: spec.mode, source, authorities: undefined };
}

/** RFC 6797 section 6.1. */
function hstsValue(hsts: { readonly maxAge: string; readonly includeSubDomains: boolean }): string {
  const seconds = Math.floor((parseDurationMs(hsts.maxAge) ?? 0) / 1000);
  return `max-age=${seconds}${hsts.includeSubDomains ? '; includeSubDomains' : ''}`;
}

/** Whether a secret could be sent in a request to such a site: then never on plain HTTP of a host with TLS. */
export function judgesSecrets(admission: AdmissionSpec | undefined): boolean {
  const headers = admission?.rules?.flatMap((rule) => rule.headers ?? []) ?? [];
  return headers.some(({ secretRef }) => secretRef !== undefined);
}

function routePlainHttp(tls: NonNullable<PolicySpec['route']>['tls']): PlainHttp {
  if (tls === undefined) return 'serve';
  return (tls.redirectHTTP ?? DEFAULTS.route.tls.redirectHTTP) ? 'redirect' : 'refuse';
}
