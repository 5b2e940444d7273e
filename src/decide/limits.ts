// Limits by source: how often an address may come, and how much of it may be open. Counted in memory that all workers
// share, before admission, so that refused requests count too and nobody can try secrets at full speed.
import { createHash } from 'node:crypto';
import type { IpAddress } from '../model/address.ts';
import type { ObjectReference } from '../model/finding.ts';
import type { Persistence, SourceLimits } from '../model/configuration.ts';
import type { LimitVerdict } from '../model/decision.ts';
import { isInRanges } from '../model/ranges.ts';
import type { Client, RequestHead, SourceCharges } from '../model/request.ts';
import { type Scope, SourceHash } from '../model/source-hash.ts';
import {
  CountTable,
  type Rate,
  RateTable,
  rateOf,
  sourceKey,
  type SourceMemory,
} from '../model/source-table.ts';

/** The whole address, whatever persistence goes by: many an office is one of them. */
const IPV4_BITS = 32;
const COUNT_WAIT_MS = 5_000;

/** The limits of a site, ready for requests. */
export type ServingLimits = {
  /** The object whose limits they are: its sites are counted together. */
  readonly scope: Scope;
  readonly webSocketScope: Scope;
  readonly rate: Rate | undefined;
  /** 0 for any number. */
  readonly connections: number;
  readonly webSockets: number;
  readonly exempt: SourceLimits['exempt'];
  readonly ipv6Bits: number;
};

export function compileLimits(
  limits: SourceLimits | undefined,
  owner: ObjectReference,
  persistence: Persistence,
): ServingLimits | undefined {
  if (limits === undefined) return undefined;
  const name = JSON.stringify([owner.kind, owner.namespace, owner.name]);
  const digest = createHash('sha256').update(name).digest();
  const { requestsPerSecond, burst, connections, webSockets, exempt } = limits;
  return {
    scope: { low: digest.readInt32LE(0), high: digest.readInt32LE(4) },
    webSocketScope: { low: digest.readInt32LE(8), high: digest.readInt32LE(12) },
    rate: requestsPerSecond === 0 ? undefined : rateOf(requestsPerSecond, burst),
    connections,
    webSockets,
    exempt,
    ipv6Bits: persistence.ipv6PrefixLength,
  };
}

/** Of a request, what limits go by. */
export type Caller = { readonly head: RequestHead; readonly client: Client; readonly address: IpAddress };

/** Counts sources; one a worker, over tables that all workers share. */
export type SourceGate = {
  judge(limits: ServingLimits, caller: Caller): LimitVerdict;
  /** The connection is closed. */
  release(client: Client): void;
};

const ALLOWED: LimitVerdict = { result: 'allowed', waitMs: 0 };
const EXEMPT: LimitVerdict = { result: 'exempt', waitMs: 0 };
/** Nobody knows when a connection ends: a client that asks again soon costs little. */
const CONNECTIONS: LimitVerdict = { result: 'connections', waitMs: COUNT_WAIT_MS };
const WEBSOCKETS: LimitVerdict = { result: 'websockets', waitMs: COUNT_WAIT_MS };

export class SourceLimiter implements SourceGate {
  readonly #hash: SourceHash;
  readonly #rates: RateTable;
  readonly #counts: CountTable;
  readonly #nowMs: () => number;

  constructor(memory: SourceMemory, worker: number, nowMs: () => number) {
    this.#hash = new SourceHash(sourceKey(memory));
    this.#rates = new RateTable(memory);
    this.#counts = new CountTable(memory, worker);
    this.#nowMs = nowMs;
  }

  judge(limits: ServingLimits, { head, client, address }: Caller): LimitVerdict {
    if (limits.exempt !== undefined && isInRanges(address, limits.exempt)) return EXEMPT;
    const bits = address.hex.length === 8 ? IPV4_BITS : limits.ipv6Bits;
    this.#hash.source(limits.scope, address.hex, bits);
    if (limits.rate !== undefined) {
      const waitMs = this.#rates.take(this.#hash, limits.rate, this.#nowMs());
      if (waitMs > 0) return { result: 'requests', waitMs };
    }
    // The connections of a trusted proxy are those of all its clients.
    const countsConnection = limits.connections > 0 && !client.trusted;
    if (countsConnection && !this.#chargeConnection(limits, client.charges)) return CONNECTIONS;
    if (limits.webSockets === 0 || head.upgrade.kind !== 'websocket') return ALLOWED;
    this.#hash.source(limits.webSocketScope, address.hex, bits);
    return this.#chargeWebSocket(limits, client.charges) ? ALLOWED : WEBSOCKETS;
  }

  release({ charges }: Client): void {
    if (charges.connection !== -1) this.#counts.giveBack(charges.connection);
    if (charges.webSocket !== -1) this.#counts.giveBack(charges.webSocket);
    charges.connection = -1;
    charges.webSocket = -1;
  }

  /** A connection counts where its latest request went, so that none hides behind another site. */
  #chargeConnection(limits: ServingLimits, charges: SourceCharges): boolean {
    if (charges.connectionOf === limits && charges.connection !== -1) return true;
    if (charges.connection !== -1) this.#counts.giveBack(charges.connection);
    charges.connectionOf = limits;
    charges.connection = this.#counts.take(this.#hash, limits.connections);
    return charges.connection !== -1;
  }

  #chargeWebSocket(limits: ServingLimits, charges: SourceCharges): boolean {
    if (charges.webSocket === -1) charges.webSocket = this.#counts.take(this.#hash, limits.webSockets);
    return charges.webSocket !== -1;
  }
}

/** Limits nobody. */
export const NO_GATE: SourceGate = { judge: () => ALLOWED, release: () => undefined };
