// What `check` says nothing of, since it is of another class: silence must not look like praise.
import { get, has } from '../../api/json-access.ts';
import { nearestName } from '../../api/near-names.ts';
import { keyOf, type ObjectSet, type RawPolicy } from '../../api/objects.ts';
import { POLICY_KIND } from '../../api/policy.ts';
import { counted, listed, printable } from '../../explain/wording.ts';
import type { ObjectReference } from '../../model/finding.ts';
import { classNameOf } from '../../translate/classes.ts';
import { isSubdomain } from '../../translate/objects/metadata.ts';
import type { Translation } from '../../translate/translate.ts';

/** @property ingressClassName absent where the object leaves that to a default class, and none is ours */
export type LeftOut = ObjectReference & { readonly ingressClassName?: string | undefined };

/** Policies that name their targets go by the classes of these, and are looked at themselves in any case. */
export function findLeftOut(
  { policies, ingresses }: ObjectSet,
  translation: Translation,
): readonly LeftOut[] {
  const served = new Set(translation.ingresses);
  return [
    ...[...policies.values()]
      .filter((raw) => has(get(raw, 'spec'), 'route') && !translation.policies.has(keyOf(raw.metadata)))
      .map((raw) => referTo(POLICY_KIND, raw, policyClassOf(raw))),
    ...[...ingresses.values()]
      .filter(({ metadata }) => !served.has(keyOf(metadata)))
      .map((ingress) => referTo('Ingress', ingress, classNameOf(ingress))),
  ];
}

function policyClassOf(raw: RawPolicy): string | undefined {
  const name = get(get(raw, 'spec'), 'ingressClassName');
  return typeof name === 'string' ? name : undefined;
}

function referTo(
  kind: string,
  { metadata }: Pick<RawPolicy, 'metadata'>,
  ingressClassName: string | undefined,
): LeftOut {
  const { namespace, name } = metadata;
  return { kind, namespace, name, ingressClassName };
}

/** A line for each kind and class. @param known classes that one may have meant */
export function leftOutInWords(all: readonly LeftOut[], known: readonly string[]): string {
  const groups = Map.groupBy(all, ({ kind, ingressClassName }) => JSON.stringify([kind, ingressClassName]));
  return [...groups.values()].map((group) => `${describeGroup(group, known)}\n`).join('');
}

function describeGroup(group: readonly LeftOut[], known: readonly string[]): string {
  const [first] = group;
  const subject =
    first?.kind === POLICY_KIND
      ? counted(group.length, 'policy', 'policies')
      : counted(group.length, 'Ingress', 'Ingresses');
  const names = listed(group.map(keyOf));
  const written = first?.ingressClassName;
  if (written === undefined)
    return `Left out: ${subject} without a class (${names}). Name one in ingressClassName.`;
  const name = printable(written);
  const near = nearestName(
    written,
    known.filter((each) => each !== written),
  );
  // What is no name must not stand in a command to copy.
  if (!isSubdomain(written))
    return `Left out: ${subject} of class ${name} (${names}). Correct it: no IngressClass can have that name.`;
  const it = group.length === 1 ? 'it' : 'them';
  const remedy =
    near === undefined
      ? `To check ${it} as well:`
      : `Did you mean ${near}? To check ${it} as ${group.length === 1 ? 'it is' : 'they are'}:`;
  return `Left out: ${subject} of class ${name} (${names}). ${remedy} --take-over-class ${name}`;
}
