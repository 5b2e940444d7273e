// The vocabulary the policy schema is written in: the structural subset of JSON Schema that a CRD may hold,
// plus `rules` and `hint`, which crd.ts turns into CEL rules and words. policy-*.ts builds nodes, validate.ts reads them.
import { Type, type TSchema, type TUnsafe } from 'typebox';
import type { Rule } from './policy-rule-forms.ts';

/** A node of the schema, as read back by validate.ts, crd.ts and the field reference. */
export type SchemaNode = {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  /** Purpose, unit and what happens on failure; defaults, bounds and rules are added from the other keywords. */
  readonly description: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly enum?: readonly (string | number | boolean)[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly format?: string;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  /** What the pattern means, in words that complete "must be". */
  readonly hint?: string;
  /** What schema keywords cannot say; each is CEL for the API server and its twin for us. */
  readonly rules?: readonly Rule[];
};

/** A spelling that several fields share. */
export type TextForm = {
  readonly pattern: string;
  readonly maxLength: number;
  readonly hint: string;
  readonly rules?: readonly Rule[];
};

/** TypeBox's own kinds read as nodes; structural.test.ts holds the schema to what SchemaNode names. */
export function asNode(schema: TSchema): SchemaNode {
  return schema as SchemaNode;
}

/** A string of one form, with the rules of its own that the field may add. */
export function text(form: TextForm, description: string, own: { readonly rules?: readonly Rule[] } = {}) {
  return Type.String({ description, minLength: 1, ...form, ...own });
}

/** One of some values; `Type.Enum` leaves out `type`, which a structural schema must have. */
export function choice<const Value extends string>(
  values: readonly Value[],
  description: string,
): TUnsafe<Value> {
  return Type.Unsafe<Value>({ type: 'string', description, enum: values });
}

/** One of some numbers. */
export function numberChoice<const Value extends number>(
  values: readonly Value[],
  description: string,
): TUnsafe<Value> {
  return Type.Unsafe<Value>({ type: 'integer', description, enum: values });
}

/** A list of a bounded number of items; `set` refuses duplicates, `atomic` belongs to one writer as a whole. */
export function list<Item extends TSchema>(
  items: Item,
  options: {
    readonly description: string;
    readonly type: 'atomic' | 'set';
    readonly maxItems: number;
    readonly rules?: readonly Rule[];
  },
) {
  const { type, ...rest } = options;
  return Type.Array(items, { minItems: 1, 'x-kubernetes-list-type': type, ...rest });
}

/** A list whose items are told apart by their `name`, or by these keys together. */
export function namedList<Item extends TSchema>(
  items: Item,
  options: {
    readonly description: string;
    readonly maxItems: number;
    readonly keys?: readonly string[];
    readonly rules?: readonly Rule[];
  },
) {
  const { keys = ['name'], ...rest } = options;
  return Type.Array(items, {
    minItems: 1,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
    ...rest,
  });
}
