// Idle connections to endpoints, newest first, and the way to new ones.
import { clearImmediate, setImmediate } from 'node:timers';
import { isDeepStrictEqual } from 'node:util';
import type { ServingEndpoint } from '../../decide/compiled.ts';
import type { Backend } from '../../model/configuration.ts';
import { messageOf } from '../../model/error-message.ts';
import type { BackendFault } from '../../model/fault.ts';
import {
  ConnectAttempt,
  type ConnectServices,
  giveConnection,
  NO_SOURCE,
  type Requester,
  sourceOf,
  tellFault,
} from './upstream-connect.ts';
import type { UpstreamConnection } from './upstream-connection.ts';

/** A wish for a connection that can be taken back. */
export type Acquisition = { cancel(): void };

export class UpstreamPool {
  readonly #services: ConnectServices;
  readonly #maxOpen: number;
  readonly #idle = new Map<number, UpstreamConnection[]>();
  #checkouts: Checkout[] = [];
  /** Sockets to endpoints, from the first step to the last: each takes a descriptor. */
  #open = 0;

  /** @param maxOpen connections that may be open, idle ones included */
  constructor(services: Omit<ConnectServices, 'onOpened' | 'onClosed'>, maxOpen: number) {
    const onOpened = () => void this.#open++;
    this.#services = { ...services, onOpened, onClosed: () => void this.#open-- };
    this.#maxOpen = maxOpen;
  }

  /** A connection that was never used: for WebSockets (row U1) and for attempts after a stale one. */
  connect(endpoint: ServingEndpoint, backend: Backend, requester: Requester): Acquisition {
    if (this.#open >= this.#maxOpen && !this.#dropIdle()) return this.#refuse(requester, LIMIT_REACHED);
    const source = sourceOf(endpoint, backend, this.#services.sources);
    if (source === undefined && backend.sourceAddresses !== undefined)
      return this.#refuse(requester, NO_SOURCE);
    try {
      return new ConnectAttempt({ endpoint, backend, source }, requester, this.#services);
    } catch (error) {
      return this.#refuse(requester, { code: 'tls-failed', detail: messageOf(error) });
    }
  }

  #refuse(requester: Requester, reason: RefusalReason): Acquisition {
    return new Refusal(requester, reason, this.#services.onBug);
  }

  /** At the limit a connection that serves nobody gives its place up. */
  #dropIdle(): boolean {
    for (const list of this.#idle.values()) {
      for (let oldest = list.shift(); oldest !== undefined; oldest = list.shift()) {
        if (!oldest.isOpen) continue;
        oldest.destroy();
        return true;
      }
    }
    return false;
  }

  /** An idle connection if one is still good after a poll of the kernel, else a new one. */
  acquire(endpoint: ServingEndpoint, backend: Backend, requester: Requester): Acquisition {
    if ((this.#idle.get(endpoint.slot)?.length ?? 0) === 0) return this.connect(endpoint, backend, requester);
    const checkout = new Checkout(endpoint, backend, requester);
    // Row R8: what the kernel holds for an idle socket shows only after a completed poll, which two turns make sure of.
    if (this.#checkouts.push(checkout) === 1) setImmediate(() => setImmediate(() => this.#flush()));
    return checkout;
  }

  /** Takes a connection back after a complete response. */
  release(connection: UpstreamConnection): void {
    const reuse = connection.backend.connectionReuse;
    if (reuse === undefined || !connection.isReusable || connection.requests >= reuse.maxRequests) {
      connection.destroy();
      return;
    }
    connection.idleSinceMs = this.#services.timers.clockMs;
    // Paused for the sake of its last client, it would not show that it was closed.
    if (connection.socket.isPaused()) connection.socket.resume();
    const { slot } = connection.endpoint;
    const list = this.#idle.get(slot) ?? [];
    list.push(connection);
    this.#idle.set(slot, list);
    if (list.length > reuse.maxIdlePerEndpoint) list.shift()?.destroy();
  }

  /** Closes what has been idle too long, and all of endpoints that take no new users; call about once a second. */
  sweep(takesUsers: (slot: number) => boolean): void {
    const { clockMs } = this.#services.timers;
    for (const [slot, list] of this.#idle) {
      const isServed = takesUsers(slot);
      const kept: UpstreamConnection[] = [];
      for (const connection of list) {
        if (isServed && isFresh(connection, clockMs)) kept.push(connection);
        else connection.destroy();
      }
      if (kept.length === 0) this.#idle.delete(slot);
      else this.#idle.set(slot, kept);
    }
  }

  #flush(): void {
    const checkouts = this.#checkouts;
    this.#checkouts = [];
    for (const checkout of checkouts) {
      if (checkout.isCancelled) continue;
      const connection = this.#pop(checkout);
      if (connection === undefined)
        checkout.follow(this.connect(checkout.endpoint, checkout.backend, checkout.requester));
      else giveConnection(connection, checkout.requester, this.#services.onBug);
    }
  }

  /** What was connected to another place, or verified by other settings of TLS, is not what this request wants. */
  #pop({ endpoint, backend }: Checkout): UpstreamConnection | undefined {
    const list = this.#idle.get(endpoint.slot);
    for (let connection = list?.pop(); connection !== undefined; connection = list?.pop()) {
      if (!connection.isOpen) continue;
      const isFit =
        isSamePlace(connection.endpoint, endpoint) && isDeepStrictEqual(connection.backend.tls, backend.tls);
      if (isFit && isFresh(connection, this.#services.timers.clockMs)) return connection;
      connection.destroy();
    }
    return undefined;
  }
}

/** A request that is on its way when its node gives the connection up is lost. */
const MARGIN_MS = 1_000;

/** The policy says how long a node keeps an idle connection, unless the node itself says less. */
function isFresh(connection: UpstreamConnection, nowMs: number): boolean {
  const { isOpen, backend, idleSinceMs, keepAliveMs = Number.POSITIVE_INFINITY } = connection;
  const saidMs = Math.max(keepAliveMs - MARGIN_MS, keepAliveMs / 2);
  return isOpen && nowMs - idleSinceMs < Math.min(backend.connectionReuse?.idleTimeoutMs ?? 0, saidMs);
}

/** A slot goes to another endpoint when its own is gone, and a pod may come back under another address. */
function isSamePlace({ endpoint: a }: ServingEndpoint, { endpoint: b }: ServingEndpoint): boolean {
  return a.identity === b.identity && a.address === b.address && a.port === b.port;
}

type RefusalReason = { readonly code: BackendFault; readonly detail: string };

const LIMIT_REACHED: RefusalReason = {
  code: 'connect-limit',
  detail: 'Too many connections to endpoints are open',
};

/** A wish that cannot be granted; told a turn later, as every answer to a wish is. */
class Refusal {
  readonly #timer: NodeJS.Immediate;

  constructor(requester: Requester, reason: RefusalReason, onBug: (error: unknown) => void) {
    this.#timer = setImmediate(() => tellFault(requester, reason, onBug));
  }

  cancel(): void {
    clearImmediate(this.#timer);
  }
}

/** A wish for an idle connection, until the poll is over. */
class Checkout {
  readonly endpoint: ServingEndpoint;
  readonly backend: Backend;
  readonly requester: Requester;
  isCancelled = false;
  #next: Acquisition | undefined;

  constructor(endpoint: ServingEndpoint, backend: Backend, requester: Requester) {
    this.endpoint = endpoint;
    this.backend = backend;
    this.requester = requester;
  }

  /** Others took the idle ones while this one waited: it goes on as a new connection. */
  follow(next: Acquisition): void {
    this.#next = next;
  }

  cancel(): void {
    this.isCancelled = true;
    this.#next?.cancel();
  }
}
