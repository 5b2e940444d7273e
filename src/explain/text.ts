// An explanation as text for people, from what happened to why. Nothing here decides anything.
import type { AffinityResult } from '../model/decision.ts';
import type { ExplainedRule, Explanation } from './explanation.ts';
import { endpointLines, sentLines } from './text-backend.ts';
import { counted, listed, bytesText, type Paint, printableParts, section, type Tone } from './wording.ts';

/** Lines with their line feeds. */
export function explanationText(given: Explanation, paint: Paint): string {
  const explanation = printableParts(given);
  const parts = [
    headline(explanation, paint),
    clientLines(explanation),
    siteLines(explanation),
    limitLines(explanation),
    admissionLines(explanation, paint),
    persistenceLines(explanation),
    endpointLines(explanation, paint),
    sentLines(explanation),
    answerLines(explanation),
    explanation.notes.length === 0 ? [] : section('Notes', explanation.notes),
  ];
  const lines = parts.flat().map((line) => paintTitle(line, paint));
  return `${lines.join('\n')}\n`;
}

/** What stands before the first two blanks of a line that is not indented. */
function paintTitle(line: string, paint: Paint): string {
  const title = /^[A-Z][a-z]+(?= {2})/.exec(line)?.[0];
  return title === undefined ? line : paint('title', title) + line.slice(title.length);
}

function headline(
  { request, client, outcome, answer, endpoints }: Explanation,
  paint: Paint,
): readonly string[] {
  const { method, host, path, query, version, isWebSocket } = request;
  const names = query.length === 0 ? '' : `?${query.map((name) => `${name}=...`).join('&')}`;
  const what = isWebSocket ? 'WebSocket, ' : '';
  const because = answer.reason === undefined ? '' : ` (${answer.reason})`;
  const chosen = endpoints?.all.filter(({ isChosen }) => isChosen).map(({ name }) => name) ?? [];
  const words = {
    forward: `goes to ${chosen.length === 1 ? chosen[0] : `one of ${listed(chosen)}`}`,
    answer: `is answered here with ${answer.status}${because}`,
    redirect: `is redirected with ${answer.status}`,
    reset: `has its connection reset${because}`,
    'no-handshake': 'never comes to be: there is no connection',
  };
  const verdict = paint(outcome === 'forward' ? 'good' : 'bad', words[outcome]);
  return [`${method} ${client.scheme}://${host}${path}${names} (${what}HTTP/${version})`, verdict, ''];
}

function clientLines({ client, request }: Explanation): readonly string[] {
  const { address, peer, by, isTrustedProxy, scheme, tls } = client;
  const from = by === 'connection' ? address : `${address}, as the trusted proxy ${peer} says`;
  const trusted = by === 'connection' && isTrustedProxy ? ' (a trusted proxy that names no client)' : '';
  const name = tls?.serverName === undefined ? 'without a name' : `as ${tls.serverName}`;
  const certificate = tls?.hasCertificate === true ? ', with a certificate' : '';
  const over = tls === undefined ? scheme : `TLS ${tls.version} ${name}${certificate}`;
  return section('Client', [
    `${from}${trusted}, over ${over}`,
    `fields: ${request.fields.join(', ')}`,
    ...(request.cookies.length === 0 ? [] : [`cookies: ${request.cookies.join(', ')}`]),
  ]);
}

function siteLines({ site }: Explanation): readonly string[] {
  if (site === undefined) return [];
  const { kind, namespace, name, host, hostMatch, path, pathType, otherPaths, closed } = site;
  const others = otherPaths.map(
    (each) => `${each.path}${each.fits ? ' (fits, but is shorter or younger)' : ''}`,
  );
  return section('Site', [
    `${kind} ${namespace}/${name}`,
    `host ${host} (${hostMatch}), path ${path} (${pathType})`,
    ...(others.length === 0 ? [] : [`other paths of the host: ${listed(others, 10)}`]),
    ...(closed === undefined ? [] : [`held at 503: ${closed}`]),
  ]);
}

function limitLines({ limits }: Explanation): readonly string[] {
  if (limits === undefined) return [];
  const { requestsPerSecond: rate, burst, connectionsPerSource, webSocketsPerSource, result } = limits;
  const some = [
    ...(rate > 0 ? [`${rate} requests a second, ${burst} at once beyond`] : []),
    ...(connectionsPerSource > 0 ? [counted(connectionsPerSource, 'connection')] : []),
    ...(webSocketsPerSource > 0 ? [counted(webSocketsPerSource, 'WebSocket')] : []),
  ];
  const bySource =
    some.length === 0 ? 'none' : `${some.join('; ')}${result === undefined ? '' : `: ${result}`}`;
  return section('Limits', [
    `body of ${bytesText(limits.requestBodyBytes)}`,
    `by client address: ${bySource}`,
  ]);
}

function admissionLines({ admission }: Explanation, paint: Paint): readonly string[] {
  if (admission === undefined) return [];
  const { mode, rules, rule, action, defaultAction, secretKeys, session } = admission;
  const key = secretKeys === undefined ? '' : `, by the key ${secretKeys.join(' and ')}`;
  const decided = rule === 'default' ? 'no rule matches' : `rule ${rule}${key}`;
  return section('Admission', [
    `${mode}: ${decided}: ${action}`,
    ...rules.flatMap((each) => ruleLines(each, paint)),
    `default: ${defaultAction}`,
    ...(session === undefined
      ? []
      : [
          `Mattermost would be asked for the session; taken to say: ${session.assumed}`,
          ...session.otherwise.map(({ answer, outcome }) => `  if ${answer}: ${outcome}`),
        ]),
  ]);
}

const RESULTS: Readonly<Record<ExplainedRule['result'], readonly [Tone, string]>> = {
  matched: ['good', 'matches'],
  'not-matched': ['bad', 'does not match'],
  'not-reached': ['quiet', 'not reached'],
};

function ruleLines({ name, action, result, conditions }: ExplainedRule, paint: Paint): readonly string[] {
  const [tone, word] = RESULTS[result];
  return [
    `${name} (${action}): ${paint(tone, word)}`,
    ...conditions.map(({ field, holds, why }) => {
      const mark = paint(holds ? 'good' : 'bad', holds ? 'yes' : 'no ');
      return `  ${mark} ${field}: ${why}`;
    }),
  ];
}

const FOUND_BY: Readonly<Record<AffinityResult, string>> = {
  cookie: 'the node of its cookie',
  'cookie-draining': 'the node of its cookie, which is draining',
  user: 'the node of this user',
  source: 'the node of this address',
  balanced: 'whoever load balancing chooses',
};

function persistenceLines({ persistence }: Explanation): readonly string[] {
  if (persistence === undefined) return [];
  const { type, keys, result } = persistence;
  return section('Persistence', [
    result === undefined ? type : `${type}: ${result}, ${FOUND_BY[result]}`,
    ...keys.map(({ key, result: said }) => `  ${key}: ${said}`),
  ]);
}

function newCookie(persistence: Explanation['persistence']): string {
  if (persistence === undefined || persistence.setsCookie === false) return '';
  const { cookieName, setsCookie } = persistence;
  const unless = setsCookie === undefined ? ', unless it is the node that the cookie names' : '';
  return `, with a new cookie ${cookieName}${unless}`;
}

function answerLines({ outcome, answer, persistence }: Explanation): readonly string[] {
  if (outcome === 'forward') {
    return section('Answer', [`the node's own${newCookie(persistence)}`]);
  }
  if (answer.status === undefined) return section('Answer', ['none']);
  return section('Answer', [
    `${answer.status}${answer.closesConnection ? ', and the connection is closed' : ''}`,
    ...answer.fields.map(({ name, value }) => `${name}: ${value}`),
    ...(answer.body === undefined ? [] : [answer.body]),
  ]);
}
