// The objects of a BIG-IP in front of Mattermost -> the policy that does the same, with a note about each of them.
import type { AdmissionRule, AdmissionSpec, PolicySpec } from '../api/policy.ts';
import { POLICY_API_VERSION, POLICY_KIND } from '../api/policy.ts';
import { checkPolicy } from '../api/validate.ts';
import { f5Comments } from './f5-comments.ts';
import { type Answers, F5_QUESTIONS } from './f5-questions.ts';
import type { PrintedPolicy, Section } from './section.ts';

/** Answers that let in people who have not signed in yet. */
const ADMITTING = ['org-cidr', 'contains', 'secret'];

const PREAUTH_HEADER = 'X-Mattermost-Preauth-Secret';

/** Throws with a message for people that names the questions whose answers cannot be used. */
export function f5Section(answers: Answers): Section {
  const problem = contradictionIn(answers);
  if (problem !== undefined) throw new Error(problem);
  const policy = policyOf(answers);
  const { issues } = checkPolicy(policy);
  if (issues.length > 0) throw new Error(issues.map(describeIssue).join('\n'));
  return { ...f5Comments(answers, policy), policy };
}

/** What no single field of the policy could tell. */
function contradictionIn(answers: Answers): string | undefined {
  const missing = ['host', 'service'].filter((name) => !answers.has(name));
  const isVerified = answers.get('server-ssl')?.[0] === 'Verify';
  if (missing.length > 0) return `Say at least ${missing.map((name) => `--${name}`).join(' and ')}.`;
  if (answers.has('contains') && answers.has('secret'))
    return '--contains and --secret say the same in two ways: keep one of them.';
  if (answers.has('header') && !answers.has('contains') && !answers.has('secret'))
    return '--header needs --secret NAME, or --contains TEXT: what must it hold?';
  if (answers.has('min-tls') && !answers.has('tls-secret'))
    return '--min-tls needs --tls-secret: without it there is no TLS.';
  if (isVerified !== answers.has('server-ca'))
    return '--server-ssl Verify and --server-ca belong together: the nodes are verified by the authorities in that ConfigMap.';
  return contradictionInRule(answers);
}

/** Cookies admit nobody who has not signed in yet, so that they alone let nobody sign in. */
function contradictionInRule(answers: Answers): string | undefined {
  const admitting = ADMITTING.filter((name) => answers.has(name));
  const isOpen = answers.get('reject')?.[0] === 'None';
  if (isOpen && (admitting.length > 0 || answers.has('cookies')))
    return '--reject None lets everybody in: leave out what lets in some, or say --reject Deny.';
  if (!isOpen && admitting.length === 0)
    return `Nobody could sign in: say ${ADMITTING.map((name) => `--${name}`).join(', ')}, or --reject None where no iRule rejects anybody.`;
  return undefined;
}

/** Of several questions that make one field, any may be meant. */
function describeIssue({ field, message, remedy }: ReturnType<typeof checkPolicy>['issues'][number]): string {
  const asked = F5_QUESTIONS.filter((question) => question.field.test(field));
  const names = asked.map(({ name }) => `--${name}`).join(', ');
  return `${names === '' ? field : `${names} (${field})`}: ${message}. ${remedy}`;
}

function policyOf(answers: Answers): PrintedPolicy {
  const one = (name: string) => answers.get(name)?.[0];
  const [service = '', port = '8065', ...rest] = (one('service') ?? '').split(':');
  const tlsSecret = one('tls-secret');
  return {
    apiVersion: POLICY_API_VERSION,
    kind: POLICY_KIND,
    metadata: { name: one('name') ?? 'chat', namespace: one('namespace') ?? 'mattermost' },
    spec: {
      route: {
        hosts: answers.get('host') ?? [],
        service: { name: service, port: rest.length > 0 ? Number.NaN : Number(port) },
        ...(tlsSecret === undefined ? {} : { tls: { secretName: tlsSecret } }),
      },
      admission: admissionOf(answers),
      sessionPersistence: { type: 'Cookie', fallback: ['UserIdentity', 'SourceAddress'] },
      backend: backendOf(answers),
      ...(tlsSecret === undefined ? {} : { client: { tls: { minVersion: minVersionOf(answers) } } }),
    },
  };
}

function minVersionOf(answers: Answers): '1.1' | '1.2' | '1.3' {
  const given = answers.get('min-tls')?.[0];
  return given === '1.1' || given === '1.3' ? given : '1.2';
}

function backendOf(answers: Answers): NonNullable<PolicySpec['backend']> {
  const [snat, authority, wanted] = [
    answers.get('snat'),
    answers.get('server-ca')?.[0],
    answers.get('server-ssl')?.[0],
  ];
  const mode = wanted === 'Verify' || wanted === 'InsecureSkipVerify' ? wanted : 'Disabled';
  return {
    loadBalancing: 'LeastConnections',
    tls: { mode, ...(authority === undefined ? {} : { caRef: { kind: 'ConfigMap', name: authority } }) },
    connectionReuse: { enabled: true },
    healthCheck: { path: '/api/v4/system/ping' },
    ...(snat === undefined ? {} : { sourceAddresses: snat }),
  };
}

/** In the order of the iRule: the organisation, the header, the cookies, and the others. */
function admissionOf(answers: Answers): AdmissionSpec {
  const reject = answers.get('reject')?.[0] ?? (answers.has('secret') ? 'Deny' : 'Reset');
  if (reject === 'None') return { defaultAction: 'Allow' };
  const networks = answers.get('org-cidr');
  const organisation: AdmissionRule | undefined = networks && {
    name: 'organisation',
    sourceCIDRs: networks,
    action: 'Allow',
  };
  const rules = [organisation, appRule(answers), cookieRule(answers)].filter((rule) => rule !== undefined);
  return {
    ...(rules.length === 0 ? {} : { rules }),
    defaultAction: reject === 'Deny' ? 'Deny' : 'Reset',
  };
}

function appRule(answers: Answers): AdmissionRule | undefined {
  const [values, secret] = [answers.get('contains'), answers.get('secret')?.[0]];
  const name = answers.get('header')?.[0] ?? PREAUTH_HEADER;
  if (secret !== undefined)
    return { name: 'provisioned-app', headers: [{ name, secretRef: { name: secret } }], action: 'Allow' };
  if (values === undefined) return undefined;
  return { name: 'provisioned-app', headers: [{ name, type: 'Contains', values }], action: 'Allow' };
}

function cookieRule(answers: Answers): AdmissionRule | undefined {
  const wanted = answers.get('cookies')?.[0];
  const cookies = [{ name: 'MMAUTHTOKEN' }, { name: 'MMUSERID' }];
  if (wanted === 'None') return undefined;
  if (wanted === 'All') return { name: 'signed-in', cookies, action: 'Allow' };
  return { name: 'signed-in-websocket', request: 'WebSocket', cookies, action: 'Allow' };
}
