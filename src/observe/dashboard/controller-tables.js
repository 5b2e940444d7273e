// The tables of certificates, findings, watches and workers, and the facts of the configuration.
import { emptyText, hostsCell, left } from './cells.js';
import { byId } from './dom.js';
import { count, duration, mebibytes, secondsSince } from './format.js';
import { fillFacts, makeTable } from './table.js';

/**
 * @typedef {import('./state.ts').State} State
 * @typedef {import('./table.js').Cell} Cell
 * @typedef {import('./sections.js').Fill} Fill
 */

const STALE_SECONDS = 300;

/** @returns {Fill} */
export function certificatesTable() {
  const fill = makeTable(byId('certificates-list'), 'Certificates in use, the first to expire first', [
    { head: 'Secret' },
    { head: 'Days left', isNumber: true },
    { head: 'State' },
    { head: 'Names' },
  ]);
  return ({ certificates, counts, lists, now }, isFiltered) =>
    fill({
      rows: certificates.map(({ key, names, notAfter }) => {
        const days = -secondsSince(notAfter, Date.parse(now)) / 86_400;
        return {
          key,
          cells: [
            key,
            count(Math.floor(days)),
            expiryCell(days, notAfter, counts.certificates.withinDays),
            hostsCell(names),
          ],
        };
      }),
      ...left(lists.certificates, 'certificates'),
      empty: emptyText(
        isFiltered,
        'No certificate: no site has TLS. Name a Secret in spec.tls of a policy or an Ingress.',
      ),
    });
}

/** @param {number} days  @param {string} notAfter  @param {number} soonDays  @returns {Cell} */
function expiryCell(days, notAfter, soonDays) {
  const date = notAfter.slice(0, 10);
  if (days < 0) return { mark: 'bad', text: 'expired', more: `since ${date}` };
  if (days < soonDays) return { mark: 'notice', text: 'expires soon', more: `on ${date}` };
  return { mark: 'good', text: 'valid', more: `until ${date}` };
}

/** @returns {Fill} */
export function findingsTable() {
  const fill = makeTable(byId('findings-list'), 'Findings about the objects', [
    { head: 'Object' },
    { head: 'Reason' },
    { head: 'What is wrong' },
    { head: 'What to do' },
  ]);
  return ({ configuration, lists }, isFiltered) =>
    fill({
      rows: configuration.findings.map((finding) => ({
        key: JSON.stringify(finding),
        cells: [
          { text: objectOf(finding), more: finding.field },
          {
            text: finding.reason,
            mark: finding.severity === 'error' ? 'bad' : 'notice',
            more: finding.severity,
          },
          finding.message,
          finding.remedy,
        ],
      })),
      ...left(lists.findings, 'findings'),
      empty: emptyText(isFiltered, 'Nothing is wrong with the objects.'),
    });
}

/** @param {import('./state.ts').FindingState} finding */
function objectOf({ object, location }) {
  if (object !== undefined) return `${object.kind}/${object.namespace}/${object.name}`;
  return location === undefined ? '–' : `${location.file}:${location.line}`;
}

/** @returns {Fill} */
export function watchesTable() {
  const fill = makeTable(byId('watches-list'), 'Watches of the API server', [
    { head: 'Kind' },
    { head: 'State' },
    { head: 'Last heard of', isNumber: true },
  ]);
  return ({ configuration }) =>
    fill({
      rows: configuration.watches.map(({ kind, stalenessSeconds }) => ({
        key: kind,
        cells: [
          kind,
          stalenessSeconds > STALE_SECONDS ? { mark: 'bad', text: 'stale' } : { mark: 'good', text: 'fresh' },
          `${duration(stalenessSeconds)} ago`,
        ],
      })),
      empty: 'Objects come from a folder of manifests: there is no watch of an API server.',
    });
}

/** @param {State} state */
export function fillGeneration({ generation, configuration, now }) {
  const { servedGeneration, served, errors, warnings } = configuration;
  const since = served === null ? 'not served yet' : `${duration(secondsSince(served, Date.parse(now)))} ago`;
  fillFacts(byId('generation'), [
    ['Generation', count(generation)],
    ['Served by all workers', servedGeneration >= generation ? 'yes' : `up to ${count(servedGeneration)}`],
    ['Last change', since],
    ['Errors', count(errors)],
    ['Warnings', count(warnings)],
  ]);
}

/** @returns {Fill} */
export function workersTable() {
  const fill = makeTable(byId('workers-list'), 'Threads that serve', [
    { head: 'Worker' },
    { head: 'State' },
    { head: 'Connections', isNumber: true },
    { head: 'WebSockets', isNumber: true },
    { head: 'Loop lag', isNumber: true },
    { head: 'Heap', isNumber: true },
    { head: 'Restarts', isNumber: true },
  ]);
  return ({ workers, generation }) =>
    fill({
      rows: workers.map((each) => ({
        key: String(each.worker),
        cells: [
          String(each.worker),
          workerState(each, generation),
          count(each.connections),
          count(each.webSockets),
          each.loopLagMs === null ? '–' : `${count(each.loopLagMs)} ms`,
          mebibytes(each.heapBytes),
          count(each.restarts),
        ],
      })),
      empty: 'No worker was started yet: the controller is still reading objects.',
    });
}

/** @param {import('./state.ts').WorkerState} worker  @param {number} generation  @returns {Cell} */
function workerState({ alive, generation: served }, generation) {
  if (!alive) return { mark: 'bad', text: 'not running', more: 'it is started again' };
  const more = `serves generation ${count(served)}`;
  return served < generation
    ? { mark: 'notice', text: 'behind', more }
    : { mark: 'good', text: 'running', more };
}
