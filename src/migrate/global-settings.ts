// The ConfigMap of ingress-nginx: what its keys become. Those that are named as an annotation are the default of that
// annotation for every Ingress; the others stand in this table.
import type { ClientSpec, PolicySpec } from '../api/policy.ts';
import { isRecord } from '../api/json-access.ts';
import { checkPolicy } from '../api/validate.ts';
import { readNetwork } from '../translate/annotations/admission.ts';
import { NGINX_PREFIX } from '../translate/annotations/reader.ts';
import { restrictsAccess } from '../translate/annotations/snippet.ts';
import { nginxAnnotations } from '../translate/annotations/table.ts';
import { formatSeconds, readSeconds, readSwitch } from '../translate/annotations/values.ts';
import { noteSayings } from './annotation-notes.ts';
import { GLOBAL_KEYS } from './global-keys.ts';
import type { SourceSettings } from './input.ts';
import type { Note } from './note.ts';

/** Parts of a policy that global settings can say, beside what annotations say. */
type GlobalSpec = Pick<PolicySpec, 'client' | 'backend' | 'accessLog'>;

export type GlobalSettings = {
  readonly subject: string;
  /** Values of annotations that hold where an Ingress says nothing, by whole key. */
  readonly defaults: Readonly<Record<string, string>>;
  readonly spec: GlobalSpec;
  /** Networks that are kept out of every site. */
  readonly blocked: readonly string[];
  /** What keeps somebody out in a way that is not known here: keys, each with where it stands. */
  readonly restrictions: readonly string[];
  /** Nobody is kept out by any of it. */
  readonly isOpen: boolean;
  readonly notes: readonly Note[];
};

type Reading = { readonly spec: GlobalSpec } | { readonly note: Omit<Note, 'subject'> };
type Reader = (value: string, all: SourceSettings['data']) => Reading;

const annotationNames: ReadonlyMap<string, boolean> = new Map(
  nginxAnnotations.map(({ name, staysInIngress = false }) => [name, staysInIngress]),
);

const globalAuth = /^global-auth-/u;

const readers: Readonly<Record<string, Reader>> = {
  hsts: (_value, all) => hsts(all),
  'hsts-max-age': (_value, all) => hsts(all),
  'hsts-include-subdomains': (_value, all) => hsts(all),
  'ssl-protocols': readProtocols,
  'keep-alive': (value) => clientTimeout('keepAlive', value),
  'client-header-timeout': (value) => clientTimeout('requestHead', value),
  'client-body-timeout': (value) => clientTimeout('requestBodyIdle', value),
  'upstream-keepalive-connections': (value) =>
    checked({ backend: { connectionReuse: { maxIdlePerEndpoint: Number(value) } } }),
  'upstream-keepalive-requests': (value) =>
    checked({ backend: { connectionReuse: { maxRequests: Number(value) } } }),
  'upstream-keepalive-timeout': (value) =>
    checked({ backend: { connectionReuse: { idleTimeout: duration(value) } } }),
  'disable-access-log': (value) => checked({ accessLog: { enabled: readSwitch(value) !== true } }),
};

/** Whether a ConfigMap holds settings of ingress-nginx. */
export function isGlobalSettings({ data }: SourceSettings): boolean {
  return Object.keys(data).some((key) => annotationNames.has(key) || isKnown(key));
}

function isKnown(key: string): boolean {
  return (
    Object.hasOwn(readers, key) || globalAuth.test(key) || GLOBAL_KEYS.some(([pattern]) => pattern.test(key))
  );
}

/** What all Ingresses of ingress-nginx are told at once. */
export function readGlobalSettings({ namespace, name, data }: SourceSettings): GlobalSettings {
  const keys = Object.keys(data).toSorted();
  const defaults = Object.fromEntries(
    keys
      .filter((key) => annotationNames.get(key) === false)
      .map((key) => [`${NGINX_PREFIX}${key}`, data[key] ?? '']),
  );
  const readings = keys
    .filter((key) => !Object.hasOwn(defaults, `${NGINX_PREFIX}${key}`))
    .map((key) => ({ key, reading: readKey(key, data) }));
  const sayings = Object.entries(defaults).map(([key, value]) => {
    return { subject: key.slice(NGINX_PREFIX.length), reads: { [key]: value } };
  });
  const subject = `ConfigMap ${namespace}/${name}`;
  const own = noteSayings(sayings, namespace);
  const blocked = readBlocked(data) ?? [];
  const restricting = keys.filter((key) => isRestricting(key, data[key] ?? ''));
  const { spec: said, restrictions } = own.settings;
  return {
    subject,
    defaults,
    // Each part has been checked by itself, and no two speak of the same field.
    spec: readings.reduce<Fields>(
      (spec, { reading }) => ('spec' in reading ? merge(spec, reading.spec) : spec),
      {},
    ) as GlobalSpec,
    blocked,
    restrictions: restricting.map((key) => `${key} (${subject})`),
    isOpen: said.admission === undefined && [...blocked, ...restricting, ...restrictions].length === 0,
    notes: [
      ...own.notes,
      ...readings.map(({ key, reading }): Note => {
        if ('note' in reading) return { subject: key, ...reading.note };
        return { kind: 'carried', subject: key, text: fieldsOf(reading.spec).join(', ') };
      }),
    ],
  };
}

const MAX_BLOCKED = 256;

/** The networks of block-cidrs; undefined where they are not there or cannot be held. */
function readBlocked({ 'block-cidrs': text = '' }: SourceSettings['data']): readonly string[] | undefined {
  const networks = text.split(',').map((each) => readNetwork(each.trim()));
  const known = networks.filter((each) => each !== undefined);
  return known.length < networks.length || known.length > MAX_BLOCKED ? undefined : [...new Set(known)];
}

function isRestricting(key: string, value: string): boolean {
  if (annotationNames.has(key)) return false;
  if (key === 'block-cidrs') return readBlocked({ [key]: value }) === undefined;
  return globalAuth.test(key) || (key.endsWith('snippet') && restrictsAccess(value));
}

function readKey(key: string, data: SourceSettings['data']): Reading {
  const value = (data[key] ?? '').trim();
  if (annotationNames.get(key) === true) {
    const text = `Write ${NGINX_PREFIX}${key}: "${readSwitch(value) ?? 'true'}" into the Ingresses`;
    return { note: { kind: 'lost', text } };
  }
  if (Object.hasOwn(readers, key)) return readers[key]?.(value, data) ?? unusable;
  if (isRestricting(key, value)) {
    const text = 'Keeps somebody out in a way that cannot be carried over: say the same with spec.admission';
    return { note: { kind: 'lost', text } };
  }
  const [, kind, text] = GLOBAL_KEYS.find(([pattern]) => pattern.test(key)) ?? [];
  if (kind !== undefined && text !== undefined) return { note: { kind, text } };
  return { note: { kind: 'lost', text: 'Not known here; look it up in the documentation of ingress-nginx' } };
}

const unusable: Reading = {
  note: { kind: 'changed', text: 'The value cannot be used here; the default holds' },
};

/** ingress-nginx sends the header unless told otherwise. */
function hsts(all: SourceSettings['data']): Reading {
  if (readSwitch((all['hsts'] ?? 'true').trim()) === false)
    return checked({ client: { tls: { hsts: { maxAge: '0s' } } } });
  const maxAge = duration((all['hsts-max-age'] ?? '31536000').trim());
  const includeSubDomains = readSwitch((all['hsts-include-subdomains'] ?? 'true').trim()) ?? true;
  return checked({ client: { tls: { hsts: { maxAge, includeSubDomains } } } });
}

function readProtocols(value: string): Reading {
  const versions = value.toLowerCase().split(/\s+/u);
  const minVersion = versions.includes('tlsv1.2') || !versions.includes('tlsv1.3') ? '1.2' : '1.3';
  if (!versions.some((each) => each === 'tlsv1.1' || each === 'tlsv1'))
    return checked({ client: { tls: { minVersion } } });
  const text = 'client.tls.minVersion stays 1.2; older clients need --legacy-https-port and minVersion 1.1';
  return { note: { kind: 'changed', text } };
}

function clientTimeout(name: keyof NonNullable<ClientSpec['timeouts']>, value: string): Reading {
  return checked({ client: { timeouts: { [name]: duration(value) } } });
}

function duration(value: string): string {
  const seconds = readSeconds(value);
  return seconds === undefined ? value : formatSeconds(seconds);
}

/** What a policy may not hold is not carried over. */
function checked(spec: GlobalSpec): Reading {
  const { issues } = checkPolicy({
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    kind: 'MattermostIngressPolicy',
    metadata: { name: 'global' },
    spec: {
      targetRefs: [{ group: 'networking.k8s.io', kind: 'Ingress', name: 'any' }],
      admission: { defaultAction: 'Allow' },
      ...spec,
    },
  });
  return issues.length === 0 ? { spec } : unusable;
}

/** The fields with a value, as paths. */
function fieldsOf(value: unknown, path = ''): readonly string[] {
  if (!isRecord(value)) return [path];
  return Object.entries(value).flatMap(([name, member]) =>
    fieldsOf(member, path === '' ? name : `${path}.${name}`),
  );
}

type Fields = Readonly<Record<string, unknown>>;

function merge(base: Fields, over: Fields): Fields {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const before = merged[name];
    merged[name] = isRecord(before) && isRecord(value) ? merge(before, value) : value;
  }
  return merged;
}
