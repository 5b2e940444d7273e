// Pass 4: a draft and its grant -> the sites it gets, and all that is wrong with what it refers to.
import { DEFAULTS } from '../api/defaults.ts';
import type { MattermostIngressPolicy } from '../api/policy.ts';
import { WARNING_REASONS } from '../api/status.ts';
import { parseDurationMs, parseSizeBytes } from '../api/quantities.ts';
import type { Certificate, OpenSite, Site } from '../model/configuration.ts';
import { compileAdmission } from './admission.ts';
import { compilePersistence } from './affinity.ts';
import { type BackendSource, type CompiledBackend, compileBackend } from './backends.ts';
import { takeCertificate } from './certificates.ts';
import { type PolicyDraft, siteTlsOf } from './policies.ts';
import type { Problem, Report } from './problem.ts';
import type { Grant } from './routes.ts';

export type SiteSource = BackendSource & {
  /** Key of the digests of admission secrets; drawn once by the process. */
  readonly digestKey: Uint8Array;
  readonly hasLegacyListener: boolean;
};

/** All that one policy gives. */
export type PolicySites = {
  readonly sites: readonly Site[];
  /** Undefined if the policy is invalid. */
  readonly compiled: CompiledBackend | undefined;
  /** The certificate of its sites; of an invalid policy the one it had. */
  readonly certificate: Certificate | undefined;
  readonly problems: readonly Problem[];
};

const LEGACY_LISTENER_CLOSED: Problem = {
  severity: 'warning',
  field: 'spec.client.tls.minVersion',
  reason: 'LegacyListenerClosed',
  ...WARNING_REASONS.LegacyListenerClosed,
  message: WARNING_REASONS.LegacyListenerClosed.meaning,
};

/** Compiles one policy. References are looked at even where it has lost its hosts: one report says all. */
export function compileSites(draft: PolicyDraft, grant: Grant, source: SiteSource): PolicySites {
  const { policy } = draft;
  if (policy === undefined) {
    const certificate = source.certificates.get(draft.closedTls?.certificate ?? '')?.good?.certificate;
    return { sites: closedSites(draft, grant), compiled: undefined, certificate, problems: [] };
  }
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  const compiled = compileBackend(policy, source, report);
  const certificate = findCertificate(policy, source, report);
  if (policy.spec.client?.tls?.minVersion === '1.1' && !source.hasLegacyListener)
    report(LEGACY_LISTENER_CLOSED);
  const service = openService(policy, compiled.backend.key, source, report);
  const open: Site[] =
    grant.open.length === 0 ? [] : [{ ...siteOf(draft, draft.key), hosts: grant.open, service }];
  return { sites: [...open, ...closedSites(draft, grant)], compiled, certificate, problems };
}

/**
 * The closed part of a policy. A policy that is closed as a whole keeps the key it had when it was open: its tunnels
 * were admitted by it and are not to be taken for those of a removed site.
 */
function closedSites(draft: PolicyDraft, grant: Grant): readonly Site[] {
  if (grant.closed.length === 0) return [];
  const key = grant.open.length === 0 ? draft.key : `${draft.key}#closed`;
  return [
    {
      ...siteOf(draft, key),
      hosts: grant.closed,
      service: { kind: 'closed', reason: 'policy-invalid', tls: draft.closedTls },
    },
  ];
}

function siteOf({ reference, claim }: PolicyDraft, key: string): Pick<Site, 'key' | 'owner' | 'path'> {
  return { key: `${reference.kind}/${key}`, owner: reference, path: claim.path ?? '/' };
}

function openService(
  policy: MattermostIngressPolicy,
  backend: string,
  source: SiteSource,
  report: Report,
): OpenSite {
  const { metadata, spec } = policy;
  const { namespace } = metadata;
  const secrets = { secrets: source.secrets, namespace, digestKey: source.digestKey };
  const idleTimeout = spec.websocket?.idleTimeout ?? DEFAULTS.websocket.idleTimeout;
  return {
    kind: 'open',
    backend,
    tls: siteTlsOf(policy),
    admission: compileAdmission(spec.admission, secrets, report),
    persistence: compilePersistence(spec.sessionPersistence, spec.route.path ?? DEFAULTS.route.path),
    requestBodyMaxBytes: bodyMaxBytes(spec.limits?.requestBody ?? DEFAULTS.limits.requestBody),
    webSocketIdleTimeoutMs: checked(parseDurationMs(idleTimeout), 'spec.websocket.idleTimeout'),
    accessLog: spec.accessLog?.enabled ?? DEFAULTS.accessLog.enabled,
  };
}

function findCertificate(
  policy: MattermostIngressPolicy,
  source: SiteSource,
  report: Report,
): Certificate | undefined {
  const tls = siteTlsOf(policy);
  if (tls === undefined) return undefined;
  const use = {
    key: tls.certificate,
    field: 'spec.route.tls.secretName',
    hosts: policy.spec.route.hosts,
    nowMs: source.nowMs,
  };
  return takeCertificate(use, source.certificates, report);
}

/** No limit is the largest number, so that a comparison needs no second case. */
function bodyMaxBytes(written: string): number {
  const bytes = checked(parseSizeBytes(written), 'spec.limits.requestBody');
  return bytes === 0 ? Number.MAX_SAFE_INTEGER : bytes;
}

function checked(value: number | undefined, field: string): number {
  if (value === undefined) throw new Error(`A checked policy holds an unreadable ${field}`);
  return value;
}
