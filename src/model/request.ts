// What a client asked for, as parsed once: admission, routing and forwarding all read this one value.
import type { IpAddress } from './address.ts';
import type { TlsVersion } from './configuration.ts';

/** How the length of a message body is known (RFC 9112 section 6). */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** Responses only: the body ends with the connection. */
  | { readonly kind: 'close' };

/**
 * What the Upgrade fields amount to (rows U1 to U5): `none` also stands for upgrades that are ignored,
 * `websocket` for a handshake that is valid in every part.
 */
export type UpgradeRequest =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'websocket';
      readonly key: string;
      readonly protocols: readonly string[];
      readonly extensions: string | undefined;
    };

export type RequestHead = {
  readonly method: string;
  /** Origin form as it will be forwarded, query included; bytes as received. */
  readonly target: string;
  /** The part of the target before `?`. */
  readonly path: string;
  /** Host as received (what Mattermost must see). */
  readonly host: string;
  /** Host lower-cased, without port and trailing dot: what sites are found by. */
  readonly hostname: string;
  /** HTTP/1.0 gets no chunked body, no interim response and no persistent connection. */
  readonly version: '1.0' | '1.1' | '2';
  /** Name, value, name, value ... in the order received, hop-by-hop fields included. */
  readonly fields: readonly string[];
  /** The same names lower-cased: `names[i]` belongs to `fields[2 * i]`. */
  readonly names: readonly string[];
  /** Lower-case names the Connection field nominates for removal. */
  readonly nominated: readonly string[];
  readonly framing: BodyFraming;
  readonly upgrade: UpgradeRequest;
  readonly expectContinue: boolean;
  /** The client wants no further exchange on this connection. */
  readonly close: boolean;
  /** Bytes of the head on the wire. */
  readonly headBytes: number;
};

/** Facts about the connection a request came on; they never change while it lives. */
export type Client = {
  /** The other end as far as it is known: the socket's peer, or what a PROXY header said. */
  readonly peer: IpAddress;
  readonly peerPort: number;
  readonly localPort: number;
  readonly tls: ClientTls | undefined;
  /** The peer is one of --trusted-proxies: what it says about its client is believed. */
  readonly trusted: boolean;
  readonly charges: SourceCharges;
};

/** What a connection is counted as; alone of its facts it changes. Places in the table of what is open, or -1. */
export type SourceCharges = {
  connection: number;
  /** The limits it is counted by. */
  connectionOf: object | undefined;
  /** A connection that asks for a WebSocket serves nothing else. */
  webSocket: number;
};

/** Of a connection that was not counted yet. */
export function noCharges(): SourceCharges {
  return { connection: -1, connectionOf: undefined, webSocket: -1 };
}

export type ClientTls = {
  /** SNI lower-cased without trailing dot; undefined when the client sent none. */
  readonly serverName: string | undefined;
  readonly version: TlsVersion;
  /** The TLS policy that the handshake was made under: requests for another one get 421 (row S1). */
  readonly policy: string;
  /** The client has shown a certificate that the policy believes. */
  readonly hasCertificate: boolean;
};

/** Who really asks and by which scheme, after trusted proxies were heard. */
export type Origin = {
  readonly address: IpAddress;
  readonly scheme: 'http' | 'https';
  /** Port the client connected to, for X-Forwarded-Port. */
  readonly port: number;
};

/** The values of all field lines of that name, in order. */
export function valuesOfField(head: RequestHead, name: string): readonly string[] {
  return head.fields.filter((_, at) => at % 2 === 1 && head.names[at >> 1] === name);
}

/** The value of the one field line of that name; undefined where there is none, and also where there are several. */
export function singleField(head: RequestHead, name: string): string | undefined {
  const at = head.names.indexOf(name);
  if (at === -1 || head.names.indexOf(name, at + 1) !== -1) return undefined;
  return head.fields[2 * at + 1];
}
