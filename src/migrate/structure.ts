// What of an Ingress no annotation says: paths that are no paths, backends that are no Services, hosts that others have.
// The translator itself is asked, with the annotations taken off and the class made ours.
import { keyOf, type Ingress } from '../api/objects.ts';
import { isAcmePath } from '../model/acme-path.ts';
import type { FindingReason } from '../model/finding.ts';
import { NO_ADDRESSES } from '../translate/address-ranges.ts';
import { NGINX_PREFIX } from '../translate/annotations/reader.ts';
import { readSwitch } from '../translate/annotations/values.ts';
import { DEFAULT_CLASS } from '../translate/classes.ts';
import { isExpression } from '../translate/path-expressions.ts';
import { EMPTY_MEMORY, translate } from '../translate/translate.ts';
import type { SourceIngress } from './input.ts';
import type { Note } from './note.ts';

/** What need not be among the objects that are migrated. */
const ELSEWHERE: ReadonlySet<FindingReason> = new Set<FindingReason>([
  'ServiceNotFound',
  'ServicePortNotFound',
  'SecretNotFound',
  'NoEndpoints',
]);

/** A part of the traffic of another Ingress, which is not split here. */
export function isCanary({ annotations }: SourceIngress): boolean {
  return readSwitch((annotations[`${NGINX_PREFIX}canary`] ?? '').trim()) === true;
}

/** The proof of somebody who asks for a certificate: served without policy, and gone in a minute. */
export function isProof({ ingress: { rules, defaultBackend } }: SourceIngress): boolean {
  const paths = rules.flatMap((rule) => rule.paths);
  return defaultBackend === undefined && paths.length > 0 && paths.every(({ path = '' }) => isAcmePath(path));
}

/** By key of the Ingress: what of its hosts, paths and backends is not served as it stands there. */
export function structureNotes(sources: readonly SourceIngress[]): ReadonlyMap<string, readonly Note[]> {
  const found = Map.groupBy(findingsOf(sources.map(({ ingress }) => ingress)), ({ key }) => key);
  return new Map(
    sources.map(({ ingress }) => {
      const key = keyOf(ingress.metadata);
      return [key, [...pathNotes(ingress), ...(found.get(key) ?? []).map(({ note }) => note)]];
    }),
  );
}

function findingsOf(ingresses: readonly Ingress[]): readonly { readonly key: string; readonly note: Note }[] {
  const bare = ingresses.map((ingress) => ({ ...ingress, annotations: {}, ingressClassName: DEFAULT_CLASS }));
  const none = new Map<string, never>();
  const objects = {
    policies: none,
    ingressClasses: none,
    services: none,
    endpointSlices: none,
    secrets: none,
    configMaps: none,
    ingresses: new Map(bare.map((ingress) => [keyOf(ingress.metadata), ingress])),
  };
  // No cookie is made and no secret compared: any keys will do.
  const keys = { stickyKeys: [new Uint8Array(32)], secretDigestKey: new Uint8Array(32) };
  const settings = { ...keys, deniedEndpoints: NO_ADDRESSES, nowMs: 0 };
  const { findings } = translate(objects, settings, EMPTY_MEMORY);
  return findings
    .filter(({ object, reason }) => object?.kind === 'Ingress' && !ELSEWHERE.has(reason))
    .map(({ object, field, message, remedy }) => {
      const key = keyOf({ namespace: object?.namespace ?? '', name: object?.name ?? '' });
      return { key, note: { kind: 'lost', subject: field, text: `${message}. ${remedy}` } };
    });
}

function pathNotes({ rules }: Ingress): readonly Note[] {
  return rules.flatMap(({ paths }, at) =>
    paths.flatMap(({ path = '/' }, index): readonly Note[] => {
      if (!isExpression(path)) return [];
      const subject = `spec.rules[${at}].http.paths[${index}].path`;
      const text =
        'A regular expression is compared letter by letter here, and matches nothing. Write a path that is the beginning of all that it should match';
      return [{ kind: 'lost', subject, text }];
    }),
  );
}
