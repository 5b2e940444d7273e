// The tables of admission: decisions by rule, and who was refused.
import { emptyText, left } from './cells.js';
import { byId, visible } from './dom.js';
import { clockTime, count } from './format.js';
import { makeTable } from './table.js';

/**
 * @typedef {import('./table.js').Cell} Cell
 * @typedef {import('./sections.js').Fill} Fill
 */

/** @returns {Fill} */
export function decisionsTable() {
  const fill = makeTable(byId('decisions-list'), 'Decisions by rule, refusals first', [
    { head: 'Rule' },
    { head: 'Action' },
    { head: 'Last minute', isNumber: true },
    { head: 'Since the start', isNumber: true },
    { head: 'Host' },
    { head: 'Object' },
  ]);
  return ({ admission, lists }, isFiltered) =>
    fill({
      rows: admission.map((each) => ({
        key: JSON.stringify([each.site, each.host, each.rule, each.action, each.mode]),
        cells: [
          { text: each.rule, more: each.rule === 'default' ? 'no rule matched' : '' },
          actionCell(each.action, each.mode),
          count(each.lastMinute),
          count(each.total),
          each.host,
          each.site,
        ],
      })),
      ...left(lists.admission, 'rules'),
      empty: emptyText(isFiltered, 'No request came yet, or no site has admission rules.'),
    });
}

/** @param {string} action  @param {string} mode  @returns {Cell} */
function actionCell(action, mode) {
  const more = mode === 'Observe' && action !== 'Allow' ? 'Observe: let in all the same' : '';
  return { text: action, more, mark: action === 'Allow' ? 'good' : more === '' ? 'bad' : 'notice' };
}

/** @returns {Fill} */
export function refusedTable() {
  const fill = makeTable(byId('refused-list'), 'What was refused most of late', [
    { head: 'Reason' },
    { head: 'Rule' },
    { head: 'Requests', isNumber: true },
    { head: 'Object' },
  ]);
  return ({ refusals }) => {
    /** @type {Map<string, { text: readonly string[], requests: number }>} */
    const groups = new Map();
    for (const { reason, rule, site } of refusals.list) {
      const key = JSON.stringify([reason, rule, site]);
      const group = groups.get(key) ?? { text: [reason, rule, site], requests: 0 };
      groups.set(key, { ...group, requests: group.requests + 1 });
    }
    const sorted = [...groups].toSorted(([, a], [, b]) => b.requests - a.requests).slice(0, 10);
    byId('refused-list').toggleAttribute('hidden', sorted.length === 0);
    fill({
      rows: sorted.map(
        ([
          key,
          {
            text: [reason = '', rule = '', site = ''],
            requests,
          },
        ]) => ({
          key,
          cells: [reason, rule === '' ? '–' : rule, count(requests), site === '' ? 'no site' : site],
        }),
      ),
      empty: '',
    });
  };
}

/** @returns {Fill} */
export function refusalsTable() {
  const fill = makeTable(byId('refusals-list'), 'Requests refused or failed last, newest first', [
    { head: 'Reason' },
    { head: 'Status', isNumber: true },
    { head: 'When' },
    { head: 'Client' },
    { head: 'Request' },
    { head: 'Object' },
  ]);
  return ({ refusals, lists }, isFiltered) =>
    fill({
      rows: refusals.list.map((each, at) => ({
        key: String(refusals.list.length - at),
        cells: [
          { text: each.reason, more: each.rule === '' ? '' : `rule ${each.rule}` },
          count(each.status),
          clockTime(Date.parse(each.at)),
          each.client === '' ? '–' : each.client,
          { text: visible(`${each.method} ${each.path}`.trim()) || '–', more: visible(each.host) },
          each.site === '' ? 'no site' : each.site,
        ],
      })),
      ...left(lists.refusals, 'requests'),
      empty: emptyText(
        isFiltered,
        refusals.isLogged
          ? 'Nothing was refused and nothing failed of late.'
          : 'Refusals are read from the access log, which is off: start with --log-level info to see them here.',
      ),
    });
}
