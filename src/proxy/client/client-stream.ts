// What an exchange and its client tell each other, whichever version of HTTP the client speaks.
import type { Socket } from 'node:net';
import type { ClientFault } from '../../model/fault.ts';
import type { ClientWaits } from '../../model/limits.ts';
import type { BodyFraming, Client } from '../../model/request.ts';
import type { SocketOwner } from '../socket-owner.ts';

/** The answer, as an exchange writes it; what is small is gathered until `flush` or `end`. */
export type ResponseWriter = {
  /** The client reads too slowly: wait for `onClientDrain`. */
  readonly isFull: boolean;
  /** Bytes handed over since the connection was opened. */
  readonly bytes: number;
  interim(status: number, fields: readonly string[]): void;
  head(status: number, fields: readonly string[], framing: BodyFraming, close: boolean): void;
  body(chunk: Buffer, start: number, end: number): void;
  end(): void;
  flush(): void;
};

/** What stays of a client while it has a tunnel. */
export type TunneledClient = {
  /** Its socket is closed. */
  onGone(): void;
};

/** Calls down: an exchange tells its client. */
export type ClientStream = {
  readonly client: Client;
  readonly response: ResponseWriter;
  /** Content bytes of the request body so far. */
  readonly requestBytes: number;
  /** The whole request, body included, has been delivered. */
  readonly isRequestComplete: boolean;
  /** The next answer must end the connection: the client, or how much it has served, wants so. */
  readonly mustClose: boolean;
  /** How the client is waited for from now on; at first as the listener says. */
  waits: ClientWaits;
  /** Deliver the request body, now and as it comes; `holdBody` stops that. */
  wantBody(maxBytes: number): void;
  holdBody(): void;
  /** The exchange is over; the connection goes on to its next request or closes. */
  finish(close: boolean): void;
  /** TCP RST: for who is not wanted, and for an answer that cannot be completed, so that none takes it for whole. */
  reset(): void;
  /** Sends the 101. */
  switchProtocols(fields: readonly string[]): Socket;
  /** The socket is the tunnel's from here on; nothing of the stream is needed any more but what this returns. */
  enterTunnel(tunnel: SocketOwner): TunneledClient;
};

/** Calls up: the client tells the exchange it belongs to. */
export type ClientListener = {
  /** The head was complete; called once, before anything else. */
  start(): void;
  onRequestBody(chunk: Buffer, start: number, end: number): void;
  onRequestEnd(): void;
  /** All request bytes that came together were handed over. */
  onClientReadEnd(): void;
  onRequestFault(code: ClientFault): void;
  onClientDrain(): void;
  /** The connection is gone; nothing can be sent any more. */
  onClientGone(): void;
};
