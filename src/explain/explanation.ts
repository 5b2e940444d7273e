// What is explained of one request: plain data, the same for people and for tools. No secret gets in here: of fields and
// cookies there are names, of the query too, and of the values that rules want nothing but how many there are.
import type { AdmissionAction } from '../model/configuration.ts';
import type { AffinityResult, LimitResult, SessionAnswer } from '../model/decision.ts';
import type { HealthState } from '../model/health-board.ts';

export type Explanation = {
  /** `answer`: the proxy answers itself. `reset`, `no-handshake`: there is no answer. */
  readonly outcome: 'forward' | 'answer' | 'redirect' | 'reset' | 'no-handshake';
  readonly request: ExplainedRequest;
  readonly client: ExplainedClient;
  /** Absent where it did not come to that, like all that follows. */
  readonly site?: ExplainedSite;
  readonly limits?: ExplainedLimits;
  readonly admission?: ExplainedAdmission;
  readonly persistence?: ExplainedPersistence;
  readonly endpoints?: ExplainedEndpoints;
  readonly backend?: ExplainedBackend;
  readonly answer: ExplainedAnswer;
  /** What to know besides, or to try next. */
  readonly notes: readonly string[];
};

export type ExplainedRequest = {
  readonly method: string;
  /** Without the query, secret segments masked. */
  readonly path: string;
  readonly host: string;
  readonly version: string;
  /** Names of query parameters. */
  readonly query: readonly string[];
  /** Names of fields as they were sent. */
  readonly fields: readonly string[];
  /** Names of cookies. */
  readonly cookies: readonly string[];
  readonly isWebSocket: boolean;
};

export type ExplainedClient = {
  readonly address: string;
  /** How the address is known. */
  readonly by: 'connection' | 'X-Forwarded-For';
  /** Whoever connects. */
  readonly peer: string;
  readonly isTrustedProxy: boolean;
  readonly scheme: 'http' | 'https';
  readonly tls?: {
    readonly serverName: string | undefined;
    readonly version: string;
    readonly hasCertificate: boolean;
  };
};

export type ExplainedSite = {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Host pattern that it was found by, and how. */
  readonly host: string;
  readonly hostMatch: 'exact' | 'wildcard' | 'any';
  readonly path: string;
  readonly pathType: 'Exact' | 'Prefix';
  /** Other paths of this host, longest first: the first that fits serves. */
  readonly otherPaths: readonly {
    readonly path: string;
    readonly pathType: string;
    readonly fits: boolean;
  }[];
  /** Why it is held at 503. */
  readonly closed?: string;
};

export type ExplainedLimits = {
  readonly requestBodyBytes: number;
  /** 0 for none. */
  readonly requestsPerSecond: number;
  readonly burst: number;
  readonly connectionsPerSource: number;
  readonly webSocketsPerSource: number;
  /** Absent where the site has none of them. */
  readonly result?: LimitResult;
};

export type ExplainedCondition = {
  /** As the policy spells it: `sourceCIDRs`, `headers[X-App]`. */
  readonly field: string;
  readonly holds: boolean;
  readonly why: string;
};

export type ExplainedRule = {
  readonly name: string;
  readonly action: AdmissionAction;
  /** `not-reached`: a rule before it matched. */
  readonly result: 'matched' | 'not-matched' | 'not-reached';
  readonly conditions: readonly ExplainedCondition[];
};

export type ExplainedAdmission = {
  readonly mode: 'Enforce' | 'Observe';
  readonly rules: readonly ExplainedRule[];
  readonly defaultAction: AdmissionAction;
  /** Name of the rule, or `default`. */
  readonly rule: string;
  readonly action: AdmissionAction;
  /** Data keys of the Secrets whose values came, one of each header that asks for a secret. */
  readonly secretKeys?: readonly string[];
  /** Only the look of a cookie or token let it in: nothing of the node but a 101 is passed on. */
  readonly needs101: boolean;
  /** Mattermost would be asked for the session; this is what it is taken to say. */
  readonly session?: {
    readonly assumed: SessionAnswer;
    readonly otherwise: readonly { readonly answer: SessionAnswer; readonly outcome: string }[];
  };
};

export type ExplainedPersistence = {
  readonly type: 'Cookie' | 'SourceAddress' | 'None';
  readonly cookieName?: string;
  /** In the order in which they are tried. */
  readonly keys: readonly { readonly key: string; readonly result: string }[];
  /** Which of them led to the node; absent where there is none. */
  readonly result?: AffinityResult;
  /** A new cookie comes with the answer; absent where that goes by which node chance chooses. */
  readonly setsCookie?: boolean;
};

export type ExplainedEndpoint = {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly state: HealthState | 'draining';
  /** Why it is in that state, where that is known. */
  readonly reason?: string;
  readonly inFlight?: number;
  readonly webSockets?: number;
  /** Takes users that belong to no other node. */
  readonly isUsable: boolean;
  /** Would get the request, or might where chance decides. */
  readonly isChosen: boolean;
};

export type ExplainedEndpoints = {
  readonly service: string;
  readonly loadBalancing: string;
  /** States and loads are those of a running controller; else all are taken to be healthy and idle. */
  readonly isLive: boolean;
  readonly all: readonly ExplainedEndpoint[];
};

export type ExplainedBackend = {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  /** Names of the client's fields that go on. */
  readonly kept: readonly string[];
  readonly dropped: readonly { readonly name: string; readonly why: string }[];
  /** Ours. */
  readonly added: readonly { readonly name: string; readonly value: string }[];
  readonly tls: boolean;
};

export type ExplainedAnswer = {
  /** Absent where the node gives it, or nobody does. */
  readonly status?: number;
  readonly reason?: string;
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  readonly body?: string;
  readonly closesConnection: boolean;
};
