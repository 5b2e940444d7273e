// Which endpoints of a backend take anybody, by what Kubernetes says of them and by their health.
// Health changes without a message: the list is made anew by the first request that sees another version of it.
import type { HealthView } from '../model/health-board.ts';
import type { Endpoint } from '../model/configuration.ts';

/** What is looked at of an endpoint. */
type Placed = { readonly slot: number; readonly endpoint: Pick<Endpoint, 'state'> };

export class UsableEndpoints<Each extends Placed> {
  readonly #all: readonly Each[];
  /** Nobody is served rather than by an endpoint that is known to fail. */
  readonly #refuses: boolean;
  #version: number | undefined;
  #now: readonly Each[] = [];

  constructor(all: readonly Each[], refuses: boolean) {
    this.#all = all;
    this.#refuses = refuses;
  }

  now(health: HealthView): readonly Each[] {
    // Read first: what changes while the list is made has another version.
    const version = health.healthVersion();
    if (version !== this.#version) {
      this.#now = usableOf(this.#all, health, this.#refuses);
      this.#version = version;
    }
    return this.#now;
  }

  /** Those for another attempt. */
  without(tried: ReadonlySet<Each>, health: HealthView): readonly Each[] {
    const left = this.#all.filter((endpoint) => !tried.has(endpoint));
    return usableOf(left, health, this.#refuses);
  }

  /** Whether who belongs to this endpoint may go there: it is healthy, or nobody is and all are served. */
  has(endpoint: Each, health: HealthView): boolean {
    return health.takesUsers(endpoint.slot) || this.now(health).includes(endpoint);
  }
}

/**
 * Ready and healthy ones; where there are none the ready ones whatever their health, since a check may be wrong where
 * everything seems to fail; where there are none of these, draining ones.
 */
function usableOf<Each extends Placed>(
  endpoints: readonly Each[],
  health: HealthView,
  refuses: boolean,
): readonly Each[] {
  const healthy = endpoints.filter(({ slot }) => health.takesUsers(slot));
  const healthyAndReady = healthy.filter(isReady);
  if (healthyAndReady.length > 0) return healthyAndReady;
  if (refuses) return healthy;
  const ready = endpoints.filter(isReady);
  if (ready.length > 0) return ready;
  return healthy.length > 0 ? healthy : endpoints;
}

function isReady({ endpoint }: Placed): boolean {
  return endpoint.state === 'ready';
}
