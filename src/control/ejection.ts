// Whether an endpoint that fails requests may be put aside: never too many of a backend, never the last that serves.
import type { Endpoint, BackendHealth } from '../model/configuration.ts';
import type { WatchedEndpoint } from './watched-endpoint.ts';

type Candidate = {
  readonly watched: Pick<WatchedEndpoint, 'state' | 'isEjected'>;
  readonly endpoint: Pick<Endpoint, 'state'>;
  readonly backend: { readonly health: Pick<BackendHealth, 'ejection'> };
};

/** @param all the endpoints of its backend, itself included */
export function mayEject(one: Candidate, all: readonly Candidate[]): boolean {
  // A draining endpoint is on its way out anyhow.
  if (one.endpoint.state !== 'ready') return false;
  const ready = all.filter(({ endpoint }) => endpoint.state === 'ready');
  const most = Math.floor((ready.length * one.backend.health.ejection.maxPercent) / 100);
  const ejected = ready.filter(({ watched }) => watched.isEjected).length;
  const isAnotherUsable = ready.some(
    (other) => other !== one && (other.watched.state === 'ready' || other.watched.state === 'slow-start'),
  );
  return ejected < most && isAnotherUsable;
}
