// Whether the status that we want is the one the server has, and what exactly to send where it is not. Pure.
// Only fields of ours count: conditions by type, ancestors by their keys, all others as they are.
import { isDeepStrictEqual } from 'node:util';
import { isJsonList, isJsonMap, type JsonMap, type JsonValue } from '../translate/objects/json-value.ts';

/** Lists that are maps, as the schemas say by `x-kubernetes-list-map-keys`. */
const listMapKeys: Readonly<Record<string, readonly string[]>> = {
  conditions: ['type'],
  ancestors: ['controllerName', 'kind', 'name'],
};

/**
 * The status with the `lastTransitionTime` of each condition: the server's where the condition's status is the same,
 * else the time it brings along, else `now` (metav1.Condition: it changes only when the status does).
 */
export function stampConditions(wanted: JsonMap, current: JsonValue | undefined, now: string): JsonMap {
  return mapFields(wanted, current, (field, value, live) => {
    const keys = listMapKeys[field];
    if (keys === undefined || !isJsonList(value)) return value;
    return value.map((item) => {
      if (!isJsonMap(item)) return item;
      const match = findItem(live, item, keys);
      return field === 'conditions' ? stamp(item, match, now) : stampConditions(item, match, now);
    });
  });
}

/** Whether the server has every field of this status; what it has beyond does not matter. */
export function isCovered(wanted: JsonMap, current: JsonValue | undefined): boolean {
  return Object.entries(wanted).every(([field, value]) => {
    const live = fieldOf(current, field);
    const keys = listMapKeys[field];
    if (isEmpty(value)) return isEmpty(live);
    if (keys !== undefined && isJsonList(value)) {
      return value.every((item) => isItemCovered(item, findItem(live, item, keys)));
    }
    return isJsonMap(value) ? isCovered(value, live) : isDeepStrictEqual(value, live);
  });
}

/** Whether the server has fields that this status does not: left by ourselves before, or by somebody else. */
export function hasExtras(wanted: JsonMap, current: JsonValue | undefined, controllerName: string): boolean {
  if (!isJsonMap(current)) return false;
  return Object.entries(current).some(([field, live]) => {
    const keys = listMapKeys[field];
    if (isEmpty(live)) return false;
    if (keys === undefined || !isJsonList(live)) return isEmpty(wanted[field]);
    return live.some(
      (item) => !isForeign(item, controllerName) && findItem(wanted[field], item, keys) === undefined,
    );
  });
}

/** The highest generation that any condition was made for; 0 where none says. */
export function observedGeneration(status: JsonValue | undefined): number {
  if (isJsonList(status)) return Math.max(0, ...status.map(observedGeneration));
  if (!isJsonMap(status)) return 0;
  const own = status['observedGeneration'];
  return Math.max(
    typeof own === 'number' ? own : 0,
    ...['conditions', 'ancestors'].map((field) => observedGeneration(status[field])),
  );
}

function mapFields(
  wanted: JsonMap,
  current: JsonValue | undefined,
  change: (field: string, value: JsonValue, live: JsonValue | undefined) => JsonValue,
): JsonMap {
  return Object.fromEntries(
    Object.entries(wanted).map(([field, value]) => [field, change(field, value, fieldOf(current, field))]),
  );
}

function stamp(condition: JsonMap, live: JsonMap | undefined, now: string): JsonMap {
  const kept = live?.['status'] === condition['status'] ? live?.['lastTransitionTime'] : undefined;
  return { ...condition, lastTransitionTime: kept ?? condition['lastTransitionTime'] ?? now };
}

function isItemCovered(item: JsonValue, live: JsonMap | undefined): boolean {
  if (live === undefined || !isJsonMap(item)) return false;
  const { lastTransitionTime: since, ...rest } = item;
  return isCovered(since !== undefined && item['status'] === live['status'] ? rest : item, live);
}

function findItem(
  list: JsonValue | undefined,
  item: JsonValue,
  keys: readonly string[],
): JsonMap | undefined {
  if (!isJsonList(list) || !isJsonMap(item)) return undefined;
  return list.filter(isJsonMap).find((each) => keys.every((key) => each[key] === item[key]));
}

/** An ancestor that another controller speaks about. */
function isForeign(item: JsonValue, controllerName: string): boolean {
  const name = fieldOf(item, 'controllerName');
  return name !== undefined && name !== controllerName;
}

function fieldOf(value: JsonValue | undefined, field: string): JsonValue | undefined {
  return isJsonMap(value) ? value[field] : undefined;
}

/** The server leaves out what is empty. */
function isEmpty(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null) return true;
  if (isJsonList(value)) return value.length === 0;
  return isJsonMap(value) && Object.values(value).every(isEmpty);
}
