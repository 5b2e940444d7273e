// Endpoints of messages: writing one, which every WebSocket of the town hears of, and reading them back.
import { appErrors } from './app-error.ts';
import { broadcastTo } from './events.ts';
import { readObject, replyError, replyJson, textOf } from './exchange.ts';
import { makeId } from './ids.ts';
import type { Post } from './posts.ts';
import { describePost, maxPostCharacters } from './posts.ts';
import type { PathParameters, Route, UserExchange } from './route.ts';
import { withSession } from './route.ts';

async function serveCreatePost(exchange: UserExchange): Promise<void> {
  const body = await readObject(exchange);
  if (body === 'too-large') return replyError(exchange, appErrors.bodyTooLarge);
  const { town } = exchange.node;
  if (body === undefined || textOf(body, 'channel_id') !== town.square.channelId) {
    return replyError(exchange, appErrors.invalidBody);
  }
  const message = textOf(body, 'message');
  if (Array.from(message).length > maxPostCharacters) return replyError(exchange, appErrors.postTooLong);
  const fileIds = Array.isArray(body['file_ids']) ? body['file_ids'] : [];
  const post: Post = {
    id: makeId(town.random),
    create_at: town.now(),
    user_id: exchange.session.user.id,
    channel_id: town.square.channelId,
    root_id: textOf(body, 'root_id'),
    message,
    file_ids: fileIds.filter((id): id is string => typeof id === 'string'),
    pending_post_id: textOf(body, 'pending_post_id'),
  };
  town.posts.add(post);
  announce(exchange, post);
  replyJson(exchange, 201, describePost(post));
}

/** Tells every WebSocket of the town, on whichever node it is. The post travels as JSON in JSON, as in Mattermost. */
function announce(exchange: UserExchange, post: Post): void {
  const { events, square } = exchange.node.town;
  events.publish({
    event: 'posted',
    data: {
      channel_display_name: 'Town Square',
      channel_name: 'town-square',
      channel_type: 'O',
      post: JSON.stringify(describePost(post)),
      sender_name: `@${exchange.session.user.username}`,
      set_online: true,
      team_id: square.teamId,
    },
    broadcast: broadcastTo({ channel_id: square.channelId }),
  });
}

function readCount(text: string | null, fallback: number, max: number): number {
  const value = text === null ? fallback : Number.parseInt(text, 10);
  return Number.isNaN(value) || value < 0 ? fallback : Math.min(value, max);
}

function serveListPosts(exchange: UserExchange, parameters: PathParameters): void {
  const { town } = exchange.node;
  const { query } = exchange.target;
  if (parameters['channelId'] !== town.square.channelId) return replyError(exchange, appErrors.invalidUrl);
  const page = readCount(query.get('page'), 0, 10_000);
  const perPage = readCount(query.get('per_page'), 60, 200);
  const posts = town.posts.list(town.square.channelId, page, perPage);
  replyJson(exchange, 200, {
    order: posts.map((post) => post.id),
    posts: Object.fromEntries(posts.map((post) => [post.id, describePost(post)])),
    next_post_id: '',
    prev_post_id: '',
    has_next: false,
    first_inaccessible_post_time: 0,
  });
}

/** The endpoints. */
export const postRoutes: readonly Route[] = [
  { methods: ['POST'], pattern: /^\/api\/v4\/posts$/, serve: withSession(serveCreatePost) },
  {
    methods: ['GET'],
    pattern: /^\/api\/v4\/channels\/(?<channelId>[a-z0-9]{26})\/posts$/,
    serve: withSession(serveListPosts),
  },
];
