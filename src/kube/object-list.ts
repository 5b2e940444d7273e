// A full list of one kind, page by page: every object read as it comes, so that no raw list is ever held.
import { isJsonList, isJsonMap, type JsonMap, type JsonValue } from '../translate/objects/json-value.ts';
import type { ObjectApi, Query } from './api-client.ts';
import { ApiFailure, failureOf } from './api-failure.ts';
import { versionOf } from './resource.ts';

/** Objects a page; large ones are asked for in smaller pages once a page was too large. */
const PAGE_SIZE = 500;
const PAGE_SHRINK = 10;
/** A list that changes its mind more often than this has gone wrong. */
const MAX_RESTARTS = 3;
const MAX_PAGES = 20_000;

export type ListRequest = {
  readonly api: ObjectApi;
  readonly path: string;
  readonly query: Query;
  /** The list exactly as it was at this version; without it, as it is now. */
  readonly exactVersion?: string | undefined;
  readonly signal: AbortSignal;
};

/**
 * Lists all objects and returns the version to watch from.
 * Throws ApiFailure; `expired` where the exact version is no longer known or the list cannot be read to its end.
 * @param start called before the first page, and again where the list has to begin anew
 */
export async function listAll(
  request: ListRequest,
  sink: { start(): void; item(value: JsonValue): void },
): Promise<string> {
  let pageSize = PAGE_SIZE;
  for (let restarts = 0; ; restarts += 1) {
    sink.start();
    try {
      return await readPages(request, pageSize, (value) => sink.item(value));
    } catch (error) {
      const { reason } = failureOf(error);
      const isSmaller = reason === 'too-large' && pageSize > 1;
      if (isSmaller) pageSize = Math.max(1, Math.floor(pageSize / PAGE_SHRINK));
      const isLost = reason === 'expired' && request.exactVersion === undefined;
      if (!(isSmaller || isLost) || restarts >= MAX_RESTARTS) throw error;
    }
  }
}

async function readPages(
  request: ListRequest,
  pageSize: number,
  take: (value: JsonValue) => void,
): Promise<string> {
  const { api, path, signal, exactVersion } = request;
  const exact: Query =
    exactVersion === undefined ? {} : { resourceVersion: exactVersion, resourceVersionMatch: 'Exact' };
  let next = '';
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    // A continue token stands for its version already; both together are refused.
    const position: Query = next === '' ? exact : { continue: next };
    const query = { ...request.query, ...position, limit: String(pageSize) };
    const page = readPage(await api.get(path, query, signal));
    for (const item of page.items) take(item);
    if (page.next === '') return page.version;
    next = page.next;
  }
  throw new ApiFailure('malformed', `A list did not end within ${MAX_PAGES} pages`);
}

type Page = { readonly items: readonly JsonValue[]; readonly version: string; readonly next: string };

function readPage(document: unknown): Page {
  const list = asMap(document);
  const version = list === undefined ? undefined : versionOf(list);
  const metadata = list?.['metadata'];
  const next = isJsonMap(metadata) ? metadata['continue'] : undefined;
  const items = list?.['items'];
  if (version === undefined || !(isJsonList(items) || items === null)) {
    throw new ApiFailure('malformed', 'The API server answered with what is no list');
  }
  return { items: items ?? [], version, next: typeof next === 'string' ? next : '' };
}

/** What JSON.parse gives is JSON. */
function asMap(document: unknown): JsonMap | undefined {
  const value = document as JsonValue | undefined;
  return isJsonMap(value) ? value : undefined;
}
