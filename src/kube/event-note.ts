// What is told by an Event of events.k8s.io/v1, and the objects that tell it or tell it again. Pure.
import type { JsonMap } from '../translate/objects/json-value.ts';
import { microTime } from './lease.ts';

export type EventNote = {
  readonly type: 'Normal' | 'Warning';
  /** The object it is about; a namespace of '' for those that have none. */
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
  };
  /** One word in CamelCase for the cause. */
  readonly reason: string;
  /** One word in CamelCase for what was tried or done. */
  readonly action: string;
  /** For people; cut at 1 kB. */
  readonly note: string;
};

export type EventSource = {
  readonly controllerName: string;
  /** The pod, or whatever tells this replica from others. */
  readonly instance: string;
};

/** As the API server checks it, in bytes. */
const MAX_NOTE_BYTES = 1024;
const MAX_WORD_LENGTH = 128;
/** Of an object's name in the name of an Event, which is at most 253 characters. */
const MAX_NAME_LENGTH = 200;
/** Events about objects that belong to no namespace live there (the convention of client-go). */
const CLUSTER_NAMESPACE = 'default';

/** Equal for notes that say the same of the same object. */
export function identityOf({ type, regarding, reason, action, note }: EventNote): string {
  const { kind, namespace, name, uid } = regarding;
  return JSON.stringify([type, kind, namespace, name, uid, reason, action, note]);
}

export function namespaceOf({ regarding }: EventNote): string {
  return regarding.namespace === '' ? CLUSTER_NAMESPACE : regarding.namespace;
}

export function eventsPath(namespace: string, name?: string): string {
  const collection = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
  return name === undefined ? collection : `${collection}/${name}`;
}

/** A name nobody else draws. @param chance evenly drawn from 0 up to, not including, 1 */
export function eventName({ regarding }: EventNote, epochMs: number, chance: () => number): string {
  const drawn = Math.floor(chance() * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0');
  const stem = regarding.name.slice(0, MAX_NAME_LENGTH).replace(/[.-]+$/, '');
  return `${stem}.${Math.floor(epochMs).toString(16)}${drawn}`;
}

export function eventObject(
  note: EventNote,
  name: string,
  { controllerName, instance }: EventSource,
  epochMs: number,
): JsonMap {
  const { namespace, ...cluster } = note.regarding;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { namespace: namespaceOf(note), name },
    eventTime: microTime(epochMs),
    reportingController: controllerName.slice(0, MAX_WORD_LENGTH),
    reportingInstance: instance.slice(0, MAX_WORD_LENGTH),
    type: note.type,
    action: note.action,
    reason: note.reason,
    regarding: namespace === '' ? cluster : { ...cluster, namespace },
    note: cutText(note.note, MAX_NOTE_BYTES),
  };
}

/** A patch that tells an Event again. @param count how often it was told, 2 at least */
export function seriesPatch(count: number, epochMs: number): JsonMap {
  return { series: { count, lastObservedTime: microTime(epochMs) } };
}

/** Cut between two characters, with a sign that it was cut. */
function cutText(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const sign = ' …';
  const bytes = Buffer.from(text);
  let end = maxBytes - Buffer.byteLength(sign);
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString('utf8') + sign;
}
