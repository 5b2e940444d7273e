// The tables of sites and endpoints.
import { emptyText, hostsCell, left } from './cells.js';
import { byId } from './dom.js';
import { clockTime, count, counted, duration, secondsSince } from './format.js';
import { FEW_ROWS, makeTable } from './table.js';

/**
 * @typedef {import('./state.ts').State} State
 * @typedef {import('./state.ts').EndpointView} EndpointView
 * @typedef {import('./table.js').Cell} Cell
 * @typedef {import('./sections.js').Fill} Fill
 */

/** @type {Readonly<Record<string, { readonly mark: 'good' | 'notice' | 'bad', readonly text: string }>>} */
const ENDPOINT_STATES = {
  ready: { mark: 'good', text: 'ready' },
  'slow-start': { mark: 'good', text: 'starting slowly' },
  draining: { mark: 'notice', text: 'draining' },
  unhealthy: { mark: 'bad', text: 'unhealthy' },
  ejected: { mark: 'bad', text: 'ejected' },
};

/** @type {Readonly<Record<string, string>>} */
const REASONS = {
  added: 'came to the Service',
  'check-failed': 'its health checks fail',
  'check-passed': 'its health checks pass again',
  'failures-in-a-row': 'requests failed in a row',
  'ejection-over': 'its time out is over',
  'slow-start-over': 'its slow start is over',
  terminating: 'its pod is being stopped',
};

/** @returns {Fill} */
export function sitesTable() {
  const fill = makeTable(byId('sites-list'), 'What is served, and by whom', [
    { head: 'Hosts' },
    { head: 'Path' },
    { head: 'State' },
    { head: 'Object' },
    { head: 'Backend' },
  ]);
  return ({ sites, lists }, isFiltered) =>
    fill({
      rows: sites.map((site) => ({
        key: site.key,
        cells: [hostsCell(site.hosts), site.path, siteState(site), site.key, backendName(site.backend)],
      })),
      ...left(lists.sites, 'sites'),
      empty: emptyText(
        isFiltered,
        'No site yet. Create a MattermostIngressPolicy, or an Ingress of this class; kubectl get mmip -A shows whether it was accepted.',
      ),
    });
}

/** Without the digest that tells settings apart. @param {string | undefined} key */
function backendName(key = '–') {
  return key.replace(/\/[0-9a-f]{16}$/, '');
}

/** @param {State['sites'][number]} site  @returns {Cell} */
function siteState({ closed, endpoints }) {
  if (closed !== undefined) return { mark: 'bad', text: 'closed', more: `answers 503: ${closed}` };
  const { usable = 0, total = 0 } = endpoints ?? {};
  const more = `${count(usable)} of ${counted(total, 'endpoint')} ${total === 1 ? 'takes' : 'take'} users`;
  if (usable === 0) return { mark: 'bad', text: 'no endpoints', more };
  return usable < total ? { mark: 'notice', text: 'open', more } : { mark: 'good', text: 'open', more };
}

/** @returns {Fill} */
export function endpointsTable() {
  const fill = makeTable(byId('endpoints-list'), 'Nodes of Mattermost, those with news first', [
    { head: 'Endpoint' },
    { head: 'State' },
    { head: 'Last change' },
    { head: 'In flight', isNumber: true },
    { head: 'WebSockets', isNumber: true },
    { head: 'Service' },
  ]);
  return (state, isFiltered) =>
    fill({
      rows: endpointRows(state),
      ...left(state.lists.backends, 'Services'),
      empty: emptyText(
        isFiltered,
        'No endpoint. A Service that a site names has no ready pod, or there is no site yet: kubectl get endpointslices.',
      ),
    });
}

/** Where there are too many to be seen at once, those that are not simply ready come first. @param {State} state */
function endpointRows({ backends, leftEndpoints, now }) {
  const nowMs = Date.parse(now);
  const gone = leftEndpoints.map((endpoint, at) => ({
    isReady: false,
    key: `left ${at}`,
    cells: endpointCells(
      endpoint,
      { mark: 'notice', text: 'left' },
      agoCell('is no longer in the Service', endpoint.since, nowMs),
    ),
  }));
  const placed = backends.flatMap(({ key, service, endpoints }) =>
    endpoints.map((endpoint) => ({
      isReady: endpoint.state === 'ready',
      key: `${key} ${endpoint.name} ${addressOf(endpoint)}`,
      cells: endpointCells(
        { ...endpoint, service },
        ENDPOINT_STATES[endpoint.state] ?? { text: endpoint.state },
        changeCell(endpoint, nowMs),
      ),
    })),
  );
  const all = [...gone, ...placed];
  return all.length > FEW_ROWS ? all.toSorted((a, b) => Number(a.isReady) - Number(b.isReady)) : all;
}

/**
 * @param {Pick<EndpointView, 'name' | 'address' | 'port' | 'inFlight' | 'webSockets' | 'webSocketsAtDrain'> & { readonly service: State['backends'][number]['service'] }} endpoint
 * @param {Cell} state
 * @param {Cell} change
 */
function endpointCells(endpoint, state, change) {
  const { name, service, inFlight } = endpoint;
  return [
    { text: name, more: addressOf(endpoint) },
    state,
    change,
    count(inFlight),
    webSocketsCell(endpoint),
    { text: `${service.namespace}/${service.name}`, more: `port ${service.port}` },
  ];
}

/** @param {Pick<EndpointView, 'address' | 'port'>} endpoint */
function addressOf({ address, port }) {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** @param {EndpointView} endpoint  @param {number} nowMs  @returns {Cell} */
function changeCell({ reason, since, lastCheck }, nowMs) {
  const failure =
    lastCheck?.kind === 'failed' ? `: ${lastCheck.failure} ${lastCheck.status ?? ''}`.trimEnd() : '';
  return agoCell(`${REASONS[reason] ?? reason}${reason === 'check-failed' ? failure : ''}`, since, nowMs);
}

/** @param {string} text  @param {string | null} since  @param {number} nowMs  @returns {Cell} */
function agoCell(text, since, nowMs) {
  if (since === null) return { text };
  const ago = duration(secondsSince(since, nowMs));
  return { text, more: `${ago} ago, at ${clockTime(Date.parse(since))}` };
}

/** @param {Pick<EndpointView, 'webSockets' | 'webSocketsAtDrain'>} endpoint  @returns {Cell} */
function webSocketsCell({ webSockets, webSocketsAtDrain }) {
  if (webSocketsAtDrain === undefined) return { text: count(webSockets) };
  // Who had one and comes back in the meantime is counted again.
  const most = Math.max(webSocketsAtDrain, webSockets);
  const done = most - webSockets;
  const more = most === 0 ? 'none to close' : `${count(done)} of ${count(most)} closed`;
  return { text: count(webSockets), more, progress: { done: most === 0 ? 1 : done, of: Math.max(1, most) } };
}
