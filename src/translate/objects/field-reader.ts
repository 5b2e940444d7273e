// Reads fields of raw JSON with their types and collects what is wrong, field by field.
// The projection of every kind stands on it; messages name fields and types, never values.
import { joinField } from './field-path.ts';
import { describeType, isJsonList, isJsonMap } from './json-value.ts';
import type { JsonMap, JsonValue } from './json-value.ts';

/** One wrong field of an object. */
export type FieldIssue = {
  readonly field: string;
  readonly message: string;
  readonly remedy: string;
  /** Path of the place to point at, where it is narrower than `field`. */
  readonly at?: string;
};

/** A value and the path at which it stands. */
export type Field = { readonly value: JsonValue | undefined; readonly path: string };

/** Issues kept of one object. */
const maxIssues = 100;

/** Absent and null are the same to it, as to the API server for fields of built-in kinds. */
export class FieldReader {
  readonly #issues: FieldIssue[] = [];
  /** The last field that should have been a map: what is missing in it is no news. */
  #refusedPath: string | undefined;

  /** What was wrong so far; an object with any issue is not used. */
  get issues(): readonly FieldIssue[] {
    return this.#issues;
  }

  /** Reports a field. @param complaint continues the sentence after the field's path */
  report(path: string, complaint: string, remedy: string): void {
    this.add({ field: path, message: `${path} ${complaint}`, remedy });
  }

  /** Reports in other words than `report`. */
  add(issue: FieldIssue): void {
    const isInside = this.#refusedPath !== undefined && issue.field.startsWith(`${this.#refusedPath}.`);
    if (!isInside && this.#issues.length < maxIssues) this.#issues.push(issue);
  }

  /** A map; `{}` and an issue if it is something else. */
  map(field: Field): JsonMap {
    if (isMissing(field)) return {};
    if (isJsonMap(field.value)) return field.value;
    this.#refuse(field, 'a map', 'Write it as key: value pairs');
    this.#refusedPath = field.path;
    return {};
  }

  /** The items of a list with their paths; none and an issue if it is something else. */
  list(field: Field): readonly Field[] {
    if (isMissing(field)) return [];
    if (isJsonList(field.value)) {
      return field.value.map((value, index) => ({ value, path: joinField(field.path, index) }));
    }
    this.#refuse(field, 'a list', 'Write it as items that begin with a dash');
    return [];
  }

  string(field: Field): string | undefined {
    if (isMissing(field)) return undefined;
    if (typeof field.value === 'string') return field.value;
    this.#refuse(field, 'a string', 'Put the value in quotes');
    return undefined;
  }

  requiredString(field: Field): string {
    const value = this.string(field);
    if (value !== undefined && value !== '') return value;
    if (isMissing(field) || value === '') this.report(field.path, 'is required', 'Set it');
    return '';
  }

  boolean(field: Field): boolean | undefined {
    if (isMissing(field)) return undefined;
    if (typeof field.value === 'boolean') return field.value;
    this.#refuse(field, 'true or false', 'Write true or false without quotes');
    return undefined;
  }

  /** A TCP port; 0 and an issue if it is something else. */
  port(field: Field): number {
    const { value } = field;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
    const range = 'an integer from 1 to 65535';
    const remedy = 'Write the port number without quotes';
    if (typeof value === 'number') this.report(field.path, `must be ${range}`, remedy);
    else this.#refuse(field, range, remedy);
    return 0;
  }

  #refuse(field: Field, expected: string, remedy: string): void {
    this.report(field.path, `must be ${expected}, it is ${describeType(field.value)}`, remedy);
  }
}

/** The field of a map under a key. */
export function fieldOf(map: JsonMap, parent: string, key: string): Field {
  return { value: Object.hasOwn(map, key) ? map[key] : undefined, path: joinField(parent, key) };
}

function isMissing(field: Field): boolean {
  return field.value === undefined || field.value === null;
}
