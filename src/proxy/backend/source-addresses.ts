// Which of our own addresses a connection to an endpoint comes from: the SNAT pool of backend.sourceAddresses.
// Each one in its turn; one that does not serve rests for a while and the others take its turns.
import { parseAddress } from '../../model/address.ts';
import type { AddressRanges } from '../../model/configuration.ts';
import { isInRanges } from '../../model/ranges.ts';

/** `unbindable`: the system does not let us have the address; `exhausted`: no port of it is free. */
export type SourceFailure = 'unbindable' | 'exhausted';

export type SourceHost = {
  /** Addresses of the interfaces as they are now; the same list while they are the same. */
  readonly ownAddresses: () => readonly string[];
  readonly nowMs: () => number;
  /** @param isNews the address has served since this was told last, or was never told of */
  readonly onFailed: (address: string, failure: SourceFailure, isNews: boolean) => void;
};

/** Interfaces come and go; looking costs a tenth of a millisecond. */
const LOOK_INTERVAL_MS = 10_000;
/** A free port may be there soon, and looking for it costs the kernel a walk over all of them. */
const REST_MS: Readonly<Record<SourceFailure, number>> = { unbindable: 30_000, exhausted: 1_000 };

type Pool = {
  readonly look: number;
  readonly v4: readonly string[];
  readonly v6: readonly string[];
  turn: number;
};

export class SourceAddresses {
  readonly #host: SourceHost;
  /** Ranges live as long as the backend they belong to. */
  readonly #pools = new WeakMap<AddressRanges, Pool>();
  /** Until when an address rests. Only our own addresses get here. */
  readonly #resting = new Map<string, number>();
  readonly #failing = new Set<string>();
  #own: readonly string[] = [];
  /** Counts the looks that found other addresses than before. */
  #look = 0;
  #nextLookMs = Number.NEGATIVE_INFINITY;

  constructor(host: SourceHost) {
    this.#host = host;
  }

  /** The address whose turn it is; undefined when none of this family serves at present. */
  next(ranges: AddressRanges, isIpv6: boolean): string | undefined {
    const nowMs = this.#host.nowMs();
    const pool = this.#poolOf(ranges, nowMs);
    const addresses = isIpv6 ? pool.v6 : pool.v4;
    for (let step = 0; step < addresses.length; step++) {
      const address = addresses[pool.turn++ % addresses.length];
      if (address !== undefined && (this.#resting.get(address) ?? 0) <= nowMs) return address;
    }
    return undefined;
  }

  failed(address: string, failure: SourceFailure): void {
    this.#resting.set(address, this.#host.nowMs() + REST_MS[failure]);
    const isNews = !this.#failing.has(address);
    this.#failing.add(address);
    this.#host.onFailed(address, failure, isNews);
  }

  /** A connection from there was made. */
  served(address: string): void {
    if (this.#failing.size === 0 || !this.#failing.delete(address)) return;
    this.#resting.delete(address);
  }

  #poolOf(ranges: AddressRanges, nowMs: number): Pool {
    if (nowMs >= this.#nextLookMs) this.#lookAround(nowMs);
    const known = this.#pools.get(ranges);
    if (known?.look === this.#look) return known;
    const inside = this.#own.filter((text) => isOneOf(text, ranges));
    const pool = {
      look: this.#look,
      v4: inside.filter((text) => !text.includes(':')),
      v6: inside.filter((text) => text.includes(':')),
      turn: known?.turn ?? 0,
    };
    this.#pools.set(ranges, pool);
    return pool;
  }

  #lookAround(nowMs: number): void {
    this.#nextLookMs = nowMs + LOOK_INTERVAL_MS;
    const own = this.#host.ownAddresses();
    if (own === this.#own) return;
    this.#own = own;
    this.#look++;
    for (const address of [...this.#resting.keys(), ...this.#failing]) {
      if (own.includes(address)) continue;
      this.#resting.delete(address);
      this.#failing.delete(address);
    }
  }
}

function isOneOf(text: string, ranges: AddressRanges): boolean {
  const address = parseAddress(text);
  return address !== undefined && isInRanges(address, ranges);
}

/** What an error of a socket says of the address it was to come from; undefined where that is not to blame. */
export function sourceFailureOf(error: NodeJS.ErrnoException | undefined): SourceFailure | undefined {
  if (error?.syscall === 'bind') return 'unbindable';
  // Without a free port binding fails too, but libuv tells of it when the connection is made.
  const isBusy = error?.code === 'EADDRINUSE' || error?.code === 'EADDRNOTAVAIL';
  return error?.syscall === 'connect' && isBusy ? 'exhausted' : undefined;
}
