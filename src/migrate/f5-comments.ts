// What is told of each object of a BIG-IP beside the policy that takes its place. Called by f5-policy.ts.
import type { Answers } from './f5-questions.ts';
import type { Note } from './note.ts';
import type { PrintedPolicy, Section } from './section.ts';

export function f5Comments(answers: Answers, policy: PrintedPolicy): Omit<Section, 'policy'> {
  const hosts = (answers.get('host') ?? []).join(', ');
  const remark =
    'What the header must contain can be read by whoever may read policies, and stands in the history of the shell unless it came from an answers file. With --secret NAME it lies in a Secret, and can be rotated.';
  return {
    title: `The virtual server of ${hosts}`,
    remarks: answers.has('contains') ? [remark] : [],
    notes: [...carried(answers, policy), ...changed(answers, policy), ...notNeeded],
    lines: secretLines(answers, policy),
  };
}

function carried(answers: Answers, { spec }: PrintedPolicy): readonly Note[] {
  const certificate = answers.has('tls-secret')
    ? 'route.tls and client.tls.minVersion'
    : 'None, so that the site is served over plain HTTP until --tls-secret names a certificate';
  const snat = answers.has('snat')
    ? 'backend.sourceAddresses: each replica uses those of its own addresses that lie in them'
    : 'Automap, which is the address of the pod';
  const texts: Readonly<Record<string, string>> = {
    'virtual server': 'route.hosts, at the address of the Service of the controller',
    'pool, monitor': 'route.service and backend.healthCheck; the members are the endpoints of the Service',
    'client SSL profile': certificate,
    'server SSL profile': 'backend.tls',
    SNAT: snat,
    OneConnect: 'backend.connectionReuse',
    'default persistence cookie': 'sessionPersistence.type: Cookie',
    iRule:
      spec.admission.defaultAction === 'Allow'
        ? 'None, so that admission lets everybody in'
        : `admission.rules, in its order; the others get ${spec.admission.defaultAction}`,
  };
  return Object.entries(texts).map(([subject, text]): Note => ({ kind: 'carried', subject, text }));
}

function changed(answers: Answers, { spec }: PrintedPolicy): readonly Note[] {
  const cookies = answers.get('cookies')?.[0] ?? 'WebSocket';
  const hasRule = spec.admission.defaultAction !== 'Allow';
  const texts: Readonly<Record<string, string | undefined>> = {
    'fallback persistence source address':
      'sessionPersistence.fallback, and before it UserIdentity: users behind one address are kept apart',
    'iRule, cookies':
      hasRule && cookies === 'WebSocket'
        ? 'They let in WebSockets alone, since anybody can write a cookie of that shape. Browsers outside the organisation get nothing else; --cookies All lets them in, as the iRule does'
        : undefined,
    'iRule, reject':
      spec.admission.defaultAction === 'Reset' && answers.has('secret')
        ? 'The apps of Mattermost ask for the secret after a 403 only: --reject Deny'
        : undefined,
    'TLS 1.1':
      answers.get('min-tls')?.[0] === '1.1'
        ? 'Only on a listener of its own, which the controller opens with --legacy-https-port'
        : undefined,
  };
  return Object.entries(texts).flatMap(([subject, text]): readonly Note[] => {
    return text === undefined ? [] : [{ kind: 'changed', subject, text }];
  });
}

const notNeeded: readonly Note[] = [
  {
    kind: 'harmless',
    subject: 'HTTP profile, HTTP::disable',
    text: 'Every request is parsed, and a WebSocket is a tunnel after its 101',
  },
  {
    kind: 'harmless',
    subject: 'WebSocket profile',
    text: 'A valid handshake is recognised, and its bytes pass untouched',
  },
  {
    kind: 'harmless',
    subject: 'TCP profiles',
    text: 'Sockets are set up for phones on one side, and for a network close by on the other',
  },
];

/** Never the value itself. The placeholder is too short to be believed, should somebody apply it as it is. */
function secretLines(answers: Answers, { metadata }: PrintedPolicy): readonly string[] {
  const name = answers.get('secret')?.[0];
  if (name === undefined) return [];
  return [
    '# The secret, made and stored without being seen:',
    `openssl rand -base64 32 | kubectl create secret generic ${name} \\`,
    `  --namespace ${metadata.namespace} --from-file=current=/dev/stdin`,
    '# or as a manifest, kept out of the repository:',
    'apiVersion: v1',
    'kind: Secret',
    `metadata: {name: ${name}, namespace: ${metadata.namespace}}`,
    'stringData: {current: PUT-IT-HERE}',
  ];
}
