// A town: what the nodes of one fake Mattermost cluster share (users, sessions, posts, files, events). Never sockets.
import { randomBytes } from 'node:crypto';
import { EventBus } from './events.ts';
import { FileStore } from './files.ts';
import type { RandomBytes } from './ids.ts';
import { deriveId } from './ids.ts';
import { LoginSessions } from './login-sessions.ts';
import { PostStore } from './posts.ts';
import { Presence } from './presence.ts';
import type { Account, Users } from './users.ts';
import { createUsers } from './users.ts';

/** The town's one team and its one channel; every user is a member of both. */
export type Square = { readonly teamId: string; readonly channelId: string };

/** The shared state. */
export type Town = {
  readonly users: Users;
  readonly sessions: LoginSessions;
  readonly posts: PostStore;
  readonly files: FileStore;
  readonly events: EventBus;
  readonly presence: Presence;
  readonly square: Square;
  readonly maxFileBytes: number;
  readonly random: RandomBytes;
  readonly now: () => number;
};

/** How a town is made. Only `users` is required. */
export type TownOptions = {
  readonly users: readonly Account[];
  /** Nodes in separate processes with the same secret and users accept each other's sessions. Default: random. */
  readonly secret?: string;
  /** Largest file, in bytes. Default: Mattermost's 100 MiB. */
  readonly maxFileBytes?: number;
  readonly random?: RandomBytes;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
};

const defaultMaxFileBytes = 104_857_600;
const filesKept = 3;

/** Makes a town with no posts, no files and nobody online. */
export function createTown(options: TownOptions): Town {
  const random = options.random ?? ((byteCount) => randomBytes(byteCount));
  const secret = options.secret ?? Buffer.from(random(32)).toString('hex');
  const users = createUsers(options.users, secret);
  const maxFileBytes = options.maxFileBytes ?? defaultMaxFileBytes;
  return {
    users,
    sessions: new LoginSessions(secret, users, random),
    posts: new PostStore(),
    files: new FileStore(maxFileBytes * filesKept),
    events: new EventBus(),
    presence: new Presence(),
    square: { teamId: deriveId(secret, 'team demo'), channelId: deriveId(secret, 'channel town-square') },
    maxFileBytes,
    random,
    now: options.now ?? (() => Date.now()),
  };
}
