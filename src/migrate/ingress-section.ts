// One Ingress -> the policy that says the same, and what is told of it. Called by migration.ts.
import { keyOf } from '../api/objects.ts';
import { POLICY_API_VERSION, POLICY_KIND, type PolicySpec } from '../api/policy.ts';
import type { AnnotationSpec } from '../translate/annotations/annotations.ts';
import { classNameOf } from '../translate/classes.ts';
import type { Problem } from '../translate/problem.ts';
import { noteSayings } from './annotation-notes.ts';
import type { GlobalSettings } from './global-settings.ts';
import type { MigrationInput, SourceIngress } from './input.ts';
import type { Note } from './note.ts';
import { type Saying, sayingsOf, sayingsOfService } from './sayings.ts';
import type { Section } from './section.ts';
import { isCanary, isProof } from './structure.ts';

/** Of the schema. */
const MAX_RULES = 32;

/** What surrounds an Ingress. */
export type Surroundings = {
  readonly input: MigrationInput;
  readonly global: GlobalSettings | undefined;
  /** Of the Ingress itself: what is told of its hosts, paths and backends. */
  readonly structure: readonly Note[];
  /** Name of the policy. */
  readonly name: string;
};

/** @returns a section with a policy, unless none is to be written */
export function ingressSection(
  source: SourceIngress,
  { input, global, structure, name }: Surroundings,
): Section {
  const { namespace, name: target } = source.ingress.metadata;
  const sayings = [...servicesSayings(source, input), ...sayingsOf(source.annotations)];
  const { settings, notes } = noteSayings(sayings, namespace, global?.defaults);
  const title = titleOf(source);
  const without = reasonWithout(source, input);
  if (without !== undefined)
    return { title, remarks: [without.remark], notes: leftBehind(notes, without.becomes) };
  const doubts = sayings.filter(({ isDoubtful }) => isDoubtful === true).map(({ subject }) => subject);
  const closing = closedBy(settings.restrictions, [...doubts, ...(global?.restrictions ?? [])]);
  const { admission, ...said } = together(settings.spec, global);
  const spec: PolicySpec = {
    targetRefs: [{ group: 'networking.k8s.io', kind: 'Ingress', name: target }],
    admission: closing === undefined ? beside(global, admission) : { defaultAction: 'Deny' },
    ...said,
  };
  return {
    title,
    remarks: closing === undefined ? [] : [closing],
    notes: [...structure, ...(closing === undefined ? notes : withoutLists(notes))],
    ...(closing === undefined ? {} : { isClosed: true }),
    policy: {
      apiVersion: POLICY_API_VERSION,
      kind: POLICY_KIND,
      metadata: { name, ...(source.namesNamespace ? { namespace } : {}) },
      spec,
    },
  };
}

function titleOf({ ingress, annotations }: SourceIngress): string {
  const className = classNameOf({ ...ingress, annotations });
  const hosts = new Set(ingress.rules.map(({ host }) => host ?? 'any host'));
  const served = className === undefined ? 'no class' : `class ${className}`;
  return `Ingress ${keyOf(ingress.metadata)} (${served}): ${[...hosts].join(', ') || 'any host'}`;
}

/** Why no policy is to be written, and what becomes of annotations that one would have carried. */
type Without = { readonly remark: string; readonly becomes: Pick<Note, 'kind' | 'text'> };

function reasonWithout(source: SourceIngress, { policies }: MigrationInput): Without | undefined {
  const { namespace, name } = source.ingress.metadata;
  const governor = policies.find((each) => each.namespace === namespace && each.targets.includes(name));
  if (governor !== undefined) {
    const remark = `No policy: ${governor.namespace}/${governor.name} governs it already.`;
    return { remark, becomes: { kind: 'stays', text: 'Holds where that policy says nothing of it' } };
  }
  if (isProof(source)) {
    const remark = 'No policy: a proof for a certificate authority is served without one.';
    return { remark, becomes: { kind: 'harmless', text: 'A proof is served to everybody' } };
  }
  if (!isCanary(source)) return undefined;
  const remark =
    'No policy: a canary, and traffic is not split here. Keep it from this controller: delete it before the switch, or leave it a class that is not taken over.';
  return { remark, becomes: { kind: 'lost', text: 'Goes with the Ingress' } };
}

/** Without a policy nothing is carried over. */
function leftBehind(notes: readonly Note[], becomes: Without['becomes']): readonly Note[] {
  return notes.map((note) =>
    note.kind === 'carried' || note.kind === 'changed' ? { ...note, ...becomes } : note,
  );
}

/** Annotations of the Services come first: what the Ingress says itself holds. */
function servicesSayings({ ingress }: SourceIngress, { services }: MigrationInput): readonly Saying[] {
  const { rules, defaultBackend, metadata } = ingress;
  const backends = [...rules.flatMap(({ paths }) => paths.map(({ backend }) => backend)), defaultBackend];
  const names = new Set(
    backends.flatMap((each) => (each !== undefined && 'serviceName' in each ? [each.serviceName] : [])),
  );
  return services
    .filter(({ namespace, name }) => namespace === metadata.namespace && names.has(name))
    .flatMap(({ name, annotations }) => sayingsOfService(annotations, `Service ${name}`));
}

/**
 * A sentence about what kept somebody out and is not understood; undefined where nothing did.
 * @param elsewhere what a running controller does not close the Ingress for
 */
function closedBy(restrictions: readonly Problem[], elsewhere: readonly string[]): string | undefined {
  const own = restrictions.map(({ field }) => /\["(?<key>.*)"\]$/u.exec(field)?.groups?.['key'] ?? field);
  const all = [...own, ...elsewhere];
  if (all.length === 0) return undefined;
  const said = `CLOSED until you say who may come in: ${[...new Set(all)].join(', ')} kept somebody out in a way that cannot be carried over. Write rules into spec.admission`;
  if (own.length === 0) return `${said}; until then the policy refuses everybody.`;
  return `${said}, then remove the annotation, or name it in mattermost-ingress.io/ignore-annotations. Until then the hosts answer 503.`;
}

/** Half of what kept somebody out is not carried over alone: both halves had to hold. */
export function withoutLists(notes: readonly Note[]): readonly Note[] {
  return notes.map((note): Note => {
    if (note.kind === 'lost' || !note.subject.endsWith('source-range')) return note;
    return {
      ...note,
      kind: 'lost',
      text: 'Left out, since it held together with what is not known: add its networks to your rules',
    };
  });
}

/** What is blocked for all is blocked first. */
function beside(
  global: GlobalSettings | undefined,
  own: PolicySpec['admission'] = { defaultAction: 'Allow' },
): PolicySpec['admission'] {
  const blocked = global?.blocked ?? [];
  const { rules = [] } = own;
  if (blocked.length === 0) return own;
  if (rules.length === MAX_RULES) return { defaultAction: 'Deny' };
  const rule = { name: 'global-block', sourceCIDRs: blocked, action: 'Deny' } as const;
  return { ...own, rules: [rule, ...rules] };
}

/** Each field comes from one of the two: what an Ingress says holds, but for what only global settings can say. */
function together(
  own: AnnotationSpec,
  global: GlobalSettings | undefined,
): AnnotationSpec & Pick<PolicySpec, 'client'> {
  const { backend, ...rest } = global?.spec ?? {};
  const nodes = { ...backend, ...own.backend };
  const client = { ...rest.client, ...own.client };
  return {
    ...rest,
    ...own,
    ...(Object.keys(client).length === 0 ? {} : { client }),
    ...(Object.keys(nodes).length === 0 ? {} : { backend: nodes }),
  };
}
