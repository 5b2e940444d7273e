// networking.k8s.io/v1 Ingress and IngressClass: raw JSON -> the slim shapes of api/objects.ts.
// Part of the projection; what is checked here the API server checks too, so that files are read as strictly.
import { isHostPattern } from '../../api/hosts.ts';
import type { Ingress, IngressClass, IngressPath, IngressRule, IngressTls } from '../../api/objects.ts';
import { isForeign } from '../annotations/foreign.ts';
import { fieldOf } from './field-reader.ts';
import type { Field, FieldReader } from './field-reader.ts';
import type { JsonMap } from './json-value.ts';
import { isSubdomain } from './metadata.ts';
import type { RawObject } from './metadata.ts';
import { readBackend } from './project-ingress-backend.ts';

const pathTypes: readonly IngressPath['pathType'][] = ['Exact', 'Prefix', 'ImplementationSpecific'];
/** Parts that a path of type Exact or Prefix must not have, and ends it must not have. */
const refusedParts: readonly string[] = ['//', '/./', '/../', '%2f', '%2F'];
const refusedEnds: readonly string[] = ['/..', '/.'];

const keptAnnotation =
  /^(nginx\.ingress\.kubernetes\.io\/|mattermost-ingress\.io\/|kubernetes\.io\/ingress\.class$)/u;
const defaultClassAnnotation = 'ingressclass.kubernetes.io/is-default-class';

/** An Ingress; paths, hosts and backends are those the API server would have let in. */
export function projectIngress({ raw, metadata, reader }: RawObject): Ingress {
  const spec = reader.map(fieldOf(raw, '', 'spec'));
  const backendField = fieldOf(spec, 'spec', 'defaultBackend');
  const rulesField = fieldOf(spec, 'spec', 'rules');
  const ingressClassName = readClassName(fieldOf(spec, 'spec', 'ingressClassName'), reader);
  const hasBackend = backendField.value !== undefined && backendField.value !== null;
  const rules = reader.list(rulesField).map((field) => readRule(field, reader));
  if (rules.length === 0 && !hasBackend) {
    reader.report('spec', 'needs rules or defaultBackend', 'Add a rule for the host of the site');
  }
  return {
    kind: 'Ingress',
    metadata,
    annotations: readAnnotations(raw, reader, (key) => keptAnnotation.test(key) || isForeign(key)),
    ...(ingressClassName === undefined ? {} : { ingressClassName }),
    ...(hasBackend ? { defaultBackend: readBackend(backendField, reader) } : {}),
    tls: reader.list(fieldOf(spec, 'spec', 'tls')).map((field) => readTls(field, reader)),
    rules,
  };
}

/** An IngressClass; of its parameters only what a message needs. */
export function projectIngressClass({ raw, metadata, reader }: RawObject): IngressClass {
  const spec = reader.map(fieldOf(raw, '', 'spec'));
  const annotations = readAnnotations(raw, reader, (key) => key === defaultClassAnnotation);
  const parameters = readParameters(fieldOf(spec, 'spec', 'parameters'), reader);
  return {
    kind: 'IngressClass',
    metadata,
    controller: reader.requiredString(fieldOf(spec, 'spec', 'controller')),
    isDefault: annotations[defaultClassAnnotation] === 'true',
    ...(parameters === undefined ? {} : { parameters }),
  };
}

function readAnnotations(
  raw: JsonMap,
  reader: FieldReader,
  isKept: (key: string) => boolean,
): Readonly<Record<string, string>> {
  const field = fieldOf(reader.map(fieldOf(raw, '', 'metadata')), 'metadata', 'annotations');
  const map = reader.map(field);
  const kept = Object.keys(map).filter(isKept);
  return Object.fromEntries(kept.map((key) => [key, reader.string(fieldOf(map, field.path, key)) ?? '']));
}

function readParameters(field: Field, reader: FieldReader): string | undefined {
  if (field.value === undefined || field.value === null) return undefined;
  const parameters = reader.map(field);
  const kind = reader.requiredString(fieldOf(parameters, field.path, 'kind'));
  const name = reader.requiredString(fieldOf(parameters, field.path, 'name'));
  return `${kind} ${name}`;
}

function readClassName(field: Field, reader: FieldReader): string | undefined {
  const name = reader.string(field);
  if (name === undefined || isSubdomain(name)) return name;
  reader.report(field.path, 'is not the name of an IngressClass', 'Correct or remove it');
  return undefined;
}

function readRule(field: Field, reader: FieldReader): IngressRule {
  const rule = reader.map(field);
  const host = reader.string(fieldOf(rule, field.path, 'host')) ?? '';
  if (host !== '') checkHost(fieldOf(rule, field.path, 'host').path, host, reader);
  const httpField = fieldOf(rule, field.path, 'http');
  const pathsField = fieldOf(reader.map(httpField), httpField.path, 'paths');
  const paths = reader.list(pathsField).map((item) => readPath(item, reader));
  const isHttpGiven = httpField.value !== undefined && httpField.value !== null;
  if (isHttpGiven && paths.length === 0) {
    reader.report(pathsField.path, 'needs at least one path', 'Add a path, such as /');
  }
  return { ...(host === '' ? {} : { host }), paths };
}

function checkHost(path: string, host: string, reader: FieldReader): void {
  if (isHostPattern(host)) return;
  const remedy = 'Write a lower-case DNS name such as chat.example.com or *.example.com';
  reader.report(path, 'is not a host', remedy);
}

function readPath(field: Field, reader: FieldReader): IngressPath {
  const entry = reader.map(field);
  const typeField = fieldOf(entry, field.path, 'pathType');
  const written = reader.requiredString(typeField);
  const pathType = pathTypes.find((type) => type === written);
  if (pathType === undefined && written !== '') {
    reader.report(typeField.path, `must be one of ${pathTypes.join(', ')}`, 'Use Prefix');
  }
  const pathField = fieldOf(entry, field.path, 'path');
  const path = reader.string(pathField) ?? '';
  if (pathType !== undefined) checkPath({ path: pathField.path, value: path }, pathType, reader);
  const backend = readBackend(fieldOf(entry, field.path, 'backend'), reader);
  return { ...(path === '' ? {} : { path }), pathType: pathType ?? 'ImplementationSpecific', backend };
}

function checkPath(
  { path: at, value: path }: { readonly path: string; readonly value: string },
  pathType: IngressPath['pathType'],
  reader: FieldReader,
): void {
  const isOpen = pathType === 'ImplementationSpecific';
  if (isOpen && path === '') return;
  if (!path.startsWith('/')) {
    reader.report(at, 'must be an absolute path', 'Begin the path with a slash');
    return;
  }
  if (isOpen) return;
  const refused =
    refusedParts.find((part) => path.includes(part)) ?? refusedEnds.find((end) => path.endsWith(end));
  if (refused === undefined) return;
  reader.report(at, `must not hold ${refused}`, 'Write the path without empty, dot or escaped elements');
}

function readTls(field: Field, reader: FieldReader): IngressTls {
  const entry = reader.map(field);
  const hosts = reader.list(fieldOf(entry, field.path, 'hosts')).map((item) => {
    const host = reader.requiredString(item);
    if (host !== '') checkHost(item.path, host, reader);
    return host;
  });
  const secretField = fieldOf(entry, field.path, 'secretName');
  const secretName = reader.string(secretField) ?? '';
  if (secretName === '') return { hosts };
  if (!isSubdomain(secretName)) reader.report(secretField.path, 'is not the name of a Secret', 'Correct it');
  return { hosts, secretName };
}
