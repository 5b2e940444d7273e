// A message from a WebSocket client, and what the server says to it. Pure: the connection sends the outcome.
import type { AppError } from './app-error.ts';
import { appErrors, describeError } from './app-error.ts';
import type { ServerEvent } from './events.ts';
import { broadcastTo } from './events.ts';
import { isObject, textOf } from './exchange.ts';
import { decodeMsgpack } from './msgpack.ts';
import { versionNumber } from './node-context.ts';
import type { Town } from './town.ts';

/** A decoded message. */
export type SocketRequest = {
  readonly sequence: number;
  readonly action: string;
  readonly data: Readonly<Record<string, unknown>>;
};

/** A reply, and an event for the town where the action causes one. */
export type SocketOutcome = { readonly reply: string; readonly event?: ServerEvent };

function decode(message: Buffer, isBinary: boolean): unknown {
  try {
    return isBinary ? decodeMsgpack(message) : JSON.parse(message.toString());
  } catch {
    return undefined;
  }
}

/** Undefined for what is no request: a real server closes the socket without a word. */
export function parseSocketRequest(message: Buffer, isBinary: boolean): SocketRequest | undefined {
  const value = decode(message, isBinary);
  if (!isObject(value)) return undefined;
  const { seq: sequence = 0, action = '', data } = value;
  if (typeof sequence !== 'number' || !Number.isInteger(sequence) || typeof action !== 'string')
    return undefined;
  if (data !== undefined && data !== null && !isObject(data)) return undefined;
  return { sequence, action, data: data ?? {} };
}

/** The reply that an action went well. Without data the field is left out. */
export function describeSuccess(sequence: number, data?: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ status: 'OK', ...(data === undefined ? {} : { data }), seq_reply: sequence });
}

function fail(sequence: number, error: AppError): SocketOutcome {
  return { reply: JSON.stringify({ status: 'FAIL', error: describeError(error), seq_reply: sequence }) };
}

function announceTyping(request: SocketRequest, userId: string): SocketOutcome {
  const channelId = textOf(request.data, 'channel_id');
  if (channelId === '') return fail(request.sequence, appErrors.socketParameterInvalid);
  const event = {
    event: 'typing',
    data: { parent_id: textOf(request.data, 'parent_id'), user_id: userId },
    broadcast: broadcastTo({ channel_id: channelId, omit_users: { [userId]: true } }),
  };
  return { reply: describeSuccess(request.sequence), event };
}

/** What the server says to a request of an authenticated user. */
export function answerSocketRequest(request: SocketRequest, userId: string, town: Town): SocketOutcome {
  const { sequence, action } = request;
  if (action === '') return fail(sequence, appErrors.socketActionMissing);
  if (sequence <= 0) return fail(sequence, appErrors.socketSequenceBad);
  switch (action) {
    case 'ping': {
      const data = { text: 'pong', version: versionNumber, server_time: town.now(), node_id: '' };
      return { reply: describeSuccess(sequence, data) };
    }
    case 'get_statuses': {
      const statuses = town.presence.online().map((id) => [id, 'online']);
      return { reply: describeSuccess(sequence, Object.fromEntries(statuses)) };
    }
    case 'user_typing':
      return announceTyping(request, userId);
    default:
      return fail(sequence, appErrors.socketActionUnknown);
  }
}
