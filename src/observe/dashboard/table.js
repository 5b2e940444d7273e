// Tables of the page: caption, heads, rows by key, and a sentence where there is nothing to show.
import { keep, make, setAttribute, setText } from './dom.js';

/**
 * @typedef {'good' | 'notice' | 'bad' | 'quiet'} Mark
 * @typedef {{ readonly text: string, readonly more?: string, readonly mark?: Mark,
 *   readonly progress?: { readonly done: number, readonly of: number } }} Cell
 * @typedef {{ readonly key: string, readonly cells: readonly (Cell | string)[] }} Row
 * @typedef {{ readonly head: string, readonly isNumber?: boolean }} Column
 * @typedef {{ readonly rows: readonly Row[], readonly left?: string, readonly empty: string }} Content
 */

/** Rows shown until somebody asks for all. */
export const FEW_ROWS = 15;

/**
 * Makes the table once, and gives what fills it.
 * @param {Element} place
 * @param {string} caption
 * @param {readonly Column[]} columns
 * @returns {(content: Content) => void}
 */
export function makeTable(place, caption, columns) {
  const heads = columns.map(({ head, isNumber }) =>
    make('th', { scope: 'col', role: 'columnheader', ...(isNumber ? { class: 'number' } : {}) }, head),
  );
  const body = make('tbody', { role: 'rowgroup' });
  const table = make(
    'table',
    { role: 'table' },
    make('caption', {}, caption),
    make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, ...heads)),
    body,
  );
  const empty = make('p', { class: 'empty' });
  const left = make('p', { class: 'quiet left' });
  const all = make('button', { type: 'button', hidden: '' });
  let showsAll = false;
  /** @type {Content} */
  let shown = { rows: [], empty: '' };
  place.append(table, empty, all, left);
  const fill = (/** @type {Content} */ content) => {
    shown = content;
    keep(body, showsAll ? content.rows : content.rows.slice(0, FEW_ROWS), {
      key: (row) => row.key,
      make: () => makeRow(columns),
      update: (element, row) => fillRow(element, row),
    });
    const isEmpty = content.rows.length === 0;
    body.toggleAttribute('hidden', isEmpty);
    table.classList.toggle('blank', isEmpty);
    empty.toggleAttribute('hidden', !isEmpty);
    setText(empty, isEmpty ? content.empty : '');
    left.toggleAttribute('hidden', content.left === undefined);
    setText(left, content.left ?? '');
    all.toggleAttribute('hidden', content.rows.length <= FEW_ROWS);
    setText(all, showsAll ? `Show ${FEW_ROWS} only` : `Show all ${content.rows.length}`);
  };
  all.addEventListener('click', () => {
    showsAll = !showsAll;
    fill(shown);
  });
  return fill;
}

/** @param {readonly Column[]} columns */
function makeRow(columns) {
  const cells = columns.map(({ head, isNumber }, at) => {
    const attributes = { 'data-head': head, ...(isNumber ? { class: 'number' } : {}) };
    const cell =
      at === 0
        ? make('th', { scope: 'row', role: 'rowheader', ...attributes })
        : make('td', { role: 'cell', ...attributes });
    cell.append(make('bdi'), make('small'));
    return cell;
  });
  return make('tr', { role: 'row' }, ...cells);
}

/** @param {Element} row  @param {Row} content */
function fillRow(row, { cells }) {
  for (const [at, cell] of cells.entries()) {
    const element = row.children[at];
    if (element !== undefined) fillCell(element, typeof cell === 'string' ? { text: cell } : cell);
  }
}

/** @param {Element} element  @param {Cell} cell */
function fillCell(element, { text, more = '', mark, progress }) {
  const [main, small] = element.children;
  if (main === undefined || small === undefined) return;
  setText(main, text);
  setAttribute(main, 'class', mark === undefined ? '' : `mark ${mark}`);
  setText(small, more);
  small.toggleAttribute('hidden', more === '');
  const bar = element.querySelector('progress');
  if (progress === undefined) {
    bar?.remove();
    return;
  }
  const shown = bar ?? element.appendChild(make('progress', { 'aria-label': 'WebSockets closed so far' }));
  setAttribute(shown, 'max', String(progress.of));
  setAttribute(shown, 'value', String(progress.done));
}

/** @param {Element} list  @param {readonly (readonly [string, string])[]} facts */
export function fillFacts(list, facts) {
  keep(list, facts, {
    key: ([name]) => name,
    make: () => make('div', {}, make('dt'), make('dd')),
    update: (element, [name, value]) => {
      const [term, description] = element.children;
      if (term !== undefined) setText(term, name);
      if (description !== undefined) setText(description, value);
    },
  });
}
