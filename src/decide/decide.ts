// READ FIRST (data): what is to be done with one request. Pure: the same request, configuration and loads
// give the same decision, which is how a decision can be explained afterwards.
import type { AddressRanges, Admission } from '../model/configuration.ts';
import type { AdmissionVerdict, Context, Decision, RejectReason } from '../model/decision.ts';
import type { Client, Origin, RequestHead } from '../model/request.ts';
import { admit } from './admission.ts';
import { type AffinityKeys, readAffinityKeys } from './affinity.ts';
import type { Serving, ServingBackend, ServingHost, ServingSite } from './compiled.ts';
import { DEFAULT_TLS_POLICY } from './compiled.ts';
import { readCookies } from './cookies.ts';
import { findHost, findSite, isUnambiguous } from './match.ts';
import { findOrigin } from './origin.ts';

/** What does not change from request to request. */
export type DecideSettings = {
  readonly trustedProxies: AddressRanges;
  /** The process's key under which accepted secrets were hashed. */
  readonly secretDigestKey: Uint8Array;
  /** Port that redirects name; 443 is left out. */
  readonly redirectHttpsPort: number;
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
  const nowhere = contextOf(origin, undefined, undefined);

  const host = findHost(serving.hosts, head.hostname);
  if (host === undefined) return reject(nowhere, 'unknown-host');
  // Before anything looks at the path: all that follows must hold for every way of reading it.
  if (!isUnambiguous(host, head.path)) return reject(nowhere, 'path-ambiguous');
  const site = findSite(host, head.path);
  if (site === undefined) return reject(nowhere, 'unknown-path');
  const somewhere = contextOf(origin, site, undefined);
  if (site.open === undefined) return reject(somewhere, 'policy-invalid');

  const refusal = judgeConnection(host, site, client) ?? judgeSize(site, head);
  if (refusal !== undefined) return reject(somewhere, refusal);
  // Before admission: no secret is ever judged on plain HTTP of a TLS site.
  if (site.open.tls !== undefined && origin.scheme === 'http') {
    if (!site.open.tls.redirectHttp) return reject(somewhere, 'plain-http');
    return {
      kind: 'redirect',
      context: somewhere,
      location: httpsLocation(head, settings.redirectHttpsPort),
    };
  }

  const cookies = readCookies(head);
  const applicant = { head, address: origin.address, cookies, sitePath: site.site.path };
  const verdict = admit(site.open.admission, applicant, settings.secretDigestKey);
  const context = contextOf(origin, site, verdict);
  if (verdict.mode === 'Enforce' && verdict.action === 'Deny')
    return reject(context, 'admission', site.open.admission);
  if (verdict.mode === 'Enforce' && verdict.action === 'Reset') return { kind: 'reset', context };

  const backend = serving.backends.get(site.open.backend);
  if (backend === undefined || backend.endpoints.length === 0) return reject(context, 'no-endpoints');
  const keys = readAffinityKeys(site.open.persistence, { head, address: origin.address, cookies }, backend);
  return { kind: 'forward', context, target: { site, backend, keys } };
}

function judgeConnection(host: ServingHost, site: ServingSite, client: Client): RejectReason | undefined {
  if (client.tls === undefined) return undefined;
  const policy = client.tls.serverName === undefined ? DEFAULT_TLS_POLICY : client.tls.policy;
  if (policy !== host.tlsPolicy) return 'misdirected';
  const floor = site.open?.tls?.minVersion;
  // Versions of equal length compare as text.
  return floor !== undefined && client.tls.version < floor ? 'tls-version' : undefined;
}

function judgeSize(site: ServingSite, head: RequestHead): RejectReason | undefined {
  const limit = site.open?.requestBodyMaxBytes ?? 0;
  return head.framing.kind === 'length' && head.framing.bytes > limit ? 'body-too-large' : undefined;
}

function httpsLocation(head: RequestHead, port: number): string {
  return `https://${head.hostname}${port === 443 ? '' : `:${port}`}${head.target}`;
}

function contextOf(
  origin: Origin,
  site: ServingSite | undefined,
  admission: AdmissionVerdict | undefined,
): Context {
  const logsAccess = site?.open?.accessLog ?? true;
  return { site: site?.labels, sitePath: site?.site.path ?? '/', logsAccess, ...origin, admission };
}

function reject(context: Context, reason: RejectReason, admission?: Admission): Decision<Destination> {
  return { kind: 'reject', context, reason, admission };
}
