// What is asked of /api/state: how much of each list, and only what has some text in its names.

export type StateQuery = {
  /** Entries of each list at most. */
  readonly limit: number;
  /** Lower case; empty for everything. */
  readonly filter: string;
};

const DEFAULT_LIMIT = 1_000;
const MAX_LIMIT = 1_000_000;
const MAX_FILTER_LENGTH = 253;

/** @returns the mistake in words where there is one */
export function parseStateQuery(text: string): StateQuery | string {
  const parameters = new URLSearchParams(text);
  const unknown = [...parameters.keys()].find((name) => name !== 'limit' && name !== 'filter');
  if (unknown !== undefined)
    return 'Only limit and filter can be asked for: /api/state?limit=100&filter=chat';
  const limit = parameters.get('limit') ?? String(DEFAULT_LIMIT);
  if (!/^[1-9][0-9]{0,6}$/.test(limit) || Number(limit) > MAX_LIMIT)
    return `limit is a number from 1 to ${MAX_LIMIT}: /api/state?limit=100`;
  const filter = (parameters.get('filter') ?? '').trim().toLowerCase();
  if (filter.length > MAX_FILTER_LENGTH) return `filter has at most ${MAX_FILTER_LENGTH} characters`;
  return { limit: Number(limit), filter };
}
