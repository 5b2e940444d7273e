// What has to be known of a BIG-IP to write the policy that does the same: each object of it is one question, which is an
// option of `migrate f5` and a key of its answers file.
import { nearestName } from '../api/near-names.ts';
import { isRecord } from '../api/json-access.ts';
import { isLabel, isSubdomain } from '../translate/objects/metadata.ts';

export type Question = {
  readonly name: string;
  /** How the value is called in help. */
  readonly value: string;
  /** The object of the BIG-IP, and what is asked of it. */
  readonly text: string;
  readonly isList?: true;
  readonly choices?: readonly string[];
  /** What no schema of the policy would tell. */
  readonly form?: { readonly fits: (text: string) => boolean; readonly words: string };
  /** The word for what happens without an answer. */
  readonly absent?: string;
  /** The field of the policy that holds the answer: where something is wrong with it, this question is named. */
  readonly field: RegExp;
};

export const F5_QUESTIONS: readonly Question[] = [
  {
    name: 'host',
    value: 'NAME',
    text: 'virtual server: a host name of the site',
    isList: true,
    field: /^spec\.route\.hosts/u,
  },
  {
    name: 'service',
    value: 'NAME[:PORT]',
    text: 'pool: the Service of the nodes, port 8065 unless said',
    field: /^spec\.route\.service/u,
  },
  {
    name: 'namespace',
    value: 'NAME',
    text: 'namespace of that Service, mattermost unless said',
    form: {
      fits: isLabel,
      words: 'the name of a namespace, such as mattermost: lower-case letters, digits and hyphens',
    },
    field: /^metadata\.namespace/u,
  },
  {
    name: 'name',
    value: 'NAME',
    text: 'name of the policy, chat unless said',
    form: {
      fits: isSubdomain,
      words: 'the name of an object, such as chat: lower-case letters, digits, hyphens and dots',
    },
    field: /^metadata\.name$/u,
  },
  {
    name: 'tls-secret',
    value: 'NAME',
    text: 'client SSL profile: the Secret with certificate and key',
    field: /^spec\.route\.tls/u,
  },
  {
    name: 'min-tls',
    value: 'VERSION',
    text: 'client SSL profile: lowest version of TLS, 1.2 unless said',
    choices: ['1.1', '1.2', '1.3'],
    field: /^spec\.client\.tls/u,
  },
  {
    name: 'server-ssl',
    value: 'MODE',
    text: 'server SSL profile: how nodes are reached',
    choices: ['Disabled', 'Verify', 'InsecureSkipVerify'],
    field: /^spec\.backend\.tls(?:\.mode)?$/u,
  },
  {
    name: 'server-ca',
    value: 'NAME',
    text: 'server SSL profile: the ConfigMap with ca.crt, for --server-ssl Verify',
    field: /^spec\.backend\.tls(?:\.caRef.*)?$/u,
  },
  {
    name: 'snat',
    value: 'CIDR',
    text: 'SNAT pool: source addresses towards the nodes; automap unless said',
    isList: true,
    absent: 'automap',
    field: /^spec\.backend\.sourceAddresses/u,
  },
  {
    name: 'org-cidr',
    value: 'CIDR',
    text: 'iRule: a network of the organisation, which comes in freely',
    isList: true,
    field: /sourceCIDRs/u,
  },
  {
    name: 'header',
    value: 'NAME',
    text: 'iRule: the header that provisioned apps send',
    field: /headers\[0\]\.name$/u,
  },
  {
    name: 'contains',
    value: 'TEXT',
    text: 'iRule: what the header must contain; readable in the policy',
    isList: true,
    field: /headers\[0\]\.values/u,
  },
  {
    name: 'secret',
    value: 'NAME',
    text: 'iRule: instead of --contains, the Secret whose values the header may have',
    field: /secretRef/u,
  },
  {
    name: 'cookies',
    value: 'REQUESTS',
    text: 'iRule: which requests Mattermost cookies let in, WebSocket unless said',
    choices: ['WebSocket', 'All', 'None'],
    field: /cookies/u,
  },
  {
    name: 'reject',
    value: 'ACTION',
    text: 'iRule: what the others get, Reset unless said, Deny with --secret; None where there is no such iRule',
    choices: ['Reset', 'Deny', 'None'],
    field: /^spec\.admission\.defaultAction/u,
  },
];

/** Answers by the name of their question; those to questions that ask for one value have one. */
export type Answers = ReadonlyMap<string, readonly string[]>;

/** Answers as they stand in a file or come from the command line. Throws with a message for people. */
export function readAnswers(given: unknown, source: string): Answers {
  if (given === null || given === undefined) return new Map();
  if (!isRecord(given))
    throw new Error(`${source} must hold one answer a line, such as host: chat.example.com`);
  const answers = Object.entries(given).map(
    ([name, value]) => [name, readAnswer(name, value, source)] as const,
  );
  return new Map(answers.filter(([name, texts]) => !isAbsent(name, texts)));
}

function isAbsent(name: string, texts: readonly string[]): boolean {
  const absent = F5_QUESTIONS.find((each) => each.name === name)?.absent;
  return absent !== undefined && texts.length === 1 && texts[0]?.toLowerCase() === absent;
}

function readAnswer(name: string, value: unknown, source: string): readonly string[] {
  const question = F5_QUESTIONS.find((each) => each.name === name);
  if (question === undefined)
    throw new Error(`${source} answers ${JSON.stringify(name)}. ${knownNames(name)}`);
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = values.filter((each) => typeof each === 'string' || typeof each === 'number').map(String);
  const problem = problemOf(question, texts, values.length);
  if (problem !== undefined) throw new Error(`${source}: ${name} must be ${problem}`);
  return texts;
}

function knownNames(name: string): string {
  const names = F5_QUESTIONS.map((each) => each.name);
  const near = nearestName(name, names);
  return near === undefined ? `Known are ${names.join(', ')}` : `Did you mean ${near}?`;
}

function problemOf(
  { isList, choices, form }: Question,
  texts: readonly string[],
  count: number,
): string | undefined {
  const isText = texts.length === count && count > 0 && !texts.includes('');
  if (!isText) return isList === true ? 'a text, or a list of texts' : 'a text';
  if (isList !== true && count > 1) return 'one value, not a list';
  if (form !== undefined && !texts.every(form.fits)) return form.words;
  return choices === undefined || texts.every((text) => choices.includes(text))
    ? undefined
    : `one of ${choices.join(', ')}`;
}
