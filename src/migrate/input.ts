// JSON documents as they come from files or the API server -> the objects that are migrated, and what is wrong with them.
import type { Ingress } from '../api/objects.ts';
import { POLICY_KIND } from '../api/policy.ts';
import { get, isRecord, items, string } from '../api/json-access.ts';
import { FieldReader } from '../translate/objects/field-reader.ts';
import { isJsonList, isJsonMap, type JsonMap, type JsonValue } from '../translate/objects/json-value.ts';
import { readMetadata } from '../translate/objects/metadata.ts';
import { knownVersions, projectObject } from '../translate/objects/project.ts';

/** Annotations of an object that is not looked at any closer. */
export type Annotated = {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
};

export type SourceIngress = {
  readonly ingress: Ingress;
  /** False where the file leaves the namespace to whoever applies it. */
  readonly namesNamespace: boolean;
  /** All of them, also those that nobody here reads. */
  readonly annotations: Readonly<Record<string, string>>;
};

export type SourceSettings = {
  readonly namespace: string;
  readonly name: string;
  readonly data: Readonly<Record<string, string>>;
};

export type SourcePolicy = {
  readonly namespace: string;
  readonly name: string;
  readonly targets: readonly string[];
};

export type MigrationInput = {
  readonly ingresses: readonly SourceIngress[];
  readonly services: readonly Annotated[];
  readonly configMaps: readonly SourceSettings[];
  readonly policies: readonly SourcePolicy[];
  /** Ingresses that cannot be read, each with a sentence. */
  readonly broken: readonly { readonly subject: string; readonly text: string }[];
};

/** @param documents any JSON; lists of objects are opened */
export function readInput(documents: readonly JsonValue[]): MigrationInput {
  const objects = documents.flatMap(openList);
  const ofKind = (kind: string) => objects.filter((object) => string(get(object, 'kind')) === kind);
  const ingresses = ofKind('Ingress').map(readIngress);
  return {
    ingresses: ingresses.filter((each) => 'ingress' in each),
    broken: ingresses.filter((each) => 'text' in each),
    services: ofKind('Service').map((raw) => ({ ...placeOf(raw), annotations: annotationsOf(raw) })),
    configMaps: ofKind('ConfigMap').map((raw) => ({ ...placeOf(raw), data: textsOf(get(raw, 'data')) })),
    policies: ofKind(POLICY_KIND).map((raw) => ({
      ...placeOf(raw),
      targets: items(get(get(raw, 'spec'), 'targetRefs')).map((target) => string(get(target, 'name'))),
    })),
  };
}

function openList(value: JsonValue): readonly JsonMap[] {
  if (!isJsonMap(value)) return [];
  const list = value['items'];
  const isList = string(value['kind']).endsWith('List') && isJsonList(list);
  return isList ? list.flatMap(openList) : [value];
}

function readIngress(raw: JsonMap): SourceIngress | MigrationInput['broken'][number] {
  const { namespace, name } = placeOf(raw);
  const subject = `Ingress ${namespace}/${name}`;
  if (raw['apiVersion'] !== knownVersions.Ingress) {
    const text = `apiVersion must be ${knownVersions.Ingress}; kubectl get ingress --output yaml writes that one`;
    return { subject, text };
  }
  const { object, issues } = readObject(raw);
  const [issue] = issues;
  const namesNamespace = string(get(raw['metadata'], 'namespace')) !== '';
  if (object?.kind === 'Ingress' && issue === undefined)
    return { ingress: object, namesNamespace, annotations: annotationsOf(raw) };
  return { subject, text: `${issue?.message ?? 'Cannot be read'}. ${issue?.remedy ?? ''}` };
}

function readObject(raw: JsonMap) {
  const reader = new FieldReader();
  const metadata = readMetadata(raw, reader, 'Namespaced');
  if (metadata === undefined) return { object: undefined, issues: reader.issues };
  const { produced, issues } = projectObject('Ingress', raw, metadata);
  return { object: produced[0], issues: [...reader.issues, ...issues] };
}

function placeOf(raw: JsonMap): { readonly namespace: string; readonly name: string } {
  const metadata = raw['metadata'];
  return {
    namespace: string(get(metadata, 'namespace')) || 'default',
    name: string(get(metadata, 'name')),
  };
}

function annotationsOf(raw: JsonMap): Readonly<Record<string, string>> {
  return textsOf(get(raw['metadata'], 'annotations'));
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
