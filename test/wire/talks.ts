// The form of the rows that websocket-talks.test.ts runs: frames that a client says to an echo server.
import { encodeFrame, type FrameFacts } from '../support/frames.ts';

export type TalkRow = {
  readonly id: string;
  readonly name: string;
  /** Frames of the client; a Close with code 1000 follows, for which the server ends the connection. */
  readonly frames: readonly Buffer[];
  /** Length of the pieces they leave in; all in one where absent. */
  readonly pieceBytes?: number;
  /** permessage-deflate is offered. */
  readonly offersDeflate?: boolean;
};

export type Frame = Partial<FrameFacts> & { readonly text?: string };

const MASK = 0x37fa213d;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
const PING = 9;
const PONG = 10;

export function frame({ text = '', ...facts }: Frame): Buffer {
  return encodeFrame({ opcode: TEXT, payload: Buffer.from(text), mask: MASK, ...facts });
}

export const ping = (text = '', facts: Frame = {}) => frame({ opcode: PING, text, ...facts });
export const pong = (text = '', facts: Frame = {}) => frame({ opcode: PONG, text, ...facts });
export const start = (text: string, facts: Frame = {}) => frame({ text, fin: false, ...facts });
export const more = (text: string, fin = true) => frame({ opcode: 0, text, fin });

export function closing(code: number, reason: string | Buffer = ''): Buffer {
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
  return frame({ opcode: CLOSE, payload });
}

export function row(
  id: string,
  name: string,
  frames: readonly Buffer[],
  more: Partial<TalkRow> = {},
): TalkRow {
  return { id, name, frames, ...more };
}

/** A Close that ends each talk. */
export const LAST_WORD = closing(1000);
