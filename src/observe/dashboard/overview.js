// The overview: what needs attention, four numbers with their last minutes, and counts.
import { concernsOf } from './attention.js';
import { drawChart, makeChart } from './chart.js';
import { byId, keep, make, setAttribute, setText } from './dom.js';
import { count, counted, milliseconds, percent, short } from './format.js';
import { fillFacts } from './table.js';

/**
 * @typedef {import('./state.ts').State} State
 * @typedef {{ readonly title: string, readonly value: string, readonly more: string, readonly lines: readonly import('./chart.js').Line[],
 *   readonly unit: (value: number) => string }} Tile
 */

/** @param {State} state */
export function fillOverview(state) {
  fillAttention(state);
  const { intervalSeconds, requestsPerSecond } = state.traffic.history;
  const seconds = Math.max(60, intervalSeconds * requestsPerSecond.length);
  keep(byId('tiles'), tilesOf(state), {
    key: ({ title }) => title,
    make: () =>
      make(
        'article',
        {},
        make('h3'),
        make('p', { class: 'value' }),
        make('p', { class: 'quiet' }),
        makeChart(),
      ),
    update: (element, tile) => fillTile(element, tile, seconds),
  });
  fillCounts(state);
}

/** @param {State} state */
function fillAttention(state) {
  const concerns = concernsOf(state);
  const list = byId('attention');
  list.classList.toggle('calm', concerns.length === 0);
  list.classList.toggle('bad', concerns[0]?.mark === 'bad');
  document.title = `${concerns.length === 0 ? '' : `(${concerns.length}) `}mattermost-ingress`;
  const lines =
    concerns.length === 0 ? [{ mark: 'good', text: 'Nothing needs attention.', section: '' }] : concerns;
  keep(list, lines, {
    // What goes on counts, so only the words say whether it is the same.
    key: ({ text }) => text.replaceAll(/[0-9.,]+/g, ''),
    make: () => make('li', {}, make('span'), make('a')),
    update: (element, { mark, text, section }) => {
      const [sentence, link] = element.children;
      if (sentence === undefined || link === undefined) return;
      setText(sentence, text);
      setAttribute(sentence, 'class', `mark ${mark}`);
      link.toggleAttribute('hidden', section === '');
      setText(link, section === '' ? '' : `See ${section}`);
      setAttribute(link, 'href', `#${section}`);
    },
  });
}

/** @param {State} state  @returns {readonly Tile[]} */
function tilesOf({ traffic, counts }) {
  const { history, lastMinute, total, webSockets } = traffic;
  const { requestsPerSecond, serverErrorsPerSecond, clientErrorsPerSecond } = lastMinute;
  const part = (/** @type {number} */ rate) => (requestsPerSecond === 0 ? 0 : rate / requestsPerSecond);
  const perSecond = (/** @type {number} */ value) => `${short(value)}/s`;
  return [
    {
      title: 'Requests a second',
      value: short(requestsPerSecond),
      more: `last minute · ${count(total.requests)} in all · ${count(counts.inFlight)} in flight`,
      lines: [{ name: 'requests a second', look: 'area', values: history.requestsPerSecond }],
      unit: perSecond,
    },
    {
      title: 'WebSockets',
      value: count(webSockets),
      more: `open now`,
      lines: [{ name: 'WebSockets', look: 'area', values: history.webSockets }],
      unit: count,
    },
    {
      title: 'Server errors (5xx)',
      value: percent(part(serverErrorsPerSecond)),
      more: `last minute · 4xx (dashed) ${percent(part(clientErrorsPerSecond))}`,
      lines: [
        { name: '5xx a second', look: 'bad', values: history.serverErrorsPerSecond },
        { name: '4xx a second', look: 'line', values: history.clientErrorsPerSecond },
      ],
      unit: perSecond,
    },
    {
      title: 'Time to answer (p50)',
      value: milliseconds(lastMinute.p50Ms),
      more: `last minute · p99 (dashed) ${milliseconds(lastMinute.p99Ms)}`,
      lines: [
        { name: 'p50 in milliseconds', look: 'main', values: history.p50Ms },
        { name: 'p99 in milliseconds', look: 'line', values: history.p99Ms },
      ],
      unit: milliseconds,
    },
  ];
}

/** @param {Element} element  @param {Tile} tile  @param {number} seconds */
function fillTile(element, { title, value, more, lines, unit }, seconds) {
  const [heading, number, text, chart] = element.children;
  if (heading === undefined || number === undefined || text === undefined || chart === undefined) return;
  setText(heading, title);
  setText(number, value);
  setText(text, more);
  const parts = lines.map(({ name, values }) => {
    const known = values.filter((each) => each !== null);
    if (known.length === 0) return `${name}: nothing yet`;
    return `${name}: now ${short(known.at(-1) ?? 0)}, highest ${short(Math.max(...known))}`;
  });
  const sentence = `${parts.join('; ')}; over the last ${counted(Math.round(seconds / 60), 'minute')}.`;
  drawChart(chart, { lines, sentence, highest: unit, seconds });
}

/** @param {State} state */
function fillCounts({ counts }) {
  const { endpoints } = counts;
  fillFacts(byId('counts'), [
    ['Sites', count(counts.sites)],
    ['Sites closed', count(counts.closedSites)],
    ['Endpoints ready', count(endpoints.ready + endpoints['slow-start'])],
    ['draining', count(endpoints.draining)],
    ['unhealthy', count(endpoints.unhealthy + endpoints.ejected)],
  ]);
}
