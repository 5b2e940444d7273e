// Pass 5: a place and its grant -> the sites it gets, and all that is wrong with what it refers to.
import { DEFAULTS } from '../api/defaults.ts';
import { INGRESS_REASONS, WARNING_REASONS } from '../api/status.ts';
import { parseDurationMs, parseSizeBytes } from '../api/quantities.ts';
import { type AdmissionSpec, POLICY_KIND, type WebSocketSpec } from '../api/policy.ts';
import {
  ANY_HOST,
  type Certificate,
  type OpenSite,
  type Site,
  type SiteTls,
} from '../model/configuration.ts';
import { compileAdmission } from './admission.ts';
import { readAuthorities } from './authorities.ts';
import { compilePersistence } from './affinity.ts';
import { type BackendSource, type CompiledBackend, compileBackend } from './backends.ts';
import { takeCertificate } from './certificates.ts';
import { compileClientTimeouts } from './client-timeouts.ts';
import { compileSourceLimits } from './limits.ts';
import type { Place, SiteSettings, SiteSpec } from './places.ts';
import type { Problem, Report } from './problem.ts';
import type { Grant } from './routes.ts';

export type SiteSource = BackendSource & {
  /** Key of the digests of admission secrets; drawn once by the process. */
  readonly digestKey: Uint8Array;
  readonly hasLegacyListener: boolean;
  /** Clients can be asked for certificates host by host. */
  readonly canAskForCertificates: boolean;
  /** Whether the Service of the controller replaces the client's address, and nothing tells it. */
  readonly isClientAddressDoubtful: boolean;
};

/** All that one place gives. */
export type CompiledPlace = {
  readonly sites: readonly Site[];
  /** Undefined if the place is closed, or leads to no Service. */
  readonly compiled: CompiledBackend | undefined;
  /** The certificate of its sites; of a closed one what it had. */
  readonly certificate: Certificate | undefined;
  readonly problems: readonly Problem[];
};

/** Nobody said who may come in: an Ingress without policy is open. */
const OPEN_ADMISSION: AdmissionSpec = { defaultAction: 'Allow' };

/** Compiles one place. References are looked at even where it has lost its hosts: one report says all. */
export function compilePlace(place: Place, grant: Grant, source: SiteSource): CompiledPlace {
  const { content } = place;
  if (content.kind === 'closed') {
    const certificate = source.certificates.get(content.tls?.certificate ?? '')?.good?.certificate;
    return { sites: closedSites(place, grant), compiled: undefined, certificate, problems: [] };
  }
  const problems: Problem[] = [];
  const report: Report = (problem) => problems.push(problem);
  const { spec } = content;
  const compiled = compileService(place, spec, { source, report });
  const certificate = findCertificate(place, spec, source, report);
  judgeSettings(spec, source, report);
  const service = openService(place, spec, compiled, { source, report });
  const open: Site[] =
    grant.open.length === 0 ? [] : [{ ...siteOf(place, place.key), hosts: grant.open, service }];
  return { sites: [...open, ...closedSites(place, grant)], compiled, certificate, problems };
}

/**
 * The closed part of a place. A place that is closed as a whole keeps the key it had when it was open: its tunnels
 * were admitted by it and are not to be taken for those of a removed site.
 */
function closedSites(place: Place, grant: Grant): readonly Site[] {
  const { content } = place;
  const isWhole = content.kind === 'closed' || grant.open.length === 0;
  // A place may be closed by its neighbours after its hosts were granted to it.
  const hosts = content.kind === 'closed' ? [...grant.open, ...grant.closed] : grant.closed;
  if (hosts.length === 0) return [];
  const key = isWhole ? place.key : `${place.key}#closed`;
  const { reason, tls } =
    content.kind === 'closed' ? content : ({ reason: 'host-conflicted', tls: undefined } as const);
  return [{ ...siteOf(place, key), hosts, service: { kind: 'closed', reason, tls } }];
}

function siteOf({ reference, claim }: Place, key: string): Pick<Site, 'key' | 'owner' | 'path' | 'pathType'> {
  return { key, owner: reference, path: claim.path ?? '/', pathType: claim.pathType };
}

function compileService(
  { claim, reference }: Place,
  spec: SiteSpec,
  { source, report }: { readonly source: SiteSource; readonly report: Report },
): CompiledBackend | undefined {
  const { service } = spec;
  const health = { sitePath: claim.path ?? DEFAULTS.route.path, isExpected: reference.kind === POLICY_KIND };
  if (service !== undefined) return compileBackend({ ...spec, service, health }, source, report);
  const { meaning: message, remedy } = INGRESS_REASONS.BackendUnsupported;
  report({ severity: 'error', field: 'spec.route.service', reason: 'BackendUnsupported', message, remedy });
  return undefined;
}

function openService(
  place: Place,
  { namespace, settings, tls, plainHttp, inheritsAdmission }: SiteSpec,
  compiled: CompiledBackend | undefined,
  { source, report }: { readonly source: SiteSource; readonly report: Report },
): OpenSite {
  const secrets = { secrets: source.secrets, namespace, digestKey: source.digestKey };
  const idleTimeout = settings.websocket?.idleTimeout ?? DEFAULTS.websocket.idleTimeout;
  // Whose admission it is hears of it already.
  const reportAdmission = inheritsAdmission ? () => {} : report;
  return {
    kind: 'open',
    backend: compiled?.backend.key ?? '',
    tls: withAuthorities(tls, { namespace, settings }, { source, report }),
    plainHttp,
    admission: compileAdmission(settings.admission ?? OPEN_ADMISSION, secrets, reportAdmission),
    persistence: compilePersistence(settings.sessionPersistence, place.claim.path ?? DEFAULTS.route.path),
    requestBodyMaxBytes: bodyMaxBytes(settings.limits?.requestBody ?? DEFAULTS.limits.requestBody),
    limits: compileSourceLimits(settings.limits, settings.websocket),
    clientTimeouts: compileClientTimeouts(settings.client),
    webSocketIdleTimeoutMs: checked(parseDurationMs(idleTimeout), 'spec.websocket.idleTimeout'),
    webSockets: compileWebSocketCloses(settings.websocket),
    accessLog: settings.accessLog?.enabled ?? DEFAULTS.accessLog.enabled,
  };
}

const CLIENTS = {
  field: 'spec.client.clientCertificate.caRef',
  whose: 'the clients',
  effect: 'no certificate of a client is believed',
  // A certificate of the host beside them would name who issued it as an authority of clients.
  secretKeys: ['ca.crt'],
  refusesRevocationLists: true,
};

function withAuthorities(
  tls: SiteTls | undefined,
  { namespace, settings }: Pick<SiteSpec, 'namespace' | 'settings'>,
  { source, report }: { readonly source: SiteSource; readonly report: Report },
): SiteTls | undefined {
  const { caRef } = settings.client?.clientCertificate ?? {};
  if (tls?.clientCertificate === undefined || caRef === undefined) return tls;
  const { secrets, configMaps } = source;
  const authorities = readAuthorities(caRef, { namespace, secrets, configMaps, ...CLIENTS }, report);
  return { ...tls, clientCertificate: { ...tls.clientCertificate, authorities } };
}

/** Doubts about wishes that each are right. */
function judgeSettings({ settings, inheritsAdmission }: SiteSpec, source: SiteSource, report: Report): void {
  judgeClient(settings.client, source, report);
  const at = settings.admission?.rules?.findIndex(({ sourceCIDRs }) => sourceCIDRs !== undefined) ?? -1;
  if (at >= 0 && !inheritsAdmission && source.isClientAddressDoubtful)
    report(warning('ClientAddressDoubtful', `spec.admission.rules[${at}].sourceCIDRs`));
}

function judgeClient(client: SiteSettings['client'], source: SiteSource, report: Report): void {
  if (client?.tls?.minVersion === '1.1' && !source.hasLegacyListener)
    report(warning('LegacyListenerClosed', 'spec.client.tls.minVersion'));
  const { mode = 'Disabled' } = client?.clientCertificate ?? {};
  if (mode !== 'Disabled' && !source.canAskForCertificates)
    report(warning('ClientCertificatesUnavailable', 'spec.client.clientCertificate'));
}

type Doubt = 'LegacyListenerClosed' | 'ClientCertificatesUnavailable' | 'ClientAddressDoubtful';

function warning(reason: Doubt, field: string): Problem {
  const { meaning: message, remedy } = WARNING_REASONS[reason];
  return { severity: 'warning', field, reason, message, remedy };
}

function findCertificate(
  place: Place,
  { tls }: SiteSpec,
  source: SiteSource,
  report: Report,
): Certificate | undefined {
  if (tls === undefined || tls.certificate === '') return undefined;
  const hosts = place.claim.hosts.filter((host) => host !== ANY_HOST);
  return takeCertificate(
    { key: tls.certificate, field: 'spec.route.tls.secretName', hosts },
    source.certificates,
    report,
  );
}

function compileWebSocketCloses(spec: WebSocketSpec | undefined): OpenSite['webSockets'] {
  const defaults = DEFAULTS.websocket;
  const { maxDuration = defaults.maxDuration, reconnects } = spec ?? {};
  const maxSpread = reconnects?.maxSpread ?? defaults.reconnects.maxSpread;
  return {
    maxDurationMs: checked(parseDurationMs(maxDuration), 'spec.websocket.maxDuration'),
    onPolicyChange: spec?.onPolicyChange ?? defaults.onPolicyChange,
    reconnects: {
      perSecond: reconnects?.perSecond ?? defaults.reconnects.perSecond,
      maxSpreadMs: checked(parseDurationMs(maxSpread), 'spec.websocket.reconnects.maxSpread'),
    },
  };
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
