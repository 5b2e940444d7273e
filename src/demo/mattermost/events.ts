// Events a Mattermost server pushes to WebSockets, and the bus that carries them to every node of a town
// (what a licensed cluster does between its servers).

/** Whom an event is for, in the wire spelling of Mattermost. Empty text = no restriction. */
export type Broadcast = {
  readonly omit_users: Readonly<Record<string, true>> | null;
  readonly user_id: string;
  readonly channel_id: string;
  readonly team_id: string;
  readonly connection_id: string;
  readonly omit_connection_id: string;
};

/** One event before a connection has given it its sequence number. */
export type ServerEvent = {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly broadcast: Broadcast;
};

/** A broadcast with only the named restrictions. */
export function broadcastTo(restrictions: Partial<Broadcast>): Broadcast {
  return {
    omit_users: null,
    user_id: '',
    channel_id: '',
    team_id: '',
    connection_id: '',
    omit_connection_id: '',
    ...restrictions,
  };
}

/** Whether the event is meant for this user. All users of a town are members of its one channel. */
export function isMeantFor(event: ServerEvent, userId: string): boolean {
  const { omit_users: omitted, user_id: only } = event.broadcast;
  return only === '' ? omitted === null || !Object.hasOwn(omitted, userId) : only === userId;
}

/** Carries events to all subscribed nodes, in order, before `publish` returns. */
export class EventBus {
  readonly #listeners = new Set<(event: ServerEvent) => void>();

  /** Calls the listener for each event from now on; the returned function ends that. */
  subscribe(listener: (event: ServerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Hands the event to every node. */
  publish(event: ServerEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
