// Annotations about sizes, times and the log -> spec.limits, backend.timeouts, websocket and accessLog.
import type { BackendSpec, LimitsSpec, PolicySpec, WebSocketSpec } from '../../api/policy.ts';
import { type AnnotationReader, NGINX_PREFIX } from './reader.ts';
import { readSourceLimits } from './source-limits.ts';
import { formatSeconds, readSeconds, readSize, readSwitch } from './values.ts';

type Timeouts = NonNullable<BackendSpec['timeouts']>;

/** What a policy allows, in seconds, and of what. */
type Bounds = { readonly min: number; readonly max: number; readonly use: string };

const connectBounds: Bounds = { min: 1, max: 60, use: 'for connecting to a node' };
const responseBounds: Bounds = { min: 1, max: 86_400, use: 'for the answer of a node' };
const idleBounds: Bounds = { min: 100, max: 864_000, use: 'for the silence of a WebSocket' };

/** The largest request body, and what one address may do; undefined where nothing is said. */
export function readLimits(reader: AnnotationReader): LimitsSpec | undefined {
  const limits: LimitsSpec = { ...readBodySize(reader), ...readSourceLimits(reader) };
  return Object.keys(limits).length === 0 ? undefined : limits;
}

function readBodySize(reader: AnnotationReader): LimitsSpec | undefined {
  const text = reader.get('proxy-body-size');
  if (text === undefined) return undefined;
  const requestBody = readSize(text);
  if (requestBody !== undefined) return { requestBody };
  reader.invalid(`${NGINX_PREFIX}proxy-body-size`, {
    text: 'is not a size; the default is used',
    remedy: 'Write a number with k, m or g, such as 110m, or 0 for no limit',
  });
  return undefined;
}

/** What is said of waiting: for a node, and for a WebSocket to speak. */
export type Patience = { readonly timeouts?: Timeouts; readonly websocket?: WebSocketSpec };

/**
 * How long is waited. A WebSocket may be silent for the larger of nginx's two times; Mattermost pings each 60 s, so that
 * less than the least time of a policy would cut connections that live.
 */
export function readPatience(reader: AnnotationReader): Patience {
  const connect = readTime(reader, 'proxy-connect-timeout');
  const response = readTime(reader, 'proxy-read-timeout');
  const silence = [response, readTime(reader, 'proxy-send-timeout')].filter((time) => time !== undefined);
  const [idle] = silence.toSorted((a, b) => b.seconds - a.seconds);
  const timeouts: Timeouts = {
    ...(connect === undefined ? {} : { connect: keepWithin(reader, connect, connectBounds) }),
    ...(response === undefined ? {} : { response: keepWithin(reader, response, responseBounds) }),
  };
  return {
    ...(Object.keys(timeouts).length === 0 ? {} : { timeouts }),
    ...(idle === undefined ? {} : { websocket: { idleTimeout: keepWithin(reader, idle, idleBounds) } }),
  };
}

/** Whether requests are logged. */
export function readAccessLog(reader: AnnotationReader): PolicySpec['accessLog'] {
  const text = reader.get('enable-access-log');
  if (text === undefined) return undefined;
  const enabled = readSwitch(text);
  if (enabled !== undefined) return { enabled };
  reader.invalid(`${NGINX_PREFIX}enable-access-log`, {
    text: 'is neither true nor false; requests are logged',
    remedy: 'Write true or false, in quotes',
  });
  return undefined;
}

type Time = { readonly name: string; readonly seconds: number };

function readTime(reader: AnnotationReader, name: string): Time | undefined {
  const text = reader.get(name);
  if (text === undefined) return undefined;
  const seconds = readSeconds(text);
  if (seconds !== undefined && seconds > 0) return { name, seconds };
  reader.invalid(`${NGINX_PREFIX}${name}`, {
    text: 'is not a number of seconds; the default is used',
    remedy: 'Write whole seconds without unit, such as 600',
  });
  return undefined;
}

function keepWithin(reader: AnnotationReader, { name, seconds }: Time, bounds: Bounds): string {
  const kept = Math.min(Math.max(seconds, bounds.min), bounds.max);
  if (kept !== seconds) {
    reader.invalid(`${NGINX_PREFIX}${name}`, {
      text: `is out of bounds ${bounds.use}; ${kept} s are used`,
      remedy: `Write ${bounds.min} to ${bounds.max}, or say the time in a policy`,
    });
  }
  return formatSeconds(kept);
}
