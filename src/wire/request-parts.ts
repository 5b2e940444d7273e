// The parts of a request head between its bytes and its meaning; HTTP/1 and HTTP/2 both come down to these.
import type { ClientFault } from '../model/fault.ts';
import type { RequestHead } from '../model/request.ts';

/** A request line that was understood. */
export type RequestLine = {
  readonly method: string;
  readonly target: string;
  /** Authority of an absolute-form target (RFC 9112 section 3.2.2). */
  readonly authority: string | undefined;
  readonly version: RequestHead['version'];
  /** HTTP/2: a body follows, and where no length is stated it is as long as its stream. */
  readonly hasStreamedBody?: boolean;
};

export type FieldLines = {
  readonly fields: readonly string[];
  readonly names: readonly string[];
  readonly headBytes: number;
};

/** The values of the fields that stand at most once, at the places that SINGLE names. */
export type SingleFields = readonly (string | undefined)[];

export type HandshakeFault = Extract<ClientFault, 'request-malformed' | 'websocket-version'>;
