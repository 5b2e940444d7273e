// Who is online: counts authenticated WebSockets a user over all nodes of a town.

/** Online users of a town. */
export class Presence {
  readonly #socketsByUser = new Map<string, number>();

  /** A socket of the user was authenticated. */
  enter(userId: string): void {
    this.#socketsByUser.set(userId, (this.#socketsByUser.get(userId) ?? 0) + 1);
  }

  /** A socket of the user has closed. */
  leave(userId: string): void {
    const left = (this.#socketsByUser.get(userId) ?? 0) - 1;
    if (left > 0) this.#socketsByUser.set(userId, left);
    else this.#socketsByUser.delete(userId);
  }

  /** Identifiers of the users with at least one socket. */
  online(): readonly string[] {
    return [...this.#socketsByUser.keys()];
  }
}
