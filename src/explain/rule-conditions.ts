// Why each condition of an admission rule holds or not, by the very predicates that admission goes by.
// Values that a rule wants are shared secrets as often as not: they are counted, never said.
import type {
  AdmissionRule,
  CookieCondition,
  HeaderCondition,
  PathCondition,
} from '../model/configuration.ts';
import {
  type Applicant,
  judgeHeader,
  meetsBearerToken,
  meetsCertificate,
  meetsCookie,
  meetsMethods,
  meetsPaths,
  meetsRequest,
  meetsSources,
} from '../decide/conditions.ts';
import { bearerToken, valuesOf } from '../decide/cookies.ts';
import { isWebSocketPath, meetsPath } from '../decide/path.ts';
import { type RequestHead, valuesOfField } from '../model/request.ts';
import type { ExplainedCondition } from './explanation.ts';
import { rangeOf, rangeTexts } from './range-texts.ts';
import { counted, listed } from './wording.ts';

/** All that the rule asks for, in the order in which the policy's fields are documented. */
export function explainConditions(
  rule: AdmissionRule,
  applicant: Applicant,
  digestKey: Uint8Array,
): readonly ExplainedCondition[] {
  const { sources, paths, methods, request, headers = [], cookies = [] } = rule;
  const missing = { field: 'rule', holds: false, why: 'a Secret or key that it needs is missing: see check' };
  return [
    ...(rule.never ? [missing] : []),
    ...(sources === undefined ? [] : [explainSources(rule, applicant)]),
    ...(paths === undefined ? [] : [explainPaths(rule, paths, applicant)]),
    ...(methods === undefined
      ? []
      : [
          condition(
            'methods',
            meetsMethods(rule, applicant),
            `${applicant.head.method}; wanted: ${listed(methods)}`,
          ),
        ]),
    ...(request === undefined ? [] : [explainRequest(rule, applicant)]),
    ...headers.map((each) => explainHeader(each, applicant, digestKey)),
    ...cookies.map((each) => explainCookie(each, applicant)),
    ...(rule.bearerToken ? [explainBearer(rule, applicant)] : []),
    ...(rule.clientCertificate ? [explainCertificate(rule, applicant)] : []),
  ];
}

function condition(field: string, holds: boolean, why: string): ExplainedCondition {
  return { field, holds, why };
}

function explainSources(rule: AdmissionRule, applicant: Applicant): ExplainedCondition {
  const { address } = applicant;
  const sources = rule.sources ?? { v4: [], v6: [] };
  const holds = meetsSources(rule, applicant);
  const why = holds ? `in ${rangeOf(address, sources)}` : `in none of ${listed(rangeTexts(sources))}`;
  return condition('sourceCIDRs', holds, `${address.text} is ${why}`);
}

function explainPaths(
  rule: AdmissionRule,
  paths: readonly PathCondition[],
  applicant: Applicant,
): ExplainedCondition {
  const holds = meetsPaths(rule, applicant);
  const met = paths.find((each) => meetsPath(applicant.head.path, each));
  const why =
    met === undefined ? `the path is none of ${listed(paths.map(pathText))}` : `it is ${pathText(met)}`;
  return condition('paths', holds, why);
}

function pathText(path: PathCondition): string {
  return `${path.type} ${path.type === 'Pattern' ? path.segments.map((each) => `/${each}`).join('') : path.value}`;
}

function explainRequest(rule: AdmissionRule, applicant: Applicant): ExplainedCondition {
  const { head, sitePath } = applicant;
  const isAtPlace = rule.paths !== undefined || isWebSocketPath(head.path, sitePath);
  const asWhat =
    head.upgrade.kind !== 'websocket'
      ? 'it is no WebSocket handshake'
      : isAtPlace
        ? 'it is a WebSocket handshake'
        : 'it is a WebSocket handshake, but not where Mattermost takes WebSockets';
  return condition('request', meetsRequest(rule, applicant), `wanted: ${rule.request}; ${asWhat}`);
}

function explainHeader(
  wanted: HeaderCondition,
  applicant: Applicant,
  digestKey: Uint8Array,
): ExplainedCondition {
  const { holds, secretKey } = judgeHeader(wanted, applicant, digestKey);
  const why = holds ? metHeader(wanted, secretKey) : unmetHeader(wanted, applicant.head);
  return condition(`headers[${wanted.name}]`, holds, why);
}

function metHeader(wanted: HeaderCondition, secretKey: string | undefined): string {
  if (wanted.type === 'Present') return 'it is there';
  return wanted.type === 'Secret'
    ? `its value is that of the key ${secretKey} of the Secret`
    : `its value is as wanted (${wanted.type})`;
}

function unmetHeader(wanted: HeaderCondition, head: RequestHead): string {
  const values = valuesOfField(head, wanted.name);
  if (values.length === 0) return 'it is not sent';
  if (values.length > 1) return `it is sent ${values.length} times, once is wanted`;
  if (values[0] === '') return 'it is empty';
  if (head.nominated.includes(wanted.name)) return 'Connection names it, so it is of this connection only';
  if (wanted.type === 'Present') return 'it is there';
  if (wanted.type !== 'Secret')
    return `its value is none of the ${counted(wanted.values.length, 'value')} wanted (${wanted.type})`;
  const keys = wanted.secrets.map(({ key }) => key);
  if (keys.length === 0) return 'there is no Secret with a usable value to compare it with';
  return `its value is that of none of the keys of the Secret: ${listed(keys)}`;
}

function explainCookie(wanted: CookieCondition, applicant: Applicant): ExplainedCondition {
  const values = valuesOf(applicant.cookies, wanted.name);
  const shape = wanted.shape === 'Any' ? 'a plain value' : 'the shape of a Mattermost ID';
  const holds = meetsCookie(wanted, applicant);
  const why = holds
    ? `it has ${shape}`
    : values === undefined
      ? 'it is sent more often than anybody has a reason to'
      : values.length === 0
        ? missingCookie(applicant.head)
        : `it has not ${shape}`;
  return condition(`cookies[${wanted.name}]`, holds, why);
}

/** Of two lines of cookies none is read. */
function missingCookie(head: RequestHead): string {
  return valuesOfField(head, 'cookie').length > 1 ? 'several Cookie fields are sent' : 'it is not sent';
}

function explainBearer(rule: AdmissionRule, applicant: Applicant): ExplainedCondition {
  const holds = meetsBearerToken(rule, applicant);
  const count = valuesOfField(applicant.head, 'authorization').length;
  const why = holds
    ? 'Authorization is a bearer token of the shape of a Mattermost ID'
    : count === 0
      ? 'Authorization is not sent'
      : bearerToken(applicant.head) === undefined
        ? 'Authorization is no bearer token'
        : 'the bearer token has not the shape of a Mattermost ID';
  return condition('bearerToken', holds, why);
}

function explainCertificate(rule: AdmissionRule, applicant: Applicant): ExplainedCondition {
  const holds = meetsCertificate(rule, applicant);
  return condition('clientCertificate', holds, holds ? 'one was shown' : 'none was shown that is believed');
}
