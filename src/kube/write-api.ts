// What those who write to the API server need of it: Leases, statuses, Events and key Secrets.
import type { JsonMap } from '../translate/objects/json-value.ts';

/** What is sent by server-side apply (fields of ours that it no longer names are removed; conflicts are forced). */
export type AppliedObject = { readonly manager: string; readonly object: JsonMap };

/** Each resolves with the object as the server now has it, or rejects with an ApiFailure. */
export type WriteApi = {
  get(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<unknown>;
  /** POST to a collection; `conflict` where the name is taken. */
  create(path: string, object: JsonMap, signal: AbortSignal): Promise<unknown>;
  /** PUT of a whole object; `conflict` where its resourceVersion is not the server's. */
  update(path: string, object: JsonMap, signal: AbortSignal): Promise<unknown>;
  /** Server-side apply; `conflict` where the object names a resourceVersion or uid that is not the server's. */
  apply(path: string, applied: AppliedObject, signal: AbortSignal): Promise<unknown>;
  /** Merge patch (RFC 7396). */
  patch(path: string, patch: JsonMap, signal: AbortSignal): Promise<unknown>;
};
