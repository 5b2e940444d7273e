// The messages of the town's one channel, newest kept.

/** A message as the API shows it. */
export type Post = {
  readonly id: string;
  readonly create_at: number;
  readonly user_id: string;
  readonly channel_id: string;
  readonly root_id: string;
  readonly message: string;
  readonly file_ids: readonly string[];
  readonly pending_post_id: string;
};

/** Mattermost's longest message, in characters. */
export const maxPostCharacters = 16_383;

const maxPosts = 1_000;

/** Keeps the newest 1,000 messages. */
export class PostStore {
  #posts: readonly Post[] = [];

  /** Adds a message, dropping the oldest when full. */
  add(post: Post): void {
    this.#posts = [...this.#posts, post].slice(-maxPosts);
  }

  /** One page of a channel, newest first. */
  list(channelId: string, page: number, perPage: number): readonly Post[] {
    const ofChannel = this.#posts.filter((post) => post.channel_id === channelId).reverse();
    return ofChannel.slice(page * perPage, (page + 1) * perPage);
  }
}

/** The message with the fields a client expects although nothing here uses them. */
export function describePost(post: Post): Record<string, unknown> {
  return {
    ...post,
    update_at: post.create_at,
    edit_at: 0,
    delete_at: 0,
    is_pinned: false,
    original_id: '',
    type: '',
    props: {},
    hashtags: '',
    reply_count: 0,
    last_reply_at: 0,
    participants: null,
    metadata: {},
  };
}
