// One JSON line for each request and for each WebSocket that opens or closes, in the shape of pino's lines.
// Made in the worker by hand: nothing gets in but the fields named here.
import type { AdmissionVerdict, AffinityResult, RejectReason, SiteLabels } from '../model/decision.ts';
import type { FaultCode } from '../model/fault.ts';
import type { RequestHead } from '../model/request.ts';
import { loggablePath, quoted } from './log-text.ts';
import type { WebSocketCloseReason } from './recorder.ts';

export type AccessEvent = 'request' | 'websocket-opened' | 'websocket-closed';

/** What is known; fields that are undefined are left out of the line. */
export type AccessRecord = {
  readonly event: AccessEvent;
  /** When it ended (opened, for websocket-opened), milliseconds since the epoch. */
  readonly epochMs: number;
  readonly requestId: string;
  /** Address of the client. */
  readonly client: string;
  readonly scheme?: 'http' | 'https' | undefined;
  /** Version of HTTP that the client spoke. */
  readonly protocol?: RequestHead['version'] | undefined;
  /** Host as the client sent it. */
  readonly host?: string | undefined;
  readonly method?: string | undefined;
  /** As the client sent it; the query is left out and secret segments are masked here. */
  readonly target?: string | undefined;
  readonly site?: SiteLabels | undefined;
  readonly status?: number | undefined;
  readonly requestBytes?: number | undefined;
  readonly responseBytes?: number | undefined;
  readonly durationMs?: number | undefined;
  readonly connectMs?: number | undefined;
  readonly firstByteMs?: number | undefined;
  /** Name of the endpoint for people. */
  readonly endpoint?: string | undefined;
  /** Attempts at endpoints beyond the first. */
  readonly retries?: number | undefined;
  readonly persistence?: AffinityResult | undefined;
  readonly admission?: AdmissionVerdict | undefined;
  /** Why it was answered here, what went wrong, or what closed the WebSocket. */
  readonly reason?: RejectReason | FaultCode | WebSocketCloseReason | undefined;
  /** More about a fault of the backend or of ours; never what a client or a backend sent. */
  readonly detail?: string | undefined;
  readonly messagesFromClient?: number | undefined;
  readonly messagesFromBackend?: number | undefined;
};

const MESSAGES: Readonly<Record<AccessEvent, string>> = {
  request: 'request',
  'websocket-opened': 'websocket opened',
  'websocket-closed': 'websocket closed',
};

type Word =
  | NonNullable<AccessRecord['scheme' | 'reason' | 'persistence']>
  | `HTTP/${RequestHead['version']}`
  | AdmissionVerdict['action' | 'mode'];

const INFO = 30;
const MAX_WORD = 64;
const MAX_NAME = 256;
const MAX_PATH = 1024;

/** The line with its line feed: ASCII only, at most 20 KiB even if every character had to be escaped. */
export function accessLine(record: AccessRecord): string {
  const start = `{"level":${INFO},"time":${record.epochMs},"msg":"${MESSAGES[record.event]}"`;
  return `${start}${requestFields(record)}${outcomeFields(record)}${decisionFields(record)}}\n`;
}

function requestFields(record: AccessRecord): string {
  const { site, target } = record;
  return (
    text('requestId', record.requestId, MAX_NAME) +
    text('client', record.client, MAX_WORD) +
    word('scheme', record.scheme) +
    word('protocol', record.protocol && (`HTTP/${record.protocol}` as const)) +
    text('host', record.host, MAX_NAME) +
    text('method', record.method, MAX_WORD) +
    text('path', target === undefined ? undefined : loggablePath(target), MAX_PATH) +
    text('site', site === undefined ? undefined : `${site.kind}/${site.namespace}/${site.name}`, MAX_NAME)
  );
}

function outcomeFields(record: AccessRecord): string {
  return (
    number('status', record.status) +
    number('requestBytes', record.requestBytes) +
    number('responseBytes', record.responseBytes) +
    number('durationMs', record.durationMs) +
    number('connectMs', record.connectMs) +
    number('firstByteMs', record.firstByteMs) +
    number('messagesFromClient', record.messagesFromClient) +
    number('messagesFromBackend', record.messagesFromBackend) +
    number('retries', record.retries) +
    word('reason', record.reason) +
    text('detail', record.detail, MAX_NAME)
  );
}

function decisionFields(record: AccessRecord): string {
  const { admission } = record;
  return (
    text('endpoint', record.endpoint, MAX_NAME) +
    word('persistence', record.persistence) +
    text('rule', admission?.rule, MAX_NAME) +
    word('action', admission?.action) +
    word('mode', admission?.mode) +
    text('secretName', admission?.secretKeys?.join(', '), MAX_NAME)
  );
}

function text(name: string, value: string | undefined, maxLength: number): string {
  return value === undefined ? '' : `,"${name}":${quoted(value, maxLength)}`;
}

/** One of a closed list, which needs no escaping. */
function word(name: string, value: Word | undefined): string {
  return value === undefined ? '' : `,"${name}":"${value}"`;
}

/** Milliseconds to the microsecond; JSON has no word for what is not finite. */
function number(name: string, value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '';
  return `,"${name}":${Math.round(value * 1000) / 1000}`;
}
