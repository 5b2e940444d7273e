// Turns the syntax tree of one YAML document into plain JSON: scalars as kubectl reads them, anchors and
// merge keys resolved within bounds, duplicate keys refused. Second step of reading a file.
import { isAlias, isMap, isScalar, isSeq, Scalar } from 'yaml';
import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { isJsonList, isJsonMap } from '../translate/objects/json-value.ts';
import type { JsonMap, JsonValue } from '../translate/objects/json-value.ts';
import { resolvePlainScalar } from './plain-scalar.ts';

/** Values that aliases and merge keys may add to one document (the "billion laughs" bound). */
export const maxAliasedValues = 100_000;
/** Levels of maps and lists in one document. */
export const maxDepth = 100;

/** What is wrong with a document; the text never quotes the file, which may hold secrets. */
export class YamlProblem extends Error {
  readonly offset: number;
  readonly remedy: string;
  /** @param offset where in the document's text, in UTF-16 units */
  constructor(message: string, remedy: string, offset: number) {
    super(message);
    this.offset = offset;
    this.remedy = remedy;
  }
}

/**
 * Converts the contents of a parsed document.
 * @throws YamlProblem for what YAML allows and kubectl, JSON or our bounds do not
 */
export function toJsonValue(contents: Node | null): JsonValue {
  return new TreeReader().read(contents, 0).value;
}

/** A value with the number of values in it, itself included; aliases count each time. */
type Sized = { readonly value: JsonValue; readonly size: number };

class TreeReader {
  readonly #anchors = new Map<string, Sized>();
  #aliasedValues = 0;

  read(node: Node | null | undefined, depth: number): Sized {
    if (node === null || node === undefined) return { value: null, size: 1 };
    if (isAlias(node)) return this.#readAlias(node.source, offsetOf(node));
    if (depth > maxDepth) {
      throw new YamlProblem(
        `The document is nested deeper than ${maxDepth} levels`,
        'Flatten it',
        offsetOf(node),
      );
    }
    const sized = this.#readTree(node, depth);
    // Set after reading, so that an alias inside its own anchor is unknown there and cannot make a loop.
    if ('anchor' in node && typeof node.anchor === 'string') this.#anchors.set(node.anchor, sized);
    return sized;
  }

  #readTree(node: Node, depth: number): Sized {
    if (isMap(node)) return this.#readMap(node, depth);
    if (isSeq(node)) return this.#readSequence(node, depth);
    if (isScalar(node)) return { value: readScalar(node), size: 1 };
    throw new YamlProblem('The document holds an unknown kind of value', 'Rewrite it', offsetOf(node));
  }

  #readAlias(anchor: string, offset: number): Sized {
    const target = this.#anchors.get(anchor);
    if (target === undefined) {
      throw new YamlProblem(
        'An alias (*) names no anchor (&) above it in the same document',
        'Set the anchor first, or write the value out',
        offset,
      );
    }
    this.#countAliased(target.size, offset);
    return target;
  }

  #countAliased(size: number, offset: number): void {
    this.#aliasedValues += size;
    if (this.#aliasedValues > maxAliasedValues) {
      throw new YamlProblem(
        `Aliases expand the document by more than ${maxAliasedValues} values`,
        'Write the values out, or use fewer aliases',
        offset,
      );
    }
  }

  #readSequence(node: YAMLSeq, depth: number): Sized {
    requireTag(node, 'tag:yaml.org,2002:seq');
    const items = node.items.map((item) => this.read(item as Node | null, depth + 1));
    return { value: items.map((item) => item.value), size: items.reduce(addSize, 1) };
  }

  #readMap(node: YAMLMap, depth: number): Sized {
    requireTag(node, 'tag:yaml.org,2002:map');
    const entries = new Map<string, JsonValue>();
    const merged = new Set<string>();
    let size = 1;
    for (const pair of node.items as Pair<Node | null, Node | null>[]) {
      const value = this.read(pair.value, depth + 1);
      size += value.size;
      const offset = pair.key === null ? offsetOf(node) : offsetOf(pair.key);
      if (isMergeKey(pair.key)) {
        size += this.#merge(entries, merged, value.value, offset);
        continue;
      }
      const key = toKey(this.read(pair.key, depth + 1).value, offset);
      if (entries.has(key) && !merged.delete(key)) throw duplicateKey(offset);
      entries.set(key, value.value);
    }
    // fromEntries defines own properties, so that a key `__proto__` is a key like any other.
    return { value: Object.fromEntries(entries), size };
  }

  /** Adds the entries of a merge key's maps, the earlier map winning; returns how many values it looked at. */
  #merge(entries: Map<string, JsonValue>, merged: Set<string>, value: JsonValue, offset: number): number {
    const own = new Set([...entries.keys()].filter((key) => !merged.has(key)));
    let count = 0;
    for (const source of isJsonList(value) ? value : [value]) {
      const pairs = Object.entries(toMergeSource(source, offset));
      count += pairs.length;
      for (const [key, item] of pairs) {
        // YAML lets the explicit key win here, kubectl the merged one: two readings of one file.
        if (own.has(key)) throw mergeAfterKey(offset);
        if (entries.has(key)) continue;
        entries.set(key, item);
        merged.add(key);
      }
    }
    this.#countAliased(count, offset);
    return count;
  }
}

function toMergeSource(source: JsonValue, offset: number): JsonMap {
  if (isJsonMap(source)) return source;
  throw new YamlProblem('A merge key (<<) needs a map or a list of maps', 'Merge an anchored map', offset);
}

function addSize(sum: number, item: Sized): number {
  return sum + item.size;
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

function isMergeKey(key: Node | null): boolean {
  return isScalar(key) && key.type === Scalar.PLAIN && key.source === '<<' && key.tag === undefined;
}

/** Keys of other types become the strings that kubectl makes of them: `on` is `true`, `010` is `8`. */
function toKey(value: JsonValue, offset: number): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  throw new YamlProblem('A key must be a string', 'Write the key as a word or in quotes', offset);
}

function duplicateKey(offset: number): YamlProblem {
  return new YamlProblem('A key stands twice in the same map', 'Remove one of the two', offset);
}

function mergeAfterKey(offset: number): YamlProblem {
  return new YamlProblem(
    'A merge key (<<) brings a key that stands before it in the same map; readers differ on which one wins',
    'Move the merge key to the top of the map',
    offset,
  );
}

function readScalar(node: Scalar): JsonValue {
  const text = typeof node.value === 'string' ? node.value : '';
  const value = resolveTagged(node, text);
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  throw new YamlProblem(
    'Infinity and NaN are not values of Kubernetes objects',
    'Write a number',
    offsetOf(node),
  );
}

const tagPrefix = 'tag:yaml.org,2002:';
const textTags: readonly string[] = ['!', `${tagPrefix}str`, `${tagPrefix}timestamp`];

function resolveTagged(node: Scalar, text: string): JsonValue {
  if (node.tag === undefined) return node.type === Scalar.PLAIN ? resolvePlainScalar(text) : text;
  if (textTags.includes(node.tag)) return text;
  const value = resolvePlainScalar(text);
  if (tagsOf(value).some((tag) => node.tag === `${tagPrefix}${tag}`)) return value;
  throw new YamlProblem(
    'A tag (!) is not supported, or does not fit its value',
    'Remove the tag; put strings in quotes',
    offsetOf(node),
  );
}

/** The tags that fit a value; strings are handled before. */
function tagsOf(value: JsonValue): readonly string[] {
  if (value === null) return ['null'];
  if (typeof value === 'boolean') return ['bool'];
  if (typeof value !== 'number') return [];
  return Number.isInteger(value) ? ['int', 'float'] : ['float'];
}

function requireTag(node: YAMLMap | YAMLSeq, expected: string): void {
  if (node.tag === undefined || node.tag === expected) return;
  throw new YamlProblem('A tag (!) on a map or list is not supported', 'Remove the tag', offsetOf(node));
}
