// What asks: one client with its connection. When it asks is not its own business but that of a pace.
import type { Question } from './messages.ts';
import type { ClientSockets } from './client-socket.ts';

export type Asker = {
  /** Opens what it needs and says when it is ready; again after a failure, to start anew. */
  open(): void;
  /** One question. @param dueMs when it was due, on the clock of `performance.now` */
  ask(dueMs: number): void;
  close(): void;
};

export type AskerEvents = {
  /** One more question can be asked. */
  onReady(asker: Asker): void;
  onAnswer(dueMs: number): void;
  /** An answer that was not as expected, or an end that was not asked for. */
  onFailure(asker: Asker, error: Error): void;
};

/** What askers are made from. */
export type AskerParts<Kind extends Question['kind']> = {
  readonly port: number;
  readonly question: Extract<Question, { readonly kind: Kind }>;
  readonly sockets: ClientSockets;
  readonly events: AskerEvents;
};
