// The tables of sites and endpoints.
import { emptyText, hostsCell, left } from './cells.js';
import { byId } from './dom.js';
import { clockTime, count, counted, duration, secondsSince } from './format.js';
import { makeTable } from './table.js';

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
  const more = `${count(usable)} of ${counted(total, 'endpoint')} take users`;
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
  return ({ backends, lists, now }, isFiltered) =>
    fill({
      rows: backends.flatMap(({ key, service, endpoints }) =>
        endpoints.map((endpoint) => ({
          key: JSON.stringify([key, endpoint.name, endpoint.address, endpoint.port]),
          cells: [
            { text: endpoint.name, more: addressOf(endpoint) },
            ENDPOINT_STATES[endpoint.state] ?? endpoint.state,
            changeCell(endpoint, Date.parse(now)),
            count(endpoint.inFlight),
            webSocketsCell(endpoint),
            { text: `${service.namespace}/${service.name}`, more: `port ${service.port}` },
          ],
        })),
      ),
      ...left(lists.backends, 'Services'),
      empty: emptyText(
        isFiltered,
        'No endpoint. A Service that a site names has no ready pod, or there is no site yet: kubectl get endpointslices.',
      ),
    });
}

/** @param {EndpointView} endpoint */
function addressOf({ address, port }) {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** @param {EndpointView} endpoint  @param {number} nowMs  @returns {Cell} */
function changeCell({ reason, since, lastCheck }, nowMs) {
  const failure =
    lastCheck?.kind === 'failed' ? `: ${lastCheck.failure} ${lastCheck.status ?? ''}`.trimEnd() : '';
  const ago =
    since === null ? '' : `${duration(secondsSince(since, nowMs))} ago, at ${clockTime(Date.parse(since))}`;
  return { text: `${REASONS[reason] ?? reason}${reason === 'check-failed' ? failure : ''}`, more: ago };
}

/** @param {EndpointView} endpoint  @returns {Cell} */
function webSocketsCell({ webSockets, webSocketsAtDrain }) {
  if (webSocketsAtDrain === undefined) return { text: count(webSockets) };
  // Who had one and comes back in the meantime is counted again.
  const most = Math.max(webSocketsAtDrain, webSockets);
  const done = most - webSockets;
  const more = most === 0 ? 'none to close' : `${count(done)} of ${count(most)} closed`;
  return { text: count(webSockets), more, progress: { done: most === 0 ? 1 : done, of: Math.max(1, most) } };
}
