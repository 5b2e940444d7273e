// So much of a list as was asked for, and how much there is beyond it.
import type { ListSize } from '../../observe/dashboard/state.ts';
import type { StateQuery } from '../../observe/state-query.ts';

type Excerpt<Item> = { readonly items: readonly Item[]; readonly size: ListSize };

/** @param text what the filter looks at */
export function excerptOf<Item>(
  all: readonly Item[],
  { limit, filter }: StateQuery,
  text: (item: Item) => string,
): Excerpt<Item> {
  const matching = filter === '' ? all : all.filter((item) => text(item).toLowerCase().includes(filter));
  const items = matching.slice(0, limit);
  return { items, size: { total: all.length, matching: matching.length, listed: items.length } };
}
