// What every exchange of a worker works with; made once in data-plane.ts.
import type { Serving } from '../decide/compiled.ts';
import type { DecideSettings } from '../decide/decide.ts';
import type { LoadView } from '../decide/balance.ts';
import type { Clock } from '../model/clock.ts';
import type { SharedRow } from '../model/shared-state.ts';
import type { AccessRecord } from '../observe/access-log.ts';
import type { Recorder } from '../observe/recorder.ts';
import type { ReadBuffer } from './read-buffer.ts';
import type { TimerWheel } from './timers.ts';
import type { TunnelSet } from './tunnel-set.ts';
import type { UpstreamPool } from './upstream-pool.ts';

export type ExchangeServices = {
  /** The configuration of now: read once a request, never held across requests. */
  readonly serving: () => Serving;
  readonly settings: DecideSettings;
  readonly loads: LoadView;
  readonly pool: UpstreamPool;
  readonly tunnels: TunnelSet;
  readonly timers: TimerWheel;
  readonly readBuffer: ReadBuffer;
  readonly row: SharedRow;
  readonly recorder: Recorder;
  readonly log: (record: AccessRecord) => void;
  readonly clock: Clock;
  readonly newRequestId: () => string;
  /** Clients are to leave: answers end their connection. */
  readonly isLameDuck: () => boolean;
};
