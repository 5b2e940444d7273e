// Pass 2: Ingresses of our classes -> drafts, each with the policy that governs it, and the places it wants served.
// An Ingress that nobody governs serves openly with the defaults; any doubt about what restricts it closes it.
import { type Ingress, type IngressBackend, keyOf } from '../api/objects.ts';
import { INGRESS_REASONS } from '../api/status.ts';
import { isAcmePath } from '../model/acme-path.ts';
import { ANY_HOST, type ClosedReason, type PlainHttp, type SiteTls } from '../model/configuration.ts';
import type { ObjectReference } from '../model/finding.ts';
import { type IngressSettings, readAnnotations } from './annotations/annotations.ts';
import { NGINX_PREFIX } from './annotations/reader.ts';
import type { Classes } from './classes.ts';
import { wildcardOf } from './host-patterns.ts';
import { mergeSpec } from './merge-spec.ts';
import {
  certificateDemand,
  type Claim,
  clientTls,
  judgesSecrets,
  type Place,
  type PlaceContent,
  type ServiceRef,
  type SiteSettings,
  tlsText,
} from './places.ts';
import { byAge, type PolicyDraft } from './policies.ts';
import type { Problem } from './problem.ts';

export type IngressDraft = {
  readonly key: string;
  readonly reference: ObjectReference;
  readonly ingress: Ingress;
  readonly createdMs: number;
  /** The oldest policy that names it. */
  readonly governor: PolicyDraft | undefined;
  readonly settings: IngressSettings;
  readonly closed: ClosedReason | undefined;
  readonly problems: readonly Problem[];
  /** One for each host and path: TLS and admission may differ by host. */
  readonly places: readonly Place[];
};

export type IngressSource = {
  readonly classes: Pick<Classes, 'ownsIngress'>;
  /** --require-policy. */
  readonly requirePolicy: boolean;
  /** The drafts of the last translation: where Ingress and policy have not changed they are used again. */
  readonly before: readonly IngressDraft[];
};

/** The Ingresses of our classes, oldest first. @param policies oldest first */
export function readIngresses(
  ingresses: ReadonlyMap<string, Ingress>,
  policies: readonly PolicyDraft[],
  source: IngressSource,
): readonly IngressDraft[] {
  const governors = governorsByIngress(policies);
  const holders = new Map(
    policies.filter((draft) => draft.holdsIngresses).map((draft) => [draft.reference.namespace, draft]),
  );
  const before = new Map(source.before.map((draft) => [draft.ingress, draft]));
  const drafts = [...ingresses.values()]
    .filter((ingress) => source.classes.ownsIngress(ingress))
    .map((ingress) => {
      const governor = governors.get(keyOf(ingress.metadata)) ?? holders.get(ingress.metadata.namespace);
      const known = before.get(ingress);
      return known !== undefined && known.governor === governor
        ? known
        : readIngress(ingress, governor, source.requirePolicy);
    });
  return drafts.toSorted(byAge);
}

/** Which policy governs which Ingress: the oldest one that names it. */
function governorsByIngress(policies: readonly PolicyDraft[]): ReadonlyMap<string, PolicyDraft> {
  const governors = new Map<string, PolicyDraft>();
  for (const draft of policies) {
    for (const name of draft.targets) {
      const key = keyOf({ namespace: draft.reference.namespace, name });
      if (!governors.has(key)) governors.set(key, draft);
    }
  }
  return governors;
}

function readIngress(
  ingress: Ingress,
  governor: PolicyDraft | undefined,
  requirePolicy: boolean,
): IngressDraft {
  const { namespace, name, creationTimestamp } = ingress.metadata;
  const settings = readAnnotations(ingress.annotations, namespace);
  const created = Date.parse(creationTimestamp ?? '');
  const closed = closedBy(settings, governor, requirePolicy);
  const draft = {
    key: keyOf(ingress.metadata),
    reference: { kind: 'Ingress', namespace, name },
    ingress,
    createdMs: Number.isNaN(created) ? Infinity : created,
    governor,
    settings,
    closed,
    problems: [...settings.problems, ...settings.restrictions, ...problemsOf(settings, governor, closed)],
  };
  const places = placesOf(draft);
  // A proof alone is served whatever closes the rest: nothing of that is true of it.
  const isProof = places.length > 0 && places.every(({ isAcme }) => isAcme);
  return { ...draft, ...(isProof ? { problems: settings.problems } : {}), places };
}

function problemsOf(
  settings: IngressSettings,
  governor: PolicyDraft | undefined,
  closed: ClosedReason | undefined,
): readonly Problem[] {
  const problems: Problem[] = [];
  if (closed === 'policy-missing') problems.push(ingressProblem('PolicyMissing', 'metadata.name'));
  if (closed === 'policy-invalid')
    problems.push(ingressProblem('PolicyInvalid', 'metadata.name', `: ${governor?.key ?? ''}`));
  if (governor?.policy !== undefined && settings.spec.admission !== undefined)
    problems.push({ ...ingressProblem('AdmissionReplaced', 'metadata.annotations'), severity: 'warning' });
  return problems;
}

function closedBy(
  settings: IngressSettings,
  governor: PolicyDraft | undefined,
  requirePolicy: boolean,
): ClosedReason | undefined {
  if (governor !== undefined && governor.policy === undefined) return 'policy-invalid';
  if (settings.restrictions.length > 0) return 'restriction-unsupported';
  const needsPolicy = requirePolicy || settings.requiresPolicy;
  return needsPolicy && governor === undefined ? 'policy-missing' : undefined;
}

function ingressProblem(reason: keyof typeof INGRESS_REASONS, field: string, more = ''): Problem {
  const { meaning, remedy } = INGRESS_REASONS[reason];
  return { severity: 'error', field, reason, message: `${meaning}${more}`, remedy };
}

/** One host and path of an Ingress. */
type Row = {
  readonly host: string;
  readonly path: string;
  readonly pathType: 'Exact' | 'Prefix';
  readonly backend: IngressBackend;
  /** Places of the backend and the host in the object. */
  readonly fields: { readonly host: string; readonly backend: string };
  readonly isFallback: boolean;
};

type Unplaced = Omit<IngressDraft, 'places'>;

function placesOf(draft: Unplaced): readonly Place[] {
  const places = new Map<string, Place>();
  for (const row of rowsOf(draft.ingress)) {
    const place = placeOf(draft, row);
    // Of two equal lines in one Ingress the first holds, as with any two objects.
    if (!places.has(place.key)) places.set(place.key, place);
  }
  return [...places.values()];
}

function rowsOf({ rules, defaultBackend }: Ingress): readonly Row[] {
  const rows = rules.flatMap((rule, at) =>
    rule.paths.map(({ path = '/', pathType, backend }, index): Row => {
      const field = `spec.rules[${at}]`;
      const exact = pathType === 'Exact';
      return {
        host: rule.host ?? ANY_HOST,
        path: exact || path === '/' ? path : path.replace(/\/+$/u, '') || '/',
        pathType: exact ? 'Exact' : 'Prefix',
        backend,
        fields: {
          host: rule.host === undefined ? field : `${field}.host`,
          backend: `${field}.http.paths[${index}].backend`,
        },
        isFallback: false,
      };
    }),
  );
  if (defaultBackend === undefined) return rows;
  const hosts = new Set([...rules.map(({ host }) => host ?? ANY_HOST), ANY_HOST]);
  const fields = { host: 'spec.defaultBackend', backend: 'spec.defaultBackend' };
  const fallbacks = [...hosts].map((host): Row => {
    return { host, path: '/', pathType: 'Prefix', backend: defaultBackend, fields, isFallback: true };
  });
  return [...rows, ...fallbacks];
}

function placeOf(draft: Unplaced, row: Row): Place {
  const { host, path, isFallback } = row;
  const tls = tlsOfHost(draft, host);
  const isAcme = isAcmePath(path) && host !== ANY_HOST;
  // What lies below the proof is no proof.
  const pathType = isAcme ? 'Exact' : row.pathType;
  return {
    key: `Ingress/${draft.key} ${host} ${pathType} ${path}`,
    reference: draft.reference,
    policy: draft.governor?.key,
    createdMs: draft.createdMs,
    claim: {
      hosts: [host],
      path,
      pathType,
      tls: tls === undefined || isAcme ? undefined : tlsText(tls),
      ...(isAcme ? undefined : demandsOf(draft)),
      holdsWildcards: false,
      isFallback,
    },
    content: contentOf(draft, row, isAcme ? undefined : tls, isAcme),
    isAcme,
    fields: { hosts: row.fields.host, service: row.fields.backend, tls: 'spec.tls' },
  };
}

function contentOf(
  draft: Unplaced,
  { backend }: Row,
  tls: SiteTls | undefined,
  isAcme: boolean,
): PlaceContent {
  if (draft.closed !== undefined && !isAcme) return { kind: 'closed', reason: draft.closed, tls };
  return {
    kind: 'open',
    spec: {
      namespace: draft.reference.namespace,
      service: serviceOf(backend),
      tls,
      plainHttp: isAcme ? 'serve' : plainHttpOf(draft),
      settings: isAcme ? ACME_SETTINGS : settingsOf(draft),
      inheritsAdmission: false,
    },
  };
}

/** A solver answers whoever asks, and is gone in a minute. */
const ACME_SETTINGS: SiteSettings = {
  sessionPersistence: { type: 'None' },
  backend: { healthCheck: { disabled: true }, outlierEjection: { maxPercent: 0 }, slowStart: '0s' },
};

function serviceOf(backend: IngressBackend): ServiceRef | undefined {
  if ('resource' in backend) return undefined;
  const { serviceName: name, port, portName } = backend;
  return {
    name,
    ...(port === undefined ? {} : { port }),
    ...(portName === undefined ? {} : { portName }),
  };
}

/** What the annotations say, and over it what the policy says. */
function settingsOf({ settings, governor }: Unplaced): SiteSettings {
  if (governor?.policy === undefined) return settings.spec;
  const { route: _route, targetRefs: _targets, ingressClassName: _name, ...own } = governor.policy.spec;
  return mergeSpec(settings.spec, own);
}

/** No secret is ever judged on plain HTTP of a host with TLS, whatever an annotation says. */
function plainHttpOf({ settings, governor }: Unplaced): PlainHttp {
  if (settings.redirect === 'always') return 'redirect';
  const mayServe = settings.redirect === 'never' && !judgesSecrets(governor?.policy?.spec.admission);
  return mayServe ? 'serve' : 'redirect-with-tls';
}

/** By the entry that names the host, or a wildcard for it, else by one that names none. */
function tlsOfHost(draft: Unplaced, host: string): SiteTls | undefined {
  const { ingress, reference } = draft;
  const wildcard = wildcardOf(host);
  const entry =
    ingress.tls.find(({ hosts }) => hosts.includes(host)) ??
    ingress.tls.find(({ hosts }) => wildcard !== undefined && hosts.includes(wildcard)) ??
    ingress.tls.find(({ hosts }) => hosts.length === 0);
  if (entry === undefined) return undefined;
  const { secretName } = entry;
  return {
    certificate: secretName === undefined ? '' : keyOf({ namespace: reference.namespace, name: secretName }),
    ...clientTls(reference.namespace, clientOf(draft)),
  };
}

function clientOf(draft: Unplaced): SiteSettings['client'] {
  return settingsOf(draft).client;
}

const CERTIFICATE_KEY = `metadata.annotations["${NGINX_PREFIX}auth-tls-`;

/** Annotations count for the whole host, unless a policy says something else of it. */
function demandsOf(draft: Unplaced): Pick<Claim, 'demands'> | undefined {
  const { settings, governor, reference } = draft;
  const { demands } = certificateDemand(reference.namespace, clientOf(draft)) ?? {};
  if (governor?.policy?.spec.client?.clientCertificate !== undefined) return demands && { demands };
  const isUnclear = settings.restrictions.some(({ field }) => field.startsWith(CERTIFICATE_KEY));
  if (isUnclear) return { demands: { source: undefined, isForHost: true } };
  return demands && { demands: { ...demands, isForHost: true } };
}
