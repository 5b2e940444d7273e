// A policy over the annotations of an Ingress that it governs: leaf fields of the policy win, lists go as a whole.
// Used by ingresses.ts; what a choice of the policy leaves without meaning is dropped, so that the result keeps the schema.
import { isRecord } from '../api/json-access.ts';
import type { BackendTls, PolicySpec, SessionPersistence } from '../api/policy.ts';
import type { AnnotationSpec } from './annotations/annotations.ts';

/** What a policy says of one site; the same without `admission` where nobody says who may come in. */
type Settings = Omit<PolicySpec, 'admission'> & Pick<AnnotationSpec, 'admission'>;

/**
 * The settings of a policy, and what annotations say where the policy is silent. Its `admission`, if any, stands in
 * place of theirs as a whole: half of each would be nobody's intention.
 */
export function mergeSpec<Over extends Settings>(base: AnnotationSpec, over: Over): Over & AnnotationSpec {
  const { admission, ...rest } = base;
  const persistence = fitPersistence(rest.sessionPersistence, over.sessionPersistence);
  const tls = fitTls(rest.backend?.tls, over.backend?.tls);
  const fitted = {
    ...rest,
    ...(over.admission === undefined ? { admission } : {}),
    sessionPersistence: persistence,
    backend: rest.backend === undefined ? undefined : { ...rest.backend, tls },
  };
  // Both sides are of the type, and every field of the result comes from one of them.
  return mergeFields(fitted, over) as Over & AnnotationSpec;
}

/** Fields of another type of persistence than the policy's have no meaning beside it. */
function fitPersistence(
  base: SessionPersistence | undefined,
  over: SessionPersistence | undefined,
): SessionPersistence | undefined {
  if (base === undefined || over === undefined) return base;
  const speaksOfCookie = over.cookie ?? over.fallback ?? over.absoluteTimeout;
  const type = over.type ?? (speaksOfCookie === undefined ? base.type : 'Cookie');
  if (type !== base.type) return undefined;
  if (over.cookie?.lifetimeType !== 'Session') return base;
  const { absoluteTimeout: _, ...rest } = base;
  return rest;
}

/** What the mode of the policy leaves of the TLS settings below it. */
function fitTls(base: BackendTls | undefined, over: BackendTls | undefined): BackendTls | undefined {
  if (base === undefined || over === undefined || over.mode === 'Verify') return base;
  if (over.mode === 'Disabled') return undefined;
  const { caRef: _, ...rest } = base;
  return rest;
}

type Fields = Readonly<Record<string, unknown>>;

function mergeFields(base: object, over: object): Fields {
  const merged: Record<string, unknown> = {};
  for (const [name, value] of [...Object.entries(base), ...Object.entries(over)]) {
    const before = merged[name];
    if (isRecord(value)) merged[name] = mergeFields(isRecord(before) ? before : {}, value);
    else if (value !== undefined) merged[name] = value;
  }
  return merged;
}
