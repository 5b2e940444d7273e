// What several tables say in the same way.
import { count } from './format.js';

/** @typedef {import('./table.js').Cell} Cell */

/** @param {import('./state.ts').ListSize} size  @param {string} many */
export function left({ matching, listed }, many) {
  const beyond = matching - listed;
  return beyond > 0 ? { left: `${count(beyond)} more ${many} are not shown: filter to find them.` } : {};
}

/** @param {boolean} isFiltered  @param {string} sentence */
export function emptyText(isFiltered, sentence) {
  return isFiltered ? 'Nothing here matches the filter. Clear it to see everything.' : sentence;
}

/** @param {readonly string[]} hosts  @returns {Cell} */
export function hostsCell(hosts) {
  const [first = '', ...others] = hosts;
  const more = others.slice(0, 3).join(', ');
  const beyond = others.length - 3;
  return { text: first, more: beyond > 0 ? `${more} and ${count(beyond)} more` : more };
}
