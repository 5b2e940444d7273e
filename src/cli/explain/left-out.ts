// Objects of other classes that name the host of a request: why nobody serves a host that stands in the files or the cluster.
import { get, items, string } from '../../api/json-access.ts';
import { nearestName } from '../../api/near-names.ts';
import { keyOf, type ObjectSet } from '../../api/objects.ts';
import { POLICY_KIND } from '../../api/policy.ts';
import type { Explanation } from '../../explain/explanation.ts';
import type { Options } from '../../options/options.ts';
import type { Translation } from '../../translate/translate.ts';
import { findLeftOut, type LeftOut } from '../check/left-out.ts';

type Classes = Pick<Options, 'ingressClass' | 'takeOverClass'>;

/** A note for each; a class may have many objects of one host. */
const MAX_NOTES = 3;

export function leftOutNotes(
  objects: ObjectSet,
  translation: Translation,
  hostnames: readonly string[],
  classes: Classes,
): readonly string[] {
  return findLeftOut(objects, translation)
    .filter((each) => hostsOf(objects, each).some((host) => hostnames.includes(host)))
    .slice(0, MAX_NOTES)
    .map((each) => describe(each, classes));
}

/** Said first, where no site answers: another object may have the host by right. */
export function withLeftOut(explanation: Explanation, notes: readonly string[]): Explanation {
  return explanation.site === undefined
    ? { ...explanation, notes: [...notes, ...explanation.notes] }
    : explanation;
}

function hostsOf({ policies, ingresses }: ObjectSet, { kind, namespace, name }: LeftOut): readonly string[] {
  const key = keyOf({ namespace, name });
  if (kind !== POLICY_KIND) return ingresses.get(key)?.rules.map(({ host }) => host ?? '') ?? [];
  return items(get(get(get(policies.get(key), 'spec'), 'route'), 'hosts')).map(string);
}

function describe(
  { kind, namespace, name, ingressClassName }: LeftOut,
  { ingressClass, takeOverClass }: Classes,
): string {
  const subject = `${kind} ${namespace}/${name} names this host, and`;
  if (ingressClassName === undefined)
    return `${subject} has no class: it is not served. Name ${ingressClass} in ingressClassName`;
  const known = [ingressClass, takeOverClass].filter((each) => each !== undefined);
  const near = nearestName(ingressClassName, known);
  const remedy = near === undefined ? '' : ` Did you mean ${near}?`;
  return `${subject} is of class ${ingressClassName}, which is not served.${remedy}`;
}
