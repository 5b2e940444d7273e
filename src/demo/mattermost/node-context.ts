// What every part of one fake Mattermost node knows about it: its name, its town, its settings.
import type { Town } from './town.ts';

/** Waits of a node in milliseconds; the defaults are those of a real server. */
export type Timing = {
  /** From the upgrade to a valid authentication challenge. */
  readonly authenticationMs: number;
  /** A kept-alive HTTP connection with no request. */
  readonly idleMs: number;
  /** Between two WebSocket protocol pings. */
  readonly protocolPingMs: number;
  /** From the upgrade or the last pong to the end of a silent WebSocket. */
  readonly readDeadlineMs: number;
  /** How long a broken WebSocket can be resumed. */
  readonly resumeMs: number;
  /** What running requests get when the node stops. */
  readonly stopGraceMs: number;
};

/** A real server's timing. */
export const serverTiming: Timing = {
  authenticationMs: 5_000,
  idleMs: 60_000,
  protocolPingMs: 60_000,
  readDeadlineMs: 100_000,
  resumeMs: 300_000,
  stopGraceMs: 1_000,
};

/** A part's condition as the ping reports it. */
export type Health = 'OK' | 'UNHEALTHY';

/** What `/api/v4/system/ping` reports. `server` fails the plain ping, the others only `get_server_status=true`. */
export type NodeHealth = { readonly server: Health; readonly database: Health; readonly filestore: Health };

/** One node as its parts see it. */
export type NodeContext = {
  readonly name: string;
  readonly town: Town;
  /** The configured SiteURL, or empty. */
  readonly siteUrl: string;
  /** Leading part of every path: empty, or `/chat`. */
  readonly subpath: string;
  readonly isTls: boolean;
  readonly timing: Timing;
  readonly health: () => NodeHealth;
};

/** Name of the response header that says which node answered. */
export const nodeHeader = 'X-Demo-Node';

/** The version the fake server claims to be. */
export const versionNumber = '11.1.0';

/** The same with build, configuration hash and licence, as headers and the hello show it. */
export const serverVersion = `${versionNumber}.demo.0123456789abcdef0123456789abcdef.true`;
