// What a backend answered, as parsed once.
import type { BodyFraming } from './request.ts';

export type ResponseHead = {
  readonly status: number;
  readonly version: '1.0' | '1.1';
  /** Name, value, name, value ... in the order received. */
  readonly fields: readonly string[];
  /** The same names lower-cased. */
  readonly names: readonly string[];
  /** Lower-case names the Connection field nominates for removal, `close` and `upgrade` included. */
  readonly nominated: readonly string[];
  readonly framing: BodyFraming;
  /** Content-Length as a number where one was sent, also on answers that have no body (HEAD, 304). */
  readonly contentLength: number | undefined;
  /** The backend keeps the connection open after this answer. */
  readonly persistent: boolean;
  /** For how long it says that it does so without another request; undefined where it says nothing. */
  readonly keepAliveMs: number | undefined;
};
