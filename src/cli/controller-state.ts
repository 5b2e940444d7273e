// What the admin port tells of a running controller.
import type { Fleet } from '../control/fleet.ts';
import type { ControlLoop } from '../control/loop.ts';
import type { Publisher } from '../control/publisher.ts';
import type { SharedState } from '../model/shared-state.ts';
import type { AdminStatus } from '../observe/admin.ts';
import type { EndpointSample } from '../observe/registry.ts';

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
      state: endpoint.state === 'draining' ? 'draining' : state.health.state(slots[at] ?? 0),
      inFlight: state.inFlight(slots[at] ?? 0),
      tunnels: state.tunnels(slots[at] ?? 0),
    })),
  );
}
