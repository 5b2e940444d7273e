// What the admin port tells of a running controller: the readiness of it, and all that the dashboard shows.
import { X509Certificate } from 'node:crypto';
import process from 'node:process';
import type { Fleet } from '../../control/fleet.ts';
import type { ControlLoop } from '../../control/loop.ts';
import type { Publisher } from '../../control/publisher.ts';
import type { Clock } from '../../model/clock.ts';
import type { Certificate, Site } from '../../model/configuration.ts';
import type { PlacedBackend } from '../../model/delta.ts';
import type { Finding } from '../../model/finding.ts';
import type { ListName, ListSize, SiteState, State } from '../../observe/dashboard/state.ts';
import type { AdminStatus } from '../../observe/admin.ts';
import type { WatchSample } from '../../observe/registry.ts';
import type { SeriesReader } from '../../observe/series-reader.ts';
import type { StateQuery } from '../../observe/state-query.ts';
import { VERSION } from '../version.ts';
import type { Observation } from './observation.ts';
import {
  backendOf,
  countEndpoints,
  type EndpointSources,
  leftEndpointOf,
  textOfBackend,
  troubledFirst,
  usableBackends,
  usableEndpoints,
} from './state-endpoints.ts';
import { excerptOf } from './state-excerpt.ts';

/** As the alert rules have it. */
const EXPIRES_SOON_DAYS = 14;
const DAY_MS = 86_400_000;

type Observed = { readonly fleet: Fleet; readonly loop: ControlLoop };
type Progress = { readonly isListening: boolean; readonly isDraining: boolean };

export type StateSources = EndpointSources & {
  readonly progress: Progress;
  /** Undefined while what is needed to build the parts is still being fetched. */
  readonly parts: Observed | undefined;
  readonly observation: Observation;
  /** Whether there are lines to find refusals in. */
  readonly logsAccess: boolean;
  readonly reader: SeriesReader;
  readonly watches: () => readonly WatchSample[];
};

export function statusOf(
  publisher: Publisher,
  observed: Observed | undefined,
  progress: Progress,
): AdminStatus {
  return {
    synced: observed?.loop.isSynced ?? false,
    listening: progress.isListening,
    draining: progress.isDraining,
    generation: publisher.generation,
    workers: (observed?.fleet.members ?? []).map(({ index, isLive, generation }) => ({
      worker: index,
      alive: isLive,
      generation,
    })),
  };
}

/** All that can be said; nothing of keys and secrets. Lists are cut to what was asked for, and `lists` says by how much. */
export function stateOf(sources: StateSources, query: StateQuery, clock: Clock): State {
  const { publisher, state, observation, logsAccess } = sources;
  // The monotonic clock counts from anywhere.
  const baseMs = clock.epochMs() - clock.monotonicMs();
  const placed = new Map(publisher.placedBackends.map((each) => [each.backend.key, each]));
  const usable = usableBackends([...placed.values()], state);
  const isLost = ({ service }: Site) => service.kind === 'open' && !usable.has(service.backend);
  const lists = listsOf(sources, { placed: [...placed.values()], isLost }, query);
  return {
    ...processOf(sources, clock),
    generation: publisher.generation,
    counts: {
      ...countSites(publisher.sites, isLost),
      ...countEndpoints(sources),
      certificates: countCertificates(publisher.certificates, clock.epochMs()),
    },
    lists: sizesOf(lists),
    traffic: observation.traffic.view({ epochMs: clock.epochMs(), monotonicMs: clock.monotonicMs() }),
    sites: lists.sites.items.map((site) => siteOf(site, placed, state)),
    backends: lists.backends.items.map((each) => backendOf(each, sources, baseMs)),
    leftEndpoints: lists.leftEndpoints.items.map((each) => leftEndpointOf(each, state, baseMs)),
    admission: lists.admission.items,
    refusals: { isLogged: logsAccess, list: lists.refusals.items },
    certificates: lists.certificates.items.map(certificateOf),
    configuration: configurationOf(sources, lists.findings.items),
    workers: workersOf(sources, clock),
  };
}

function sizesOf(lists: Readonly<Record<ListName, { readonly size: ListSize }>>): State['lists'] {
  const { sites, backends, leftEndpoints, admission, refusals, certificates, findings } = lists;
  return {
    sites: sites.size,
    backends: backends.size,
    leftEndpoints: leftEndpoints.size,
    admission: admission.size,
    refusals: refusals.size,
    certificates: certificates.size,
    findings: findings.size,
  };
}

/** What matters most comes first in each. */
function listsOf(sources: StateSources, { placed, isLost }: Places, query: StateQuery) {
  const { publisher, state, observation, health } = sources;
  const { admission, refusals, findings } = observation;
  const certificates = publisher.certificates.toSorted((a, b) => a.notAfterMs - b.notAfterMs);
  return {
    sites: excerptOf(closedFirst(publisher.sites, isLost), query, ({ key, hosts, path }) =>
      [key, ...hosts, path].join(' '),
    ),
    backends: excerptOf(troubledFirst(placed, state), query, textOfBackend),
    leftEndpoints: excerptOf(health?.left.list ?? [], query, ({ service, endpoint: { name, address } }) =>
      [service.namespace, service.name, name, address].join(' '),
    ),
    admission: excerptOf(admission.list, query, ({ site, host, rule }) => [site, host, rule].join(' ')),
    refusals: excerptOf(refusals.list, query, (refusal) => Object.values(refusal).join(' ')),
    certificates: excerptOf(certificates, query, ({ key }) => key),
    findings: excerptOf(errorsFirst(findings), query, (finding) => JSON.stringify(finding)),
  };
}

function processOf({ publisher, parts, progress, observation }: StateSources, clock: Clock) {
  const { synced, listening, draining } = statusOf(publisher, parts, progress);
  return {
    now: new Date(clock.epochMs()).toISOString(),
    process: {
      version: VERSION,
      node: process.version,
      started: new Date(observation.startedEpochMs).toISOString(),
      residentBytes: process.memoryUsage.rss(),
      synced,
      listening,
      draining,
    },
  };
}

type Places = {
  readonly placed: readonly PlacedBackend[];
  /** Open, and without an endpoint that takes users. */
  readonly isLost: (site: Site) => boolean;
};

function isClosed({ service }: Site): boolean {
  return service.kind === 'closed';
}

function closedFirst(sites: readonly Site[], isLost: Places['isLost']): readonly Site[] {
  const rank = (site: Site) => (isClosed(site) ? 0 : isLost(site) ? 1 : 2);
  return sites.toSorted((a, b) => rank(a) - rank(b));
}

function countSites(sites: readonly Site[], isLost: Places['isLost']) {
  const [closed, lost] = [sites.filter(isClosed), sites.filter(isLost)];
  return { sites: sites.length, closedSites: closed.length, lostSites: lost.length };
}

function siteOf(
  { key, hosts, path, service }: Site,
  placed: ReadonlyMap<string, PlacedBackend>,
  state: EndpointSources['state'],
): SiteState {
  if (service.kind === 'closed') return { key, hosts, path, closed: service.reason };
  const backend = placed.get(service.backend);
  const endpoints = backend === undefined ? { usable: 0, total: 0 } : usableEndpoints(backend, state);
  return { key, hosts, path, backend: service.backend, endpoints };
}

function errorsFirst(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
}

function countCertificates(certificates: readonly Certificate[], nowMs: number) {
  const endingBy = (timeMs: number) => certificates.filter(({ notAfterMs }) => notAfterMs < timeMs).length;
  const expired = endingBy(nowMs);
  const expiring = endingBy(nowMs + EXPIRES_SOON_DAYS * DAY_MS) - expired;
  return { expired, expiring, withinDays: EXPIRES_SOON_DAYS };
}

function certificateOf({ key, chain, notAfterMs }: Certificate) {
  return { key, names: namesOf(chain), notAfter: new Date(notAfterMs).toISOString() };
}

/** The names that a certificate is for. */
function namesOf(chain: string): readonly string[] {
  const { subjectAltName = '' } = new X509Certificate(chain);
  return subjectAltName.split(', ').flatMap((name) => (name.startsWith('DNS:') ? [name.slice(4)] : []));
}

function configurationOf({ observation, parts, watches }: StateSources, listed: readonly Finding[]) {
  const { findings, servedEpochMs } = observation;
  return {
    servedGeneration: parts?.fleet.acknowledged ?? 0,
    served: servedEpochMs === undefined ? null : new Date(servedEpochMs).toISOString(),
    isFailing: parts?.loop.isFailing ?? false,
    errors: findings.filter(({ severity }) => severity === 'error').length,
    warnings: findings.filter(({ severity }) => severity === 'warning').length,
    findings: listed,
    watches: watches(),
  };
}

function workersOf({ parts, reader, state }: StateSources, clock: Clock) {
  const nowMs = clock.monotonicMs();
  return (parts?.fleet.members ?? []).map(({ index, isLive, generation, restarts, beatMs }) => {
    const row = state.row(index);
    const connections = reader.read('connections', index);
    return {
      worker: index,
      alive: isLive,
      generation,
      restarts,
      connections: connections.reduce((sum, { cells }) => sum + (cells[0] ?? 0), 0),
      webSockets: row.signal('tunnels'),
      // Who is silent says nothing about its lag: looked at once a second, a heartbeat is at most so old.
      loopLagMs: isLive ? Math.max(row.signal('loopLagMs'), Math.round(nowMs - beatMs) - 1_500) : null,
      heapBytes: row.signal('heapKibibytes') * 1024,
    };
  });
}
