// Load balancing among endpoints that are equally right.
import type { Backend } from '../model/configuration.ts';
import type { ServingEndpoint } from './compiled.ts';

/** What balancing sees of the world: loads from shared memory, and chance. */
export type LoadView = {
  /** Requests in flight plus tunnels of the endpoint in that slot, over all workers. */
  load(slot: number): number;
  /** In [0, 1). */
  random(): number;
  /** Counts up, once a call, for each backend. */
  turn(backendKey: string): number;
};

export function balance(
  backend: Backend,
  usable: readonly ServingEndpoint[],
  view: LoadView,
): ServingEndpoint | undefined {
  switch (backend.loadBalancing) {
    case 'RoundRobin':
      return usable[view.turn(backend.key) % usable.length];
    case 'Random':
      return lighterOfTwo(usable, view);
    case 'LeastConnections':
      return leastLoaded(usable, view);
  }
}

/** Ties go to whoever stands first from a random start, so that several workers do not all pick the same one. */
function leastLoaded(usable: readonly ServingEndpoint[], view: LoadView): ServingEndpoint | undefined {
  const start = Math.floor(view.random() * usable.length);
  let best: ServingEndpoint | undefined;
  let bestLoad = Number.POSITIVE_INFINITY;
  for (let step = 0; step < usable.length; step++) {
    const candidate = usable[(start + step) % usable.length];
    if (candidate === undefined) continue;
    const load = view.load(candidate.slot);
    if (load < bestLoad) {
      best = candidate;
      bestLoad = load;
    }
  }
  return best;
}

function lighterOfTwo(usable: readonly ServingEndpoint[], view: LoadView): ServingEndpoint | undefined {
  const first = usable[Math.floor(view.random() * usable.length)];
  const second = usable[Math.floor(view.random() * usable.length)];
  if (first === undefined || second === undefined) return first;
  return view.load(second.slot) < view.load(first.slot) ? second : first;
}
