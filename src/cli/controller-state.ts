// What the admin port tells of a running controller.
import type { Fleet } from '../control/fleet.ts';
import type { HealthMonitor } from '../control/health.ts';
import type { ControlLoop } from '../control/loop.ts';
import type { Publisher } from '../control/publisher.ts';
import type { Clock } from '../model/clock.ts';
import type { Endpoint } from '../model/configuration.ts';
import type { SharedState } from '../model/shared-state.ts';
import type { AdminStatus } from '../observe/admin.ts';
import { ENDPOINT_STATES, type EndpointSample } from '../observe/registry.ts';

type Observed = { readonly fleet: Fleet; readonly loop: ControlLoop };
type Progress = { readonly isListening: boolean; readonly isDraining: boolean };

/** @param observed undefined while what is needed to build the parts is still being fetched */
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

export function endpointSamples(publisher: Publisher, state: SharedState): readonly EndpointSample[] {
  return publisher.placedBackends.flatMap(({ backend, slots }) =>
    backend.endpoints.map((endpoint, at) => ({
      service: backend.service,
      endpoint: endpoint.name,
      state: endpointState(endpoint, slots[at] ?? 0, state),
      inFlight: state.inFlight(slots[at] ?? 0),
      tunnels: state.tunnels(slots[at] ?? 0),
    })),
  );
}

type Sources = {
  readonly publisher: Publisher;
  readonly state: SharedState;
  /** Undefined while what is needed to build it is still being fetched. */
  readonly health: HealthMonitor | undefined;
};

/** All that can be said of sites and endpoints; nothing of keys, secrets and certificates. */
export function stateOf(sources: Sources, clock: Clock) {
  const { publisher } = sources;
  // The monotonic clock counts from anywhere.
  const baseMs = clock.epochMs() - clock.monotonicMs();
  return {
    generation: publisher.generation,
    counts: countsOf(sources),
    sites: publisher.sites.map(({ key, hosts, path, service }) => ({
      key,
      hosts,
      path,
      ...(service.kind === 'open' ? { backend: service.backend } : { closed: service.reason }),
    })),
    backends: publisher.placedBackends.map(({ backend: { key, service, endpoints }, slots }) => ({
      key,
      service,
      endpoints: endpoints.map((endpoint, at) => endpointStateOf(endpoint, slots[at] ?? 0, sources, baseMs)),
    })),
  };
}

function countsOf({ publisher, state }: Sources) {
  const samples = endpointSamples(publisher, state);
  const endpoints = ENDPOINT_STATES.map(
    (each) => [each, samples.filter((sample) => sample.state === each).length] as const,
  );
  return {
    sites: publisher.sites.length,
    endpoints: Object.fromEntries(endpoints),
    inFlight: samples.reduce((sum, { inFlight }) => sum + inFlight, 0),
    webSockets: samples.reduce((sum, { tunnels }) => sum + tunnels, 0),
  };
}

function endpointStateOf(endpoint: Endpoint, slot: number, { state, health }: Sources, baseMs: number) {
  const watched = health?.at(slot);
  return {
    name: endpoint.name,
    address: endpoint.address,
    port: endpoint.port,
    state: endpointState(endpoint, slot, state),
    reason: watched?.reason ?? 'added',
    since: watched === undefined ? null : new Date(baseMs + watched.sinceMs).toISOString(),
    lastCheck: watched?.lastCheck ?? null,
    inFlight: state.inFlight(slot),
    webSockets: state.tunnels(slot),
  };
}

function endpointState(endpoint: Endpoint, slot: number, state: SharedState) {
  return endpoint.state === 'draining' ? 'draining' : state.health.state(slot);
}
