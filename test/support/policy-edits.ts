// Policies as a minimal one and what is changed in it: the form in which the cases of the schema are written.

/** Changes to the minimal policy: a path below spec with dots, and what then stands there; undefined removes it. */
export type Edits = Readonly<Record<string, unknown>>;

/** One rule kept and broken; `field` is where the breach is reported, below spec. */
export type RuleCase = {
  readonly rule: string;
  readonly field: string;
  readonly good: Edits;
  readonly bad: Edits;
};

/** One keyword broken. */
export type KeywordCase = Omit<RuleCase, 'good'>;

/** The smallest policy that serves a site, with one rule for edits to act on. */
const MINIMAL_SPEC = {
  route: { hosts: ['chat.example.com'], service: { name: 'mattermost', port: 8065 } },
  admission: {
    rules: [{ name: 'office', sourceCIDRs: ['192.0.2.0/24'], action: 'Allow' }],
    defaultAction: 'Deny',
  },
};

/** A whole policy object: the minimal spec with edits. */
export function policyWith(edits: Edits): unknown {
  const spec: unknown = structuredClone(MINIMAL_SPEC);
  for (const [path, value] of Object.entries(edits)) edit(spec, path.split('.'), value);
  return {
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    kind: 'MattermostIngressPolicy',
    metadata: { name: 'chat', namespace: 'mattermost' },
    spec,
  };
}

function edit(target: unknown, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (typeof target !== 'object' || target === null) throw new Error(`Nothing to edit at ${path.join('.')}`);
  if (rest.length > 0) edit(Reflect.get(target, name) ?? create(target, name), rest, value);
  else if (value === undefined) Reflect.deleteProperty(target, name);
  else Reflect.set(target, name, value);
}

function create(target: object, name: string): object {
  const made = {};
  Reflect.set(target, name, made);
  return made;
}
