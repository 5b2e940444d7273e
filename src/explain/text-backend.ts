// The part of the text that speaks of nodes: their states, the choice, and what is sent there.
import type { ExplainedEndpoint, Explanation } from './explanation.ts';
import { counted, type Paint, section } from './wording.ts';

/** Of a large Service the chosen and the failing ones say most. */
const SHOWN_ENDPOINTS = 20;

export function endpointLines({ endpoints }: Explanation, paint: Paint): readonly string[] {
  if (endpoints === undefined) return [];
  const { service, loadBalancing, isLive, all } = endpoints;
  const sorted = all.toSorted((a, b) => weightOf(b) - weightOf(a));
  const left = all.length - SHOWN_ENDPOINTS;
  const states = isLive ? 'as they are now' : 'states are not known';
  return section('Nodes', [
    `Service ${service}, ${loadBalancing}, ${states}`,
    ...sorted.slice(0, SHOWN_ENDPOINTS).map((each) => endpointLine(each, isLive, paint)),
    ...(left > 0 ? [`and ${left} more`] : []),
  ]);
}

function weightOf({ isChosen, isUsable }: ExplainedEndpoint): number {
  return isChosen ? 2 : isUsable ? 0 : 1;
}

function endpointLine(endpoint: ExplainedEndpoint, isLive: boolean, paint: Paint): string {
  const { name, address, port, state, reason, inFlight = 0, webSockets = 0, isUsable, isChosen } = endpoint;
  const mark = isChosen ? paint('good', '->') : '  ';
  const place = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  // Without a pod it is called by its place.
  const subject = name === place ? name : `${name} ${place}`;
  const why = reason === undefined || state === 'draining' ? '' : ` (${reason})`;
  const load = `, ${counted(inFlight, 'request')}, ${counted(webSockets, 'WebSocket')}`;
  const word = paint(isUsable ? 'good' : 'bad', state);
  return `${mark} ${subject}: ${word}${why}${isLive ? load : ''}${isUsable ? '' : ', takes no new users'}`;
}

export function sentLines({ backend }: Explanation): readonly string[] {
  if (backend === undefined) return [];
  const { method, path, query, kept, dropped, added, tls } = backend;
  const names = query.length === 0 ? '' : `?${query.map((name) => `${name}=...`).join('&')}`;
  return section('Sent', [
    `${method} ${path}${names}${tls ? ' over TLS' : ''}`,
    `kept: ${kept.join(', ')}`,
    ...dropped.map(({ name, why }) => `dropped: ${name}, ${why}`),
    ...added.map(({ name, value }) => `added: ${name}: ${value}`),
  ]);
}
