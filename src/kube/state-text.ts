// The text of a state cache: a head, one line an object, and a digest over all of it. Pure but for the digest.
// What was torn, changed or written by another version, cluster or set of options is refused as a whole.
import { createHash } from 'node:crypto';
import type { ApiObject } from '../api/objects.ts';
import { get, isRecord, string } from '../api/json-access.ts';
import type { ObjectRecord } from './resource.ts';

/** Goes up with every change of what the lines mean. */
const FORMAT = 'mattermost-ingress-state-1';

export type CachedObject = {
  readonly kind: ApiObject['kind'];
  readonly record: ObjectRecord<ApiObject>;
};

export type CachedState = {
  readonly objects: readonly CachedObject[];
  /** When the API server last said that it was so, milliseconds since the epoch. */
  readonly epochMs: number;
};

/** Writes the lines of a state, and last the digest over them. */
export class StateWriter {
  readonly #hash = createHash('sha256');

  /** @param identity what a reader must have in common with the writer */
  head(identity: string, epochMs: number): string {
    return this.#line({ format: FORMAT, identity, epochMs });
  }

  /** Without the status, which is nobody's guide once the API server was away. */
  object({ kind, record: { key, uid, version, object, issues } }: CachedObject): string {
    return this.#line({ kind, record: { key, uid, version, object, issues } });
  }

  /** Nothing may follow. */
  end(): string {
    return `${JSON.stringify({ sha256: this.#hash.digest('hex') })}\n`;
  }

  #line(value: object): string {
    const line = `${JSON.stringify(value)}\n`;
    this.#hash.update(line);
    return line;
  }
}

/** Throws an Error that says why the text is not to be used. */
export function parseState(text: string, identity: string): CachedState {
  const lines = text.split('\n').slice(0, -1);
  const [head, ...others] = lines;
  const end = others.pop();
  if (head === undefined || end === undefined) throw new Error('It is empty or cut off');
  const hash = createHash('sha256');
  for (const line of [head, ...others]) hash.update(`${line}\n`);
  if (get(parse(end), 'sha256') !== hash.digest('hex')) throw new Error('Its digest is wrong');
  const facts = parse(head);
  const epochMs = get(facts, 'epochMs');
  if (get(facts, 'format') !== FORMAT || typeof epochMs !== 'number')
    throw new Error('Its format is unknown');
  if (get(facts, 'identity') !== identity) {
    throw new Error('It was written by another version, for another cluster or with other options');
  }
  return { objects: others.map((line) => asObject(parse(line))), epochMs };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): CachedObject {
  const record = get(value, 'record');
  const named = ['key', 'uid', 'version'].every((name) => string(get(record, name)) !== '');
  const object = get(record, 'object');
  const isWhole = named && Array.isArray(get(record, 'issues')) && (object === undefined || isRecord(object));
  if (!isWhole || string(get(value, 'kind')) === '') throw new Error('A line of it is no object');
  // The digest says that these are our own lines of our own format.
  return value as CachedObject;
}
