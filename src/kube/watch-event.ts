// One line of a watch -> what it says (Kubernetes API concepts, "Efficient detection of changes").
import { isJsonMap, type JsonMap, type JsonValue } from '../translate/objects/json-value.ts';
import { ApiFailure, failureOfStatus } from './api-failure.ts';
import { versionOf } from './resource.ts';

export type WatchEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly version: string;
  readonly object: JsonMap;
};

const types: readonly WatchEvent['type'][] = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'];

/** Throws the ApiFailure that an ERROR event stands for, and `malformed` for what is no event. */
export function readWatchEvent(line: string): WatchEvent {
  let event: JsonValue;
  try {
    event = JSON.parse(line) as JsonValue;
  } catch (error) {
    throw new ApiFailure('malformed', 'A line of a watch is no JSON', { cause: error });
  }
  const object = isJsonMap(event) ? event['object'] : undefined;
  if (!isJsonMap(event) || !isJsonMap(object))
    throw new ApiFailure('malformed', 'A line of a watch is no event');
  if (event['type'] === 'ERROR') throw failureOfStatus(object);
  const type = types.find((known) => known === event['type']);
  const version = versionOf(object);
  if (type === undefined || version === undefined) {
    throw new ApiFailure('malformed', 'An event of a watch has no known type or no version');
  }
  return { type, version, object };
}
