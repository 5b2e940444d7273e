// The annotations of an Ingress -> what a policy would say, and what cannot be said. Called for each Ingress of ours;
// pure, so that its result holds as long as the annotations do.
import type { PolicySpec } from '../../api/policy.ts';
import type { AnnotationEntry } from './entry.ts';
import { AnnotationReader, IGNORE_KEY, NGINX_PREFIX, OWN_PREFIX } from './reader.ts';
import { readSwitch } from './values.ts';
import { readAdmission } from './admission.ts';
import { readBackendTls, readBalancing } from './backend.ts';
import { readClientCertificate } from './client.ts';
import { readAccessLog, readLimits, readPatience } from './limits.ts';
import { judgeForeign, judgeOwn, judgeUnknown } from './other.ts';
import { readPersistence } from './persistence.ts';
import { restrictsAccess } from './snippet.ts';
import { nginxAnnotations, ownAnnotations } from './table.ts';
import type { Problem } from '../problem.ts';

/** The parts of a policy that annotations can say. */
export type AnnotationSpec = Partial<
  Pick<
    PolicySpec,
    'admission' | 'sessionPersistence' | 'websocket' | 'backend' | 'client' | 'limits' | 'accessLog'
  >
>;

/** What the annotations of an Ingress say, in the words of a policy. */
export type IngressSettings = {
  /** Parts of a policy's spec, valid against the schema by construction. A policy's leaf fields beat these. */
  readonly spec: AnnotationSpec;
  /** When plain HTTP is redirected to https; `with-tls` where the host has TLS. */
  readonly redirect: 'with-tls' | 'always' | 'never';
  /** Without an accepted policy that names the Ingress its hosts answer 503. */
  readonly requiresPolicy: boolean;
  /** Access restrictions that are not understood: each closes the site until removed or named as ignored. */
  readonly restrictions: readonly Problem[];
  /** Warnings: what has no effect, or not the one that is written. */
  readonly problems: readonly Problem[];
};

type Annotations = Readonly<Record<string, string>>;

const nginxByName: ReadonlyMap<string, AnnotationEntry> = new Map(
  nginxAnnotations.map((entry) => [entry.name, entry]),
);
const REQUIRE_KEY = `${OWN_PREFIX}require-policy`;

/** Reads all annotations of an Ingress. Never throws. @param namespace that of the Ingress */
export function readAnnotations(annotations: Annotations, namespace: string): IngressSettings {
  const ignored = readIgnored(annotations);
  const keys = Object.keys(annotations).toSorted();
  const used = keys.filter((key) => !isIgnored(key, ignored));
  const reader = new AnnotationReader(new Map(used.map((key) => [key, annotations[key] ?? ''])));
  if (ignored.some((entry) => !keys.some((key) => isIgnored(key, [entry])))) {
    reader.invalid(IGNORE_KEY, {
      text: 'names an annotation that the Ingress does not have, or that cannot be passed over',
      remedy: 'Write names of annotations that are there, separated by commas',
    });
  }
  for (const key of used) judge(reader, key, annotations[key] ?? '');
  const spec = readSpec(reader, namespace);
  const redirect = readRedirect(reader);
  const requiresPolicy = readRequirePolicy(reader, annotations);
  const { restrictions, problems } = reader;
  return { spec, redirect, requiresPolicy, restrictions, problems };
}

/** Whether the annotations name this one in `ignore-annotations`. */
export function isPassedOver(annotations: Annotations, key: string): boolean {
  return isIgnored(key, readIgnored(annotations));
}

function readIgnored(annotations: Annotations): readonly string[] {
  const text = Object.hasOwn(annotations, IGNORE_KEY) ? (annotations[IGNORE_KEY] ?? '') : '';
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** By whole key or by what follows the prefix; our own annotations are always read. */
function isIgnored(key: string, ignored: readonly string[]): boolean {
  if (key.startsWith(OWN_PREFIX)) return false;
  return ignored.includes(key) || ignored.includes(key.slice(key.indexOf('/') + 1));
}

/** Says what is to be said of an annotation whatever its theme; those that are kept are read by theme later. */
function judge(reader: AnnotationReader, key: string, value: string): void {
  if (key.startsWith(OWN_PREFIX)) {
    const name = key.slice(OWN_PREFIX.length);
    if (!ownAnnotations.some((entry) => entry.name === name)) judgeOwn(reader, name);
  } else if (key.startsWith(NGINX_PREFIX)) {
    judgeNginx(reader, key.slice(NGINX_PREFIX.length), value);
  } else {
    judgeForeign(reader, key, value);
  }
}

function judgeNginx(reader: AnnotationReader, name: string, value: string): void {
  const key = `${NGINX_PREFIX}${name}`;
  const entry = nginxByName.get(name);
  if (entry === undefined) {
    judgeUnknown(reader, name, value);
    return;
  }
  if (entry.isSwitch === true && readSwitch(value.trim()) === false) return;
  const isRestricting = entry.fate === 'snippet' ? restrictsAccess(value) : entry.fate === 'restriction';
  if (isRestricting)
    reader.restrict(key, { text: 'restricts access and has no effect here', remedy: entry.text });
  else if (entry.fate === 'unsupported') reader.unsupported(key, entry.text);
  else if (entry.fate === 'snippet') reader.unsupported(key, entry.text, 'is never run');
}

function readSpec(reader: AnnotationReader, namespace: string): AnnotationSpec {
  const loadBalancing = readBalancing(reader);
  const tls = readBackendTls(reader, namespace);
  const { timeouts, websocket } = readPatience(reader);
  const backend = dropAbsent({ loadBalancing, tls, timeouts });
  return dropAbsent({
    admission: readAdmission(reader),
    sessionPersistence: readPersistence(reader),
    websocket,
    backend: Object.keys(backend).length === 0 ? undefined : backend,
    client: readClientCertificate(reader, namespace),
    limits: readLimits(reader),
    accessLog: readAccessLog(reader),
  });
}

type Present<Fields> = { readonly [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };

function dropAbsent<Fields extends object>(fields: Fields): Present<Fields> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as Present<Fields>;
}

/** Forced redirects beat those by the TLS of the host, as in ingress-nginx. */
function readRedirect(reader: AnnotationReader): IngressSettings['redirect'] {
  const isWanted = readBoolean(reader, 'ssl-redirect') ?? true;
  if (readBoolean(reader, 'force-ssl-redirect') === true) return 'always';
  return isWanted ? 'with-tls' : 'never';
}

function readBoolean(reader: AnnotationReader, name: string): boolean | undefined {
  const text = reader.get(name);
  if (text === undefined) return undefined;
  const value = readSwitch(text);
  if (value === undefined) {
    reader.invalid(`${NGINX_PREFIX}${name}`, {
      text: 'is neither true nor false; the default is used',
      remedy: 'Write true or false, in quotes',
    });
  }
  return value;
}

/** What cannot be read counts as a demand: the annotation is there to close the site. */
function readRequirePolicy(reader: AnnotationReader, annotations: Annotations): boolean {
  const text = Object.hasOwn(annotations, REQUIRE_KEY) ? annotations[REQUIRE_KEY] : undefined;
  if (text === undefined) return false;
  const isRequired = readSwitch(text.trim());
  if (isRequired === undefined) {
    reader.invalid(REQUIRE_KEY, {
      text: 'is neither true nor false; a policy is required',
      remedy: 'Write true or false, in quotes',
    });
  }
  return isRequired ?? true;
}
