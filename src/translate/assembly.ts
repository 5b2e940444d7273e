// Pass 6 and the findings: the results of all places put together.
import { type EndpointSlice, keyOf } from '../api/objects.ts';
import type { Backend, Certificate, Configuration, Site } from '../model/configuration.ts';
import type { Finding } from '../model/finding.ts';
import type { CertificateReading, CertificateShelf } from './certificates.ts';
import type { IngressDraft } from './ingresses.ts';
import type { PolicyDraft } from './policies.ts';
import { findingOf } from './problem.ts';
import type { PlaceResult } from './results.ts';
import { hasSameItems } from './stage.ts';

/** The slices of each Service in a fixed order; a group that is as before is the same value. */
export function slicesByService(
  slices: ReadonlyMap<string, EndpointSlice>,
  last: ReadonlyMap<string, readonly EndpointSlice[]> | undefined,
): ReadonlyMap<string, readonly EndpointSlice[]> {
  const grouped = new Map<string, EndpointSlice[]>();
  for (const slice of slices.values()) {
    const key = keyOf({ namespace: slice.metadata.namespace, name: slice.serviceName });
    const group = grouped.get(key);
    if (group === undefined) grouped.set(key, [slice]);
    else group.push(slice);
  }
  const kept = new Map<string, readonly EndpointSlice[]>();
  for (const [key, group] of grouped) {
    if (group.length > 1) group.sort((a, b) => (keyOf(a.metadata) < keyOf(b.metadata) ? -1 : 1));
    const before = last?.get(key);
    kept.set(key, before !== undefined && hasSameItems(before, group) ? before : group);
  }
  return kept;
}

export function assemble(
  results: ReadonlyMap<string, PlaceResult>,
  fallback: Certificate | undefined,
  kept: readonly Site[],
): Configuration {
  const sites = new Map<string, Site>();
  const backends = new Map<string, Backend>();
  const certificates = new Map<string, Certificate>();
  for (const { grant, made } of results.values()) {
    for (const site of made.sites) sites.set(site.key, site);
    if (made.sites.length === 0) continue;
    if (made.certificate !== undefined) certificates.set(made.certificate.key, made.certificate);
    if (grant.open.length === 0 || made.compiled === undefined) continue;
    const { backend } = made.compiled;
    // Places compiled at different times may hold equal backends: the one that is there stays.
    if (!backends.has(backend.key)) backends.set(backend.key, backend);
  }
  for (const site of kept) sites.set(site.key, site);
  if (fallback !== undefined) certificates.set(fallback.key, fallback);
  return { sites, backends, certificates };
}

/** Several places of one object may find the same: it is told once. */
export function findingsOf(
  policies: readonly PolicyDraft[],
  ingresses: readonly IngressDraft[],
  results: ReadonlyMap<string, PlaceResult>,
): readonly Finding[] {
  const byPlace = (key: string): readonly Finding[] => {
    const { hostFindings = [], refFindings = [] } = results.get(key) ?? {};
    return hostFindings.length === 0 ? refFindings : [...hostFindings, ...refFindings];
  };
  const found: Finding[] = [];
  for (const draft of policies) {
    for (const problem of draft.problems) found.push(findingOf(draft.reference, problem));
    if (draft.place !== undefined) found.push(...byPlace(draft.place.key));
  }
  for (const draft of ingresses) {
    for (const problem of draft.problems) found.push(findingOf(draft.reference, problem));
    found.push(...distinct(draft.places.flatMap(({ key }) => byPlace(key))));
  }
  return found;
}

function distinct(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length < 2) return findings;
  const seen = new Map(findings.map((finding) => [JSON.stringify(finding), finding]));
  return [...seen.values()];
}

/** --default-tls-secret is the operator's, not a policy's: its finding names the Secret itself. */
export function defaultCertificateFindings(
  key: string | undefined,
  certificates: CertificateShelf,
): readonly Finding[] {
  const fault: CertificateReading['fault'] = key === undefined ? undefined : certificates.get(key).fault;
  if (key === undefined || fault === undefined) return [];
  const [namespace = '', name = ''] = key.split('/');
  return [{ severity: 'error', object: { kind: 'Secret', namespace, name }, field: 'data', ...fault }];
}

/** Keys of the Secrets and ConfigMaps that some place looked for. */
export function wantsOf(
  results: ReadonlyMap<string, PlaceResult>,
  certificates: CertificateShelf,
): { readonly secrets: ReadonlySet<string>; readonly configMaps: ReadonlySet<string> } {
  const secrets = new Set([...certificates.readings.keys()].filter((key) => key !== ''));
  const configMaps = new Set<string>();
  for (const { notes } of results.values()) {
    for (const { name, key } of notes) {
      if (name === 'secrets') secrets.add(key);
      else if (name === 'configMaps') configMaps.add(key);
    }
  }
  return { secrets, configMaps };
}
