// Endpoints as /api/state tells of them.
import type { HealthMonitor } from '../../control/health.ts';
import type { LeftEndpoint } from '../../control/left-endpoints.ts';
import type { Publisher } from '../../control/publisher.ts';
import type { WatchedEndpoint } from '../../control/watched-endpoint.ts';
import type { Endpoint } from '../../model/configuration.ts';
import type { PlacedBackend } from '../../model/delta.ts';
import type { SharedState } from '../../model/shared-state.ts';
import type { EndpointSample, EndpointState } from '../../observe/registry.ts';

export type EndpointSources = {
  readonly publisher: Publisher;
  readonly state: SharedState;
  /** Undefined while what is needed to build it is still being fetched. */
  readonly health: HealthMonitor | undefined;
};

export function endpointSamples({
  publisher,
  state,
}: Pick<EndpointSources, 'publisher' | 'state'>): readonly EndpointSample[] {
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

export function countEndpoints(sources: EndpointSources) {
  const endpoints = { ready: 0, 'slow-start': 0, unhealthy: 0, ejected: 0, draining: 0 };
  let [inFlight, webSockets, drainingWebSockets] = [0, 0, 0];
  for (const sample of endpointSamples(sources)) {
    endpoints[sample.state]++;
    inFlight += sample.inFlight;
    webSockets += sample.tunnels;
    if (sample.state === 'draining') drainingWebSockets += sample.tunnels;
  }
  return { endpoints, inFlight, webSockets, drainingWebSockets, leftEndpoints: countLeft(sources) };
}

function countLeft({ health, state }: EndpointSources) {
  const left = health?.left.list ?? [];
  return { endpoints: left.length, webSockets: left.reduce((sum, { slot }) => sum + state.tunnels(slot), 0) };
}

/** Those with an endpoint that is not simply ready come first. */
export function troubledFirst(
  backends: readonly PlacedBackend[],
  state: SharedState,
): readonly PlacedBackend[] {
  const isTroubled = ({ backend, slots }: PlacedBackend) =>
    backend.endpoints.length === 0 ||
    backend.endpoints.some((endpoint, at) => endpointState(endpoint, slots[at] ?? 0, state) !== 'ready');
  const troubled = new Set(backends.filter(isTroubled));
  return [...troubled, ...backends.filter((each) => !troubled.has(each))];
}

/** What is looked for among backends. */
export function textOfBackend({ backend: { key, endpoints } }: PlacedBackend): string {
  return [key, ...endpoints.flatMap(({ name, address }) => [name, address])].join(' ');
}

/** Keys of the backends that have an endpoint for new users. */
export function usableBackends(placed: readonly PlacedBackend[], state: SharedState): ReadonlySet<string> {
  const takesUsers = ({ backend, slots }: PlacedBackend) =>
    backend.endpoints.some(
      (endpoint, at) => endpoint.state === 'ready' && state.health.takesUsers(slots[at] ?? 0),
    );
  return new Set(placed.filter(takesUsers).map(({ backend }) => backend.key));
}

/** How many endpoints of a backend take users, and how many there are. */
export function usableEndpoints({ backend, slots }: PlacedBackend, state: SharedState) {
  const states = backend.endpoints.map((endpoint, at) => endpointState(endpoint, slots[at] ?? 0, state));
  const usable = states.filter((each) => each === 'ready' || each === 'slow-start');
  return { usable: usable.length, total: states.length };
}

/** @param baseMs when the monotonic clock stood at zero, which may be any time */
export function backendOf({ backend, slots }: PlacedBackend, sources: EndpointSources, baseMs: number) {
  const { key, service, endpoints } = backend;
  return {
    key,
    service,
    endpoints: endpoints.map((endpoint, at) => endpointOf(endpoint, slots[at] ?? 0, sources, baseMs)),
  };
}

/** One that has left, and to which somebody is still connected. */
export function leftEndpointOf(left: LeftEndpoint, state: SharedState, baseMs: number) {
  const { slot, service, endpoint, sinceMs, webSocketsAtDrain } = left;
  const { name, address, port } = endpoint;
  return {
    service,
    name,
    address,
    port,
    since: new Date(baseMs + sinceMs).toISOString(),
    inFlight: state.inFlight(slot),
    webSockets: state.tunnels(slot),
    webSocketsAtDrain,
  };
}

function endpointOf(endpoint: Endpoint, slot: number, { state, health }: EndpointSources, baseMs: number) {
  const watched = health?.at(slot);
  return {
    name: endpoint.name,
    address: endpoint.address,
    port: endpoint.port,
    state: endpointState(endpoint, slot, state),
    ...lastChangeOf(endpoint, watched, baseMs),
    lastCheck: watched?.lastCheck ?? null,
    inFlight: state.inFlight(slot),
    webSockets: state.tunnels(slot),
  };
}

function lastChangeOf({ state }: Endpoint, watched: WatchedEndpoint | undefined, baseMs: number) {
  if (watched === undefined) return { reason: 'added', since: null };
  const { drain, reason, sinceMs } = watched;
  const at = (timeMs: number) => new Date(baseMs + timeMs).toISOString();
  if (state !== 'draining' || drain === undefined) return { reason, since: at(sinceMs) };
  return { reason: 'terminating', since: at(drain.sinceMs), webSocketsAtDrain: drain.webSockets };
}

function endpointState(endpoint: Endpoint, slot: number, state: SharedState): EndpointState {
  return endpoint.state === 'draining' ? 'draining' : state.health.state(slot);
}
