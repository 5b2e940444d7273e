// The line on which a field of an object stands, by the path of the field (translate/objects/field-path.ts).
// Lines are looked up only when a finding asks, by parsing the object's own text again: no tree is kept.
import { isMap, isNode, isScalar, isSeq, LineCounter } from 'yaml';
import type { Node } from 'yaml';
import { splitField } from '../translate/objects/field-path.ts';
import { parseTree } from './yaml-document.ts';

/** The text of one object, and the line of the file on which it begins. */
export type ObjectText = { readonly text: string; readonly line: number };

/** The line of each field, or of its nearest ancestor that is there. Parses the text once. */
export function findLines(source: ObjectText, fields: readonly string[]): readonly number[] {
  const lines = new LineCounter();
  const root = parseTree(source.text, lines).contents;
  return fields.map((field) => {
    const offset = findOffset(root, splitField(field)) ?? Math.max(source.text.search(/\S/), 0);
    return source.line + Math.max(lines.linePos(offset).line, 1) - 1;
  });
}

/** Where the longest part of a path that exists stands; undefined if not even its first part does. */
function findOffset(root: unknown, parts: readonly string[]): number | undefined {
  let node = root;
  let offset: number | undefined;
  for (const part of parts) {
    const child = findChild(node, part);
    if (child === undefined) break;
    node = child.value;
    offset = child.offset;
  }
  return offset;
}

type Child = { readonly value: unknown; readonly offset: number };

function findChild(node: unknown, part: string): Child | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && item.key.value === part);
    return pair === undefined ? undefined : { value: pair.value, offset: offsetOf(pair.key) };
  }
  if (!isSeq(node) || !/^\d{1,9}$/.test(part)) return undefined;
  const item = node.items[Number(part)];
  return item === undefined ? undefined : { value: item, offset: offsetOf(item) };
}

function offsetOf(node: unknown): number {
  return (isNode(node) ? (node as Node).range?.[0] : undefined) ?? 0;
}
