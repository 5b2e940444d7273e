// docs/reference/answers.md: every answer the proxy gives itself, why, and what to look at.
import { answerFor, type Cause } from '../src/decide/response.ts';

type Explanation = { readonly when: string; readonly look: string };

/** Complete by its type: a cause that is added without an explanation does not compile. */
const EXPLANATIONS: Readonly<Record<Cause, Explanation>> = {
  admission: {
    when: 'No rule of the policy let the request in; the status is the one of `admission.deny`',
    look: '`rule` and `action` of the log line; who is the client by `client`?',
  },
  'upgrade-not-accepted': {
    when: 'A WebSocket rule let a request in by the shape of a cookie or token, and Mattermost did not answer 101',
    look: 'Is the session still valid? Anything but a WebSocket with forged credentials ends here',
  },
  'policy-invalid': {
    when: 'The policy of this host breaks its schema: closed, never open',
    look: '`mattermost-ingress check`, the log at the time of the last change',
  },
  'policy-missing': {
    when: 'The Ingress of this host needs a policy (`--require-policy` or its annotation), and none that is accepted names it',
    look: '`kubectl get mmip`; apply a policy whose `targetRefs` name the Ingress',
  },
  'host-conflicted': {
    when: 'Objects of this host contradict each other: TLS settings that differ, a certificate of clients that is demanded where its TLS asks for none, an invalid policy beside it that may mean the host, an Ingress without policy that hides stricter paths of a wildcard',
    look: '`explain`, or Events and conditions with the reason `Conflicted`: they name the object and what to write',
  },
  'restriction-unsupported': {
    when: 'An annotation of the Ingress restricts access in a way that is not understood: closed, never open',
    look: 'Events of the Ingress; say it in a policy, or name it in `mattermost-ingress.io/ignore-annotations`',
  },
  'host-unclaimed': {
    when: '`--host-namespace` keeps this host for a namespace that has no object for it, and a wildcard of another namespace would answer',
    look: '`kubectl -n NAMESPACE get mmip,ingress`: was it deleted, or does its spelling of the host differ? Else take the option away',
  },
  'client-certificate': {
    when: 'The policy demands a client certificate (`client.clientCertificate.mode: Require`), and none was shown that comes from its authorities',
    look: 'Has the device its certificate, from an authority in `caRef`? Is it expired? Browsers ask once, until they are restarted',
  },
  'too-many-requests': {
    when: 'The address came more often than `limits.requestsPerSecond` and `burst` allow; `Retry-After` says when it may come again',
    look: '`mattermost_ingress_limit_decisions_total`; an office behind one address belongs into `limits.exemptCIDRs`',
  },
  'too-many-connections': {
    when: 'The address has `limits.connectionsPerSource` connections open',
    look: 'The same; browsers open up to six connections each over HTTP/1.1',
  },
  'too-many-websockets': {
    when: 'The address has `websocket.maxPerSource` WebSockets open',
    look: 'The same; each open tab and app has one',
  },
  'unknown-host': {
    when: 'No policy names this host',
    look: 'Host of the request; does another namespace own it?',
  },
  'unknown-path': {
    when: 'The host is served, but only below other paths',
    look: '`route.path` of its policies',
  },
  'plain-http': { when: 'The site is served by TLS only, and `redirectHTTP` is false', look: 'Use https' },
  'loop-detected': {
    when: 'The request has passed through this proxy four times: its field Via says so',
    look: 'Do the endpoints of the Service lead back to this proxy?',
  },
  'path-ambiguous': {
    when: 'The path could be read in several ways that lead to different rules',
    look: 'Encoded slashes, dots or percent signs in the path',
  },
  misdirected: {
    when: 'The connection was made for another name (SNI) than the request asks for',
    look: 'Clients retry on a connection of their own; does a proxy in front rewrite Host?',
  },
  'tls-version': {
    when: 'The connection uses a version of TLS below `client.tls.minVersion`',
    look: 'The client, or the policy',
  },
  'body-too-large': {
    when: 'Content-Length is over `limits.requestBody`',
    look: 'Raise the limit to more than MaxFileSize of Mattermost',
  },
  'request-body-too-large': {
    when: 'A body without Content-Length grew over `limits.requestBody`',
    look: 'The same',
  },
  'no-endpoints': {
    when: 'The Service has no usable endpoint',
    look: 'Pods and their readiness; condition ResolvedRefs',
  },
  'endpoints-full': {
    when: 'Every usable endpoint has `backend.maxConnectionsPerEndpoint` requests and WebSockets',
    look: '`mattermost_ingress_endpoint_inflight`, `..._endpoint_websockets`; more nodes, or a higher limit',
  },
  'connect-refused': {
    when: 'The endpoints refused the connection',
    look: 'Is Mattermost listening at that port?',
  },
  'connect-timeout': {
    when: 'The endpoints did not answer within `backend.timeouts.connect`',
    look: 'Network policies, dead nodes',
  },
  'connect-failed': { when: 'The endpoints could not be reached', look: '`detail` of the log line' },
  'connect-limit': {
    when: 'As many connections to endpoints were open as there may be',
    look: '`--max-backend-connections`; slow endpoints',
  },
  'source-unavailable': {
    when: 'No address of `backend.sourceAddresses` is there, of the family of the endpoint, and has a free port; without a pool: no port is free',
    look: '`mattermost_ingress_source_address_failures_total`; `backend.connectionReuse`, more addresses',
  },
  'tls-failed': {
    when: 'TLS to the endpoint failed: wrong authority, name or version',
    look: '`backend.tls`; `detail` of the log line',
  },
  'closed-before-response': {
    when: 'Mattermost closed the connection without an answer',
    look: 'Did the pod restart?',
  },
  'response-malformed': {
    when: 'The answer is not strict HTTP, or more than one',
    look: '`detail` of the log line; what stands between us and Mattermost?',
  },
  'response-truncated': {
    when: 'The answer broke off; the client saw a reset',
    look: 'Did the pod restart?',
  },
  'response-timeout': {
    when: 'Mattermost was silent for `backend.timeouts.response`',
    look: 'Its log and its database',
  },
  'upgrade-invalid': {
    when: 'A 101 that does not answer the handshake',
    look: 'What stands between us and Mattermost?',
  },
  'request-malformed': {
    when: 'The request is not strict HTTP/1.1',
    look: '`detail` of the log line; scanners cause most of these',
  },
  'request-line-too-long': { when: 'The request line is over 8 KiB', look: 'The client' },
  'request-head-too-large': {
    when: 'The head is over 32 KiB, one field over 8 KiB, or more than 100 fields',
    look: 'Cookies of other applications on the same domain',
  },
  'request-timeout': { when: 'The head did not arrive within 10 s', look: 'Slow or idle clients' },
  'body-timeout': {
    when: 'The body stopped for 60 s, or came with less than 500 bytes a second',
    look: 'The network of the client',
  },
  'body-malformed': { when: 'The body is not chunked correctly', look: 'The client' },
  'method-unknown': { when: 'A method that Mattermost does not use', look: 'The client' },
  'method-refused': { when: 'TRACE or CONNECT', look: 'Scanners' },
  'version-unsupported': { when: 'Neither HTTP/1.0 nor HTTP/1.1', look: 'The client' },
  'transfer-coding-unknown': { when: 'A transfer coding other than chunked', look: 'The client' },
  'expectation-failed': { when: 'An Expect field other than 100-continue', look: 'The client' },
  'websocket-version': { when: 'A WebSocket version other than 13', look: 'The client' },
  'client-closed': {
    when: 'The client went away before its answer; only in the log',
    look: 'Slow answers, mobile networks',
  },
  'slow-reader': {
    when: 'The client read nothing for 60 s; only in the log',
    look: 'The network of the client',
  },
  internal: { when: 'A mistake of ours; the log has the details', look: 'Please report it' },
};

const SENT_NOWHERE = 499;

export function answersPage(): string {
  const context = { path: undefined, sitePath: '/', admission: undefined, requestId: '' };
  const rows = Object.entries(EXPLANATIONS).map(([cause, { when, look }]) => {
    const { status } = answerFor(cause as Cause, context);
    return `| ${status === SENT_NOWHERE ? '-' : status} | \`${cause}\` | ${when} | ${look} |`;
  });
  return `${[
    '# Answers of the proxy itself',
    '',
    '<!-- Generated from src/decide/response.ts by "npm run generate". Do not edit. -->',
    '',
    'Everything else comes from Mattermost. The reason stands in the text of the answer, in field `reason` of the access log, and in',
    "`mattermost_ingress_faults_total`. Below `/api/` the body has the form of Mattermost's own errors, with the id `ingress.REASON`.",
    'A `Reset` closes the connection with a TCP RST and sends nothing. What to do, by what you see: [troubleshooting](../troubleshooting.md).',
    '',
    '| Status | Reason | When | What to look at |',
    '| --- | --- | --- | --- |',
    ...rows,
  ].join('\n')}\n`;
}
