// Load balancing among endpoints that are equally right.
import type { Backend } from '../model/configuration.ts';
import type { HealthView } from '../model/health-board.ts';
import type { ServingEndpoint } from './compiled.ts';

/** What balancing sees of the world: loads from shared memory, and chance. */
export type LoadView = {
  /** Requests in flight plus tunnels of the endpoint in that slot, over all workers. */
  load(slot: number): number;
  /** In [0, 1). */
  random(): number;
  /** Counts up, once a call, for each backend. */
  turn(backendKey: string): number;
  readonly health: HealthView;
  /** Of the clock that the health of endpoints is told by. */
  nowMs(): number;
};

/** Share of an endpoint that has just come, so that its first users warm it up. */
const FIRST_SHARE = 0.1;

export function balance(
  backend: Backend,
  usable: readonly ServingEndpoint[],
  view: LoadView,
): ServingEndpoint | undefined {
  if (!view.health.isAnyStartingSlowly()) return pick(backend, usable, view, fullShare);
  const shareOf = ({ slot }: ServingEndpoint) => slowStartShare(slot, backend.health.slowStartMs, view);
  return pick(backend, takingPart(usable, view, shareOf), view, shareOf);
}

type ShareOf = (endpoint: ServingEndpoint) => number;
const fullShare: ShareOf = () => 1;

function pick(
  backend: Backend,
  usable: readonly ServingEndpoint[],
  view: LoadView,
  shareOf: ShareOf,
): ServingEndpoint | undefined {
  switch (backend.loadBalancing) {
    case 'RoundRobin':
      return usable[view.turn(backend.key) % usable.length];
    case 'Random':
      return lighterOfTwo(usable, view, shareOf);
    case 'LeastConnections':
      return leastLoaded(usable, view, shareOf);
  }
}

/** Grows evenly to 1 over the time of the slow start. */
function slowStartShare(slot: number, slowStartMs: number, view: LoadView): number {
  if (!view.health.isStartingSlowly(slot)) return 1;
  return Math.min(1, Math.max(FIRST_SHARE, view.health.stateAgeMs(slot, view.nowMs()) / slowStartMs));
}

/**
 * An endpoint that starts slowly takes part in as many choices as its share says, and counts with a load as if it were
 * that much smaller: the first holds where nobody has anything to do, the second where a new one would get all.
 */
function takingPart(
  usable: readonly ServingEndpoint[],
  view: LoadView,
  shareOf: ShareOf,
): readonly ServingEndpoint[] {
  const some = usable.filter((endpoint) => {
    const share = shareOf(endpoint);
    return share === 1 || view.random() < share;
  });
  return some.length > 0 ? some : usable;
}

/** Ties go to whoever stands first from a random start, so that several workers do not all pick the same one. */
function leastLoaded(
  usable: readonly ServingEndpoint[],
  view: LoadView,
  shareOf: ShareOf,
): ServingEndpoint | undefined {
  const start = Math.floor(view.random() * usable.length);
  let best: ServingEndpoint | undefined;
  let bestLoad = Number.POSITIVE_INFINITY;
  for (let step = 0; step < usable.length; step++) {
    const candidate = usable[(start + step) % usable.length];
    if (candidate === undefined) continue;
    const load = view.load(candidate.slot) / shareOf(candidate);
    if (load < bestLoad) {
      best = candidate;
      bestLoad = load;
    }
  }
  return best;
}

function lighterOfTwo(
  usable: readonly ServingEndpoint[],
  view: LoadView,
  shareOf: ShareOf,
): ServingEndpoint | undefined {
  const first = usable[Math.floor(view.random() * usable.length)];
  const second = usable[Math.floor(view.random() * usable.length)];
  if (first === undefined || second === undefined) return first;
  const isLighter = view.load(second.slot) / shareOf(second) < view.load(first.slot) / shareOf(first);
  return isLighter ? second : first;
}
