// How a request that hangs on a session asks for it: what session-verifier.ts answers, and dispatch.ts waits for.
import type { Destination } from '../../decide/decide.ts';
import type { VerifySession } from '../../model/configuration.ts';
import type { Context, SessionAnswer } from '../../model/decision.ts';
import type { Client, RequestHead } from '../../model/request.ts';

/** A request that is let in only if its session is one. */
export type Asker = {
  readonly head: RequestHead;
  readonly client: Client;
  readonly context: Context;
  readonly target: Destination;
  readonly requestId: string;
};

export type SessionAsk = { readonly asker: Asker; readonly rule: VerifySession };

export type Sessions = {
  /** The answer where it is known, else undefined, and `onAnswer` is called with it, perhaps before this returns. */
  ask(ask: SessionAsk, onAnswer: (answer: SessionAnswer) => void): SessionAnswer | undefined;
};
