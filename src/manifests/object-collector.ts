// Sorts the documents of one file into objects and findings: opens lists, knows kinds, counts what it ignores.
// Used by parse.ts, document by document.
import { isMap, isNode, isSeq } from 'yaml';
import type { Node } from 'yaml';
import { nearestName } from '../api/near-names.ts';
import { POLICY_GROUP, POLICY_KIND } from '../api/policy.ts';
import type { Finding, ObjectReference } from '../model/finding.ts';
import { FieldReader } from '../translate/objects/field-reader.ts';
import type { FieldIssue } from '../translate/objects/field-reader.ts';
import { findLines } from './field-line.ts';
import type { ObjectText } from './field-line.ts';
import { describeType, isJsonList, isJsonMap } from '../translate/objects/json-value.ts';
import type { JsonMap, JsonValue } from '../translate/objects/json-value.ts';
import { readIdentity } from '../translate/objects/metadata.ts';
import type { FileReading, ParsedObject } from './parsed-object.ts';
import { knownVersions, projectObject, scopeOf } from '../translate/objects/project.ts';
import type { KnownKind } from '../translate/objects/project.ts';
import type { DocumentProblem, DocumentTree } from './yaml-document.ts';

/** Errors reported of one file; the rest is counted. */
export const maxFindingsPerFile = 100;

/** One JSON object of a file with its place. */
type Item = { readonly value: JsonValue; readonly source: ObjectText };

export class ObjectCollector {
  readonly #file: string;
  readonly #objects: ParsedObject[] = [];
  readonly #findings: Finding[] = [];
  readonly #ignored = new Map<string, { line: number; count: number; readonly remedy: string }>();
  #documentCount = 0;
  #unreported = 0;

  constructor(file: string) {
    this.#file = file;
  }

  addBroken(problem: DocumentProblem): void {
    this.#documentCount += 1;
    if (this.#findings.length >= maxFindingsPerFile) {
      this.#unreported += 1;
      return;
    }
    const { line, message, remedy } = problem;
    const location = { file: this.#file, line };
    this.#findings.push({ severity: 'error', location, field: '', reason: 'YAMLInvalid', message, remedy });
  }

  addRoot(value: JsonValue, tree: DocumentTree): void {
    this.#documentCount += 1;
    this.#addItem({ value, source: cutSource(tree, tree.root) }, tree.root, tree);
  }

  finish(): FileReading {
    const findings = [...this.#findings, ...this.#describeUnreported(), ...this.#describeIgnored()];
    return { objects: this.#objects, findings, documentCount: this.#documentCount };
  }

  /** An error without object, so that nobody takes the file for fully read. */
  #describeUnreported(): readonly Finding[] {
    if (this.#unreported === 0) return [];
    const message = `${this.#unreported} more errors in this file are not shown`;
    const location = { file: this.#file, line: 1 };
    const remedy = 'Correct those shown first';
    return [{ severity: 'error', location, field: '', reason: 'ObjectInvalid', message, remedy }];
  }

  #describeIgnored(): readonly Finding[] {
    return [...this.#ignored].map(([kind, { line, count, remedy }]): Finding => {
      const objects = count === 1 ? 'the object is' : `${count} objects are`;
      const message = `Kind ${kind} is not read from files; ${objects} ignored`;
      const location = { file: this.#file, line };
      return { severity: 'warning', location, field: 'kind', reason: 'KindUnknown', message, remedy };
    });
  }

  #addItem(item: Item, node: unknown, tree: DocumentTree): void {
    if (!isJsonMap(item.value)) {
      const message = `A document must be an object with apiVersion and kind, it is ${describeType(item.value)}`;
      this.#refuse(item, undefined, [{ field: '', message, remedy: 'Write a Kubernetes object' }]);
      return;
    }
    const reader = new FieldReader();
    const kind = reader.requiredString({ value: item.value['kind'], path: 'kind' });
    const apiVersion = reader.requiredString({ value: item.value['apiVersion'], path: 'apiVersion' });
    if (reader.issues.length > 0) this.#refuse(item, undefined, reader.issues);
    else if (isListOf(kind, item.value)) this.#addList(item.value['items'], node, tree);
    else if (isKnown(kind, apiVersion)) this.#addKnown(kind, apiVersion, { ...item, value: item.value });
    else if (groupOf(apiVersion) === POLICY_GROUP) this.#refuse(item, undefined, [strangeKind(kind)]);
    else this.#ignore(kind, apiVersion, item.source.line);
  }

  #addList(values: readonly JsonValue[], node: unknown, tree: DocumentTree): void {
    const list = isMap(node) ? node.get('items', true) : undefined;
    values.forEach((value, index) => {
      const itemNode: unknown = isSeq(list) ? list.items[index] : undefined;
      // Items behind an alias have no text of their own; the list's would be parsed again for each.
      const source = isNode(itemNode)
        ? cutSource(tree, itemNode)
        : { text: '', line: cutSource(tree, node).line };
      this.#addItem({ value, source }, itemNode, tree);
    });
  }

  #addKnown(kind: KnownKind, apiVersion: string, item: Item & { readonly value: JsonMap }): void {
    const identityReader = new FieldReader();
    const identity = readIdentity(item.value, identityReader, scopeOf(kind));
    if (identity === undefined) {
      const issues = identityReader.issues.map((issue) => ({
        ...issue,
        message: `${kind}: ${issue.message}`,
      }));
      this.#refuse(item, undefined, issues);
      return;
    }
    const reference = { kind, ...identity };
    if (apiVersion !== knownVersions[kind] && kind !== POLICY_KIND) {
      const message = `apiVersion must be ${knownVersions[kind]} for kind ${kind}`;
      const remedy = `Write ${knownVersions[kind]}${versionHints[kind] ?? ''}`;
      this.#refuse(item, reference, [{ field: 'apiVersion', message, remedy }]);
      return;
    }
    const { produced, issues } = projectObject(kind, item.value, identity);
    if (issues.length > 0) this.#refuse(item, reference, issues);
    else this.#objects.push({ reference, produced, file: this.#file, source: item.source });
  }

  #refuse(item: Item, object: ObjectReference | undefined, issues: readonly FieldIssue[]): void {
    const room = Math.max(maxFindingsPerFile - this.#findings.length, 0);
    const shown = issues.slice(0, room);
    this.#unreported += issues.length - shown.length;
    if (shown.length === 0) return;
    const lines = findLines(
      item.source,
      shown.map((issue) => issue.at ?? issue.field),
    );
    const known = object === undefined ? {} : { object };
    shown.forEach(({ field, message, remedy }, index) => {
      const location = { file: this.#file, line: lines[index] ?? item.source.line };
      this.#findings.push({
        severity: 'error',
        ...known,
        location,
        field,
        reason: 'ObjectInvalid',
        message,
        remedy,
      });
    });
  }

  #ignore(kind: string, apiVersion: string, line: number): void {
    const name = `${printable(kind)} (${printable(apiVersion)})`;
    const seen = this.#ignored.get(name);
    if (seen !== undefined) {
      seen.count += 1;
      return;
    }
    const near = nearestName(kind, kindsOf(apiVersion));
    const wish =
      near === undefined ? 'Remove it from the folder, or leave it' : `Did you mean ${near}? Else leave it`;
    this.#ignored.set(name, { line, count: 1, remedy: `${wish}: it does no harm` });
  }
}

/** Whoever names our group means one of our objects, which must not get lost in silence. */
function strangeKind(kind: string): FieldIssue {
  const near = nearestName(kind, [POLICY_KIND]);
  const remedy = near === undefined ? `Write ${POLICY_KIND}, or remove the object` : `Did you mean ${near}?`;
  return { field: 'kind', message: `There is no kind ${printable(kind)} in ${POLICY_GROUP}`, remedy };
}

function kindsOf(apiVersion: string): readonly string[] {
  return Object.entries(knownVersions).flatMap(([kind, version]) => (version === apiVersion ? [kind] : []));
}

/** `kind: List`, and the typed lists of older kubectl. */
function isListOf(kind: string, value: JsonMap): value is JsonMap & { readonly items: readonly JsonValue[] } {
  return kind.endsWith('List') && isJsonList(value['items']);
}

/** What else changed where an old version of a kind is still about. */
const versionHints: Readonly<Partial<Record<KnownKind, string>>> = {
  Ingress: ', with pathType for each path and backend.service.name and .port.number for each backend',
};

/** Groups in which a kind was served once: an object of theirs is an old one, not another kind. */
const formerGroups: Readonly<Partial<Record<KnownKind, string>>> = { Ingress: 'extensions' };

/** Our own kind is known in every group: a wrong group is a mistake, not another kind. */
function isKnown(kind: string, apiVersion: string): kind is KnownKind {
  if (!Object.hasOwn(knownVersions, kind)) return false;
  const known = kind as KnownKind;
  const groups = [groupOf(knownVersions[known]), formerGroups[known]];
  return known === POLICY_KIND || groups.includes(groupOf(apiVersion));
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

function printable(word: string): string {
  return /^[\w./-]{1,100}$/.test(word) ? word : '?';
}

/** The text of a node, indented as in the file so that it parses by itself. */
function cutSource(tree: DocumentTree, node: unknown): ObjectText {
  const { text } = tree.document;
  const [start, end] = (isNode(node) ? (node as Node).range : undefined) ?? [0, text.length];
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1);
  return { text: ' '.repeat(indent) + text.slice(start, end), line: tree.lineAt(start) };
}
