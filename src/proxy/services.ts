// What the exchanges and the connections of a worker work with; made once in data-plane.ts.
import type { Serving } from '../decide/compiled.ts';
import type { DecideSettings } from '../decide/decide.ts';
import type { LoadView } from '../decide/balance.ts';
import type { Fault } from '../model/fault.ts';
import type { ClientLimits } from '../model/limits.ts';
import type { Client, RequestHead } from '../model/request.ts';
import type { Clock } from '../model/clock.ts';
import type { SharedRow } from '../model/shared-state.ts';
import type { AccessRecord } from '../observe/access-log.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { ClientListener, ClientStream } from './client/client-stream.ts';
import type { Crowd } from './crowd.ts';
import type { ReadBuffer } from './read-buffer.ts';
import type { Sessions } from './session/session-asking.ts';
import type { SiteWaits } from './client/site-waits.ts';
import type { TimerWheel } from './timers.ts';
import type { TunnelSet } from './tunnel/tunnel-set.ts';
import type { UpstreamPool } from './backend/upstream-pool.ts';

export type ExchangeServices = {
  /** The configuration of now: read once a request, never held across requests. */
  readonly serving: () => Serving;
  readonly settings: DecideSettings;
  readonly loads: LoadView;
  /** Requests in flight plus tunnels of an endpoint, for who takes a place there and counts himself before. */
  readonly loadNow: (slot: number) => number;
  readonly pool: UpstreamPool;
  readonly tunnels: TunnelSet;
  readonly timers: TimerWheel;
  readonly crowd: Crowd;
  readonly limits: ClientLimits;
  readonly waits: SiteWaits;
  readonly sessions: Sessions;
  readonly readBuffer: ReadBuffer;
  readonly row: SharedRow;
  readonly recorder: Recorder;
  readonly log: (record: AccessRecord) => void;
  readonly clock: Clock;
  readonly newRequestId: () => string;
  /** A mistake of ours, which costs the one connection it happened on. */
  readonly onBug: (error: unknown) => void;
  /** Clients are to leave: answers end their connection. */
  readonly isLameDuck: () => boolean;
};

/** A client's connection as its worker keeps it. */
export type OpenConnection = {
  readonly client: Client;
  /** No further request on it; ends at once where none is being answered. */
  closeWhenIdle(): void;
  /** Gives its place up where it waits for a request, and its client for nothing; says whether it did. */
  dropIfIdle(): boolean;
  /** Clients are to leave: HTTP/2 can say so before the next answer. */
  onLameDuck?(): void;
};

export type ConnectionServices = {
  readonly readBuffer: ReadBuffer;
  readonly timers: TimerWheel;
  readonly limits: ClientLimits;
  /** Who hears of everything that follows a head; undefined when it is answered already. */
  readonly onRequest: (head: RequestHead, stream: ClientStream) => ClientListener | undefined;
  /** Answers a request whose head was refused. */
  readonly onRefused: (fault: Fault, stream: ClientStream) => void;
  /** A mistake of ours, which costs the one connection it happened on. */
  readonly onBug: (error: unknown) => void;
  readonly onClosed: (connection: OpenConnection) => void;
  /** A connection became a tunnel, and has left its place to `heir`. */
  readonly onTunnel: (connection: OpenConnection, heir: OpenConnection) => void;
  /** Clients are to leave. */
  readonly isLameDuck: () => boolean;
};
