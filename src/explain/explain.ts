// READ FIRST (explain): what would become of a described request, and why. It is decided by the code of the data plane;
// what is added here only says what that code has looked at. Pure, and it leaves no trace in what it is given.
import { findHost, findSite } from '../decide/match.ts';
import type { ServingHost } from '../decide/compiled.ts';
import { decide, type Destination } from '../decide/decide.ts';
import { optionsAnswer, redirectAnswer, RESET_ANSWER } from '../decide/response.ts';
import { parseAddress } from '../model/address.ts';
import type { Decision, Forward, Reject, SessionAnswer } from '../model/decision.ts';
import type { Client, RequestHead } from '../model/request.ts';
import { loggablePath } from '../observe/log-text.ts';
import { ASTERISK } from '../wire/http1-request.ts';
import { cookieLine } from '../decide/cookies.ts';
import { explainAdmission } from './admission.ts';
import { asWritten, explainAnswer, explainRefusal, noAnswer, REQUEST_ID } from './answers.ts';
import { type DescribedRequest, parseDescribed } from './described-request.ts';
import type { ExplainedAdmission, Explanation } from './explanation.ts';
import { arrive } from './handshake.ts';
import type { Knowledge } from './knowledge.ts';
import { notesOn } from './notes.ts';
import { chooseAll, explainEndpoints, explainPersistence } from './persistence.ts';
import { explainClient, explainRequest } from './request-facts.ts';
import { explainSent } from './sent.ts';
import { explainLimits, explainReadings, explainSite } from './site.ts';

/** What is found out step by step; the rest of an explanation is the same in every case. */
type Found = Omit<Explanation, 'request' | 'client' | 'notes'> & { readonly notes?: readonly string[] };

export function explain(described: DescribedRequest, knowledge: Knowledge): Explanation {
  const peer = parseAddress(described.from);
  if (peer === undefined) throw new RangeError(`${described.from} is no address`);
  const { client, refusal } = arrive(described, peer, knowledge);
  const parsed = parseDescribed(described, knowledge.limits);
  const head = 'code' in parsed ? undefined : parsed;
  const base = {
    request: explainRequest(described, head),
    client: explainClient(client, head, knowledge.settings),
  };
  if (refusal !== undefined)
    return { ...base, outcome: 'no-handshake', answer: noAnswer('handshake'), notes: [refusal] };
  if ('code' in parsed) {
    const answer = explainRefusal(parsed.code, { path: undefined, sitePath: '/', admission: undefined });
    return { ...base, outcome: 'answer', answer, notes: parsed.detail === undefined ? [] : [parsed.detail] };
  }
  if (parsed.target === ASTERISK)
    return { ...base, outcome: 'answer', answer: explainAnswer(optionsAnswer()), notes: [] };
  const visit: Visit = { head: parsed, client, knowledge, session: undefined };
  const found = follow(visit, described.session);
  return { ...base, ...found, notes: [...(found.notes ?? []), ...notesOn(parsed, found, knowledge)] };
}

type Visit = {
  readonly head: RequestHead;
  readonly client: Client;
  readonly knowledge: Knowledge;
  /** Undefined until a rule has asked for it. */
  readonly session: SessionAnswer | undefined;
};

/** As proxy/dispatch.ts does: where a rule wants to know the session, it is decided again with the answer. */
function follow(visit: Visit, assumed: SessionAnswer): Found {
  const decision = decideOn(visit);
  if (decision.kind !== 'verify') return explainDecision(visit, decision);
  const found = explainDecision({ ...visit, session: assumed }, decideOn({ ...visit, session: assumed }));
  const others = (['valid', 'invalid', 'unknown'] as const).filter((answer) => answer !== assumed);
  const otherwise = others.map((answer) => {
    const other = { ...visit, session: answer };
    return { answer, outcome: outcomeInWords(explainDecision(other, decideOn(other))) };
  });
  if (found.admission === undefined) return found;
  return { ...found, admission: { ...found.admission, session: { assumed, otherwise } } };
}

function decideOn({ head, client, knowledge: { serving, settings }, session }: Visit): Decision<Destination> {
  return decide(serving, head, client, session === undefined ? settings : { ...settings, session });
}

function outcomeInWords({ outcome, answer: { status, reason } }: Found): string {
  return [outcome, status, reason].filter((word) => word !== undefined).join(' ');
}

function explainDecision(visit: Visit, decision: Decision<Destination>): Found {
  const found = explainKind(visit, decision);
  return { ...found, answer: asWritten(found.answer, visit.head, decision.context.hsts) };
}

function explainKind(visit: Visit, decision: Decision<Destination>): Found {
  const { head } = visit;
  const before = explainBefore(visit, decision);
  switch (decision.kind) {
    case 'forward':
      return explainForward(visit, decision, before);
    case 'redirect': {
      const answer = explainAnswer(redirectAnswer(loggablePath(decision.location), REQUEST_ID));
      return { ...before, outcome: 'redirect', answer };
    }
    case 'reset':
      return visit.client.trusted
        ? { ...before, outcome: 'answer', answer: explainAnswer(RESET_ANSWER, 'admission') }
        : { ...before, outcome: 'reset', answer: noAnswer('admission') };
    case 'reject':
      return { ...before, outcome: 'answer', answer: explainReject(head, decision) };
    case 'verify':
      throw new Error('A session that is known was asked for again');
  }
}

function explainReject(head: RequestHead, { context, reason, admission, retryAfterSeconds }: Reject) {
  const { sitePath } = context;
  return explainRefusal(reason, { path: head.path, sitePath, admission, retryAfterSeconds });
}

type Before = Pick<Found, 'site' | 'limits' | 'admission' | 'notes'>;

/** Everything up to admission, as far as it came. */
function explainBefore(visit: Visit, decision: Decision<Destination>): Before {
  const { head, knowledge } = visit;
  const host = findHost(knowledge.serving.hosts, head.hostname);
  if (host === undefined) return {};
  const readings = explainReadings(host, head.path);
  if (readings !== undefined) return { notes: [readings] };
  const serving = findSite(host, head.path);
  if (serving === undefined) return { notes: [pathsOf(host)] };
  const limits = explainLimits(serving, decision.context.limit);
  const admission = admissionOf(visit, decision, serving.open?.admission);
  return {
    site: explainSite(host, serving, head.path),
    ...(limits === undefined ? {} : { limits }),
    ...(admission === undefined ? {} : { admission }),
  };
}

function pathsOf({ sites, pattern }: ServingHost): string {
  return `${pattern} is served at ${sites.map(({ site }) => site.path).join(', ')} only`;
}

type SiteAdmission = Parameters<typeof explainAdmission>[0];

function admissionOf(
  { head, client, knowledge, session }: Visit,
  { context }: Decision<Destination>,
  admission: SiteAdmission | undefined,
): ExplainedAdmission | undefined {
  if (admission === undefined || context.admission === undefined) return undefined;
  const applicant = {
    head,
    address: context.address,
    cookies: cookieLine(head),
    sitePath: context.sitePath,
    hasCertificate: client.tls?.hasCertificate === true && !client.trusted,
    session,
  };
  return explainAdmission(admission, context.admission, applicant, knowledge.settings.secretDigestKey);
}

function explainForward({ head, knowledge }: Visit, decision: Forward<Destination>, before: Before): Found {
  const { context, target } = decision;
  const choices = chooseAll(target, knowledge.loads);
  const { choice, possible, isFull } = choices;
  const persistence = target.site.open?.persistence;
  const asked = { head, address: context.address };
  const found = {
    ...before,
    ...(persistence && { persistence: explainPersistence(persistence, target, asked, choices) }),
    endpoints: explainEndpoints(target.backend, possible, knowledge),
  };
  if (choice !== undefined) {
    const backend = explainSent(head, target, context);
    return { ...found, outcome: 'forward', backend, answer: noAnswer() };
  }
  const lack = isFull ? 'endpoints-full' : 'no-endpoints';
  const { sitePath } = context;
  const answer = explainRefusal(lack, { path: head.path, sitePath, admission: undefined });
  return { ...found, outcome: 'answer', answer };
}
