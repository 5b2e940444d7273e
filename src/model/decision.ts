// Decision: what is to be done with a request, and why. The reason words are those of the log and the metrics.
import type {
  Admission,
  AdmissionAction,
  ClientTimeouts,
  ClosedReason,
  VerifySession,
} from './configuration.ts';
import type { IpAddress } from './address.ts';

/** Why a request is answered here instead of by a backend. */
export type RejectReason =
  | 'loop-detected'
  | 'path-ambiguous'
  | 'unknown-host'
  | 'unknown-path'
  | 'plain-http'
  | ClosedReason
  | 'misdirected'
  | 'tls-version'
  | 'client-certificate'
  | 'too-many-requests'
  | 'too-many-connections'
  | 'too-many-websockets'
  | 'body-too-large'
  | 'admission'
  | 'upgrade-not-accepted'
  | 'no-endpoints';

/** How persistence found the endpoint; the label of affinity_decisions_total. */
export type AffinityResult = 'cookie' | 'cookie-draining' | 'user' | 'source' | 'balanced';

/** What the limits of the source said: which of them refused, or none; the label of limit_decisions_total. */
export type LimitResult = 'allowed' | 'exempt' | 'requests' | 'connections' | 'websockets';

/** `waitMs`: until it makes sense to come again. */
export type LimitVerdict = { readonly result: LimitResult; readonly waitMs: number };

/** What admission said, whichever way the request then went. */
export type AdmissionVerdict = {
  /** Name of the rule, or `default`. */
  readonly rule: string;
  readonly action: AdmissionAction;
  readonly mode: 'Enforce' | 'Observe';
  /** Data keys of the Secrets that opened the door, one of each header that asks for a secret, in their order. */
  readonly secretKeys: readonly string[] | undefined;
  /** Only the shape of a cookie or bearer token opened it: the backend must prove the upgrade with a 101. */
  readonly shapeOnly: boolean;
};

/** Bounded labels of everything counted about a request. */
export type SiteLabels = {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** The configured host pattern, never what the client sent. */
  readonly host: string;
};

export type Context = {
  readonly site: SiteLabels | undefined;
  /** Path of the site, `/` where there is none: API errors below it have Mattermost's form. */
  readonly sitePath: string;
  readonly logsAccess: boolean;
  readonly address: IpAddress;
  readonly scheme: 'http' | 'https';
  readonly port: number;
  /** Value of Strict-Transport-Security, where the answer is to have one. */
  readonly hsts: string | undefined;
  /** How the site wants its clients waited for. */
  readonly clientTimeouts: ClientTimeouts | undefined;
  /** Undefined where the site has no limits, or the request did not get that far. */
  readonly limit: LimitResult | undefined;
  readonly admission: AdmissionVerdict | undefined;
};

export type Forward<Target> = {
  readonly kind: 'forward';
  readonly context: Context;
  readonly target: Target;
};

export type Reject = {
  readonly kind: 'reject';
  readonly context: Context;
  readonly reason: RejectReason;
  /** How the site wants its refusals answered. */
  readonly admission: Admission | undefined;
  /** When the client may come again, where a limit says so. */
  readonly retryAfterSeconds: number | undefined;
};
export type Redirect = { readonly kind: 'redirect'; readonly context: Context; readonly location: string };
export type Reset = { readonly kind: 'reset'; readonly context: Context };

/** Ask whether the client is signed in, and decide again with the answer. */
export type Verify<Target> = {
  readonly kind: 'verify';
  readonly context: Context;
  readonly target: Target;
  readonly rule: VerifySession;
};

/** What Mattermost says of a session; `unknown` where it says nothing. */
export type SessionAnswer = 'valid' | 'invalid' | 'unknown';

export type Decision<Target> = Forward<Target> | Reject | Redirect | Reset | Verify<Target>;
