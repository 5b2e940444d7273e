// The messages of the channel as this page knows them: from the API, from events, and its own that are on their way.

/** A message comes as an answer, as an event, or both, in any order: it is there once. */
export class Posts {
  #sent = new Map();
  #pending = new Map();

  /** Whether the channel's messages held some that were not known. @returns how many */
  merge(posts) {
    const before = this.#sent.size;
    for (const post of posts) this.add(post);
    return this.#sent.size - before;
  }

  add(post) {
    this.#sent.set(post.id, post);
    this.#pending.delete(post.pending_post_id);
  }

  /** One of our own, not taken yet. */
  begin(post) {
    this.#pending.set(post.pending_post_id, { ...post, hasFailed: false });
  }

  fail(pendingId) {
    const post = this.#pending.get(pendingId);
    if (post !== undefined) post.hasFailed = true;
  }

  pending(id) {
    return this.#pending.get(id);
  }

  authors() {
    return new Set([...this.#sent.values()].map((post) => post.user_id));
  }

  /** Oldest first; those on their way at the end. @param nameOf name of a user */
  list(myId, nameOf) {
    const sent = [...this.#sent.values()].sort((a, b) => a.create_at - b.create_at);
    const shown = (post, id, state) => ({
      id,
      state,
      author: nameOf(post.user_id),
      isMine: post.user_id === myId,
      message: post.message,
      atMs: post.create_at,
    });
    return [
      ...sent.map((post) => shown(post, post.id, 'sent')),
      ...[...this.#pending].map(([id, post]) => shown(post, id, post.hasFailed ? 'failed' : 'pending')),
    ];
  }
}
