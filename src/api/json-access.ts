// Reading values of unknown shape without ever throwing: what rules and checks use on objects not yet trusted.

/** Whether the value is an object that is no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** CEL's `has(value.name)`: the field is there, whatever it holds. */
export function has(value: unknown, name: string): boolean {
  return isRecord(value) && Object.hasOwn(value, name) && value[name] !== undefined;
}

export function hasAny(value: unknown, names: readonly string[]): boolean {
  return names.some((name) => has(value, name));
}

/** The field, or undefined where there is none. */
export function get(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** The items of a list, none where the value is no list. */
export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text, empty where the value is none. */
export function string(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Whether no two scalars are equal. */
export function isUnique(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length;
}
