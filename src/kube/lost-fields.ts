// Which fields an object had and has no more: what a definition without them does to all of its objects. Pure.
import { isRecord } from '../api/json-access.ts';

/**
 * Paths of the fields that occur anywhere in `before` and nowhere in `after`, the outermost ones only, such as
 * `spec.rules[].name`. A definition takes away every occurrence of a field, whoever edits a list often only some.
 */
export function lostFields(before: unknown, after: unknown, path: string): readonly string[] {
  const left = new Set<string>();
  collect(after, path, left);
  const had = new Set<string>();
  collect(before, path, had);
  const lost = [...had].filter((each) => !left.has(each));
  return lost.filter((each) => left.has(parentOf(each)) || parentOf(each) === path);
}

function collect(value: unknown, path: string, into: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, `${path}[]`, into);
  } else if (isRecord(value)) {
    for (const [name, field] of Object.entries(value)) {
      into.add(`${path}.${name}`);
      collect(field, `${path}.${name}`, into);
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('.')).replace(/(\[\])+$/u, '');
}
