// READ FIRST (data): what is to be done with one request. Pure: the same request, configuration and loads
// give the same decision, which is how a decision can be explained afterwards.
import type { AddressRanges, Admission, OpenSite } from '../model/configuration.ts';
import type {
  AdmissionVerdict,
  Context,
  Decision,
  LimitResult,
  LimitVerdict,
  RejectReason,
  SessionAnswer,
} from '../model/decision.ts';
import type { Client, Origin, RequestHead } from '../model/request.ts';
import { admit } from './admission.ts';
import { type AffinityKeys, readAffinityKeys } from './affinity.ts';
import type { Serving, ServingBackend, ServingHost, ServingSite } from './compiled.ts';
import { cookieLine } from './cookies.ts';
import type { Caller, SourceGate } from './limits.ts';
import { findHost, findSite, isUnambiguous } from './match.ts';
import { findOrigin } from './origin.ts';
import { isLooping } from './via.ts';

/** What does not change from request to request. */
export type DecideSettings = {
  readonly trustedProxies: AddressRanges;
  /** The process's key under which accepted secrets were hashed. */
  readonly secretDigestKey: Uint8Array;
  /** Port that redirects name; 443 is left out. */
  readonly redirectHttpsPort: number;
  readonly sources: SourceGate;
  /** Only when a request is decided again because this was asked for: its limits have counted it already. */
  readonly session?: SessionAnswer;
};

/** Where an admitted request may go; the endpoint is chosen when it is known which ones were tried. */
export type Destination = {
  readonly site: ServingSite;
  readonly backend: ServingBackend;
  readonly keys: AffinityKeys;
};

export function decide(
  serving: Serving,
  head: RequestHead,
  client: Client,
  settings: DecideSettings,
): Decision<Destination> {
  const origin = findOrigin(head, client, settings.trustedProxies);
  const place = findPlace(serving, head);
  if (typeof place === 'string') return reject(contextOf(origin, undefined, undefined), place);
  const { host, site } = place;
  const { open } = site;
  if (open === undefined) return reject(contextOf(origin, site, undefined), closedReason(site));

  const refusal = judgeConnection(host, client);
  if (refusal !== undefined) return reject(contextOf(origin, site, undefined), refusal);
  // Before all that costs more, and before admission: refused requests count too.
  const limit = judgeSource(site, { head, client, address: origin.address }, settings);
  if (limit !== undefined && limit.waitMs > 0)
    return rejectLimited(contextOf(origin, site, undefined, limit.result), limit);
  const hasCertificate = client.tls?.hasCertificate === true && !client.trusted;
  return decideOpen({ serving, site, open, head, origin, hasCertificate, limit: limit?.result }, settings);
}

function judgeSource(
  { limits }: ServingSite,
  caller: Caller,
  { sources, session }: DecideSettings,
): LimitVerdict | undefined {
  return limits === undefined || session !== undefined ? undefined : sources.judge(limits, caller);
}

function decideOpen(visit: Visit, settings: DecideSettings): Decision<Destination> {
  const { site, open, head, origin, hasCertificate, limit } = visit;
  const refusal = judgeSize(open, head);
  if (refusal !== undefined) return reject(contextOf(origin, site, undefined, limit), refusal);
  // Before admission: no secret is ever judged on plain HTTP of a TLS site.
  if (site.plainHttp !== 'serve' && origin.scheme === 'http') {
    const context = contextOf(origin, site, undefined, limit);
    if (site.plainHttp === 'refuse') return reject(context, 'plain-http');
    return { kind: 'redirect', context, location: httpsLocation(head, settings.redirectHttpsPort) };
  }
  if (site.demandsCertificate && !hasCertificate)
    return reject(contextOf(origin, site, undefined, limit), 'client-certificate');
  return decideAdmission(visit, settings);
}

/** The site by host and path; before anything looks at the path, every way of reading it must lead there. */
function findPlace(
  serving: Serving,
  head: RequestHead,
): { readonly host: ServingHost; readonly site: ServingSite } | RejectReason {
  if (isLooping(head)) return 'loop-detected';
  const host = findHost(serving.hosts, head.hostname);
  if (host === undefined) return 'unknown-host';
  if (!isUnambiguous(host, head.path)) return 'path-ambiguous';
  const site = findSite(host, head.path);
  return site === undefined ? 'unknown-path' : { host, site };
}

type Visit = {
  readonly serving: Serving;
  readonly site: ServingSite;
  readonly open: OpenSite;
  readonly head: RequestHead;
  readonly origin: Origin;
  /** That of a proxy in front says nothing of its clients. */
  readonly hasCertificate: boolean;
  readonly limit: LimitResult | undefined;
};

function decideAdmission(visit: Visit, { secretDigestKey, session }: DecideSettings): Decision<Destination> {
  const { site, open, head, origin, hasCertificate, limit } = visit;
  const { address } = origin;
  const cookies = cookieLine(head);
  const applicant = { head, address, cookies, sitePath: site.site.path, hasCertificate, session };
  const verdict = admit(open.admission, applicant, secretDigestKey);
  if ('cacheTtlMs' in verdict) {
    const context = contextOf(origin, site, undefined, limit);
    const target = destinationOf(visit, cookies);
    return target === undefined
      ? reject(context, 'no-endpoints')
      : { kind: 'verify', context, target, rule: verdict };
  }
  const context = contextOf(origin, site, verdict, limit);
  if (verdict.mode === 'Enforce') {
    if (verdict.action === 'Deny') return reject(context, 'admission', open.admission);
    if (verdict.action === 'Reset') return { kind: 'reset', context };
  }

  const target = destinationOf(visit, cookies);
  return target === undefined ? reject(context, 'no-endpoints') : { kind: 'forward', context, target };
}

function destinationOf(
  { serving, site, open, head, origin }: Visit,
  cookies: string,
): Destination | undefined {
  const backend = serving.backends.get(open.backend);
  if (backend === undefined || backend.endpoints.length === 0) return undefined;
  const keys = readAffinityKeys(open.persistence, { head, address: origin.address, cookies }, backend);
  return { site, backend, keys };
}

function judgeConnection(host: ServingHost, client: Client): RejectReason | undefined {
  if (client.tls === undefined) return undefined;
  if (client.tls.policy !== host.tlsPolicy) return 'misdirected';
  const floor = host.tls?.minVersion;
  // Versions of equal length compare as text.
  return floor !== undefined && client.tls.version < floor ? 'tls-version' : undefined;
}

function closedReason({ site }: ServingSite): RejectReason {
  return site.service.kind === 'closed' ? site.service.reason : 'policy-invalid';
}

function judgeSize(open: OpenSite, { framing }: RequestHead): RejectReason | undefined {
  return framing.kind === 'length' && framing.bytes > open.requestBodyMaxBytes ? 'body-too-large' : undefined;
}

function httpsLocation(head: RequestHead, port: number): string {
  return `https://${head.hostname}${port === 443 ? '' : `:${port}`}${head.target}`;
}

function contextOf(
  origin: Origin,
  site: ServingSite | undefined,
  admission: AdmissionVerdict | undefined,
  limit?: LimitResult,
): Context {
  const { address, scheme, port } = origin;
  return {
    site: site?.labels,
    sitePath: site?.site.path ?? '/',
    logsAccess: site?.open?.accessLog ?? true,
    hsts: scheme === 'https' ? site?.hsts : undefined,
    clientTimeouts: site?.open?.clientTimeouts,
    address,
    scheme,
    port,
    limit,
    admission,
  };
}

const LIMIT_REASONS: Readonly<Record<string, RejectReason>> = {
  requests: 'too-many-requests',
  connections: 'too-many-connections',
  websockets: 'too-many-websockets',
};

function rejectLimited(context: Context, { result, waitMs }: LimitVerdict): Decision<Destination> {
  const reason = LIMIT_REASONS[result] ?? 'too-many-requests';
  const retryAfterSeconds = Math.ceil(waitMs / 1000);
  return { kind: 'reject', context, reason, admission: undefined, retryAfterSeconds };
}

function reject(context: Context, reason: RejectReason, admission?: Admission): Decision<Destination> {
  return { kind: 'reject', context, reason, admission, retryAfterSeconds: undefined };
}
