// What the tour walks through: the stage, the running controller, and the users with their sessions.
import { login, request, type Session } from '../mattermost/session.ts';
import { LOOPBACK, OFFICE, SITE_HOST, USERS, type UserName } from '../site.ts';
import { makeSecret, type Stage } from '../stage.ts';

/** The controller as the tour sees it. */
export type TourController = {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly adminPort: number;
  /** Generation of the configuration that all workers serve. */
  servedGeneration(): number;
};

const STICKY = /^MMSTICKY=([^;]+)/;
const MAX_TRIES = 200;

export class World {
  readonly stage: Stage;
  readonly controller: TourController;
  /** What the secret of the apps is changed to. */
  readonly nextSecret = makeSecret();
  readonly #sessions = new Map<UserName, Promise<Session>>();
  #stickyValues: Promise<ReadonlyMap<string, string>> | undefined;

  constructor(stage: Stage, controller: TourController) {
    this.stage = stage;
    this.controller = controller;
  }

  /** As clients write it, with its port. */
  origin(scheme: 'http' | 'https' = 'https', host: string = SITE_HOST): string {
    const { httpPort, httpsPort } = this.controller;
    return `${scheme}://${host}:${scheme === 'https' ? httpsPort : httpPort}`;
  }

  /** How a client at this address reaches the controller. */
  via(localAddress: string, scheme: 'http' | 'https' = 'https') {
    const { httpPort, httpsPort } = this.controller;
    const port = scheme === 'https' ? httpsPort : httpPort;
    return { localAddress, ca: this.stage.authority, connectTo: { address: LOOPBACK, port } };
  }

  /** The session of a user, who logs in at the office when first asked for. */
  session(user: UserName): Promise<Session> {
    const known = this.#sessions.get(user) ?? login(this.origin(), USERS[user], this.via(OFFICE));
    this.#sessions.set(user, known);
    return known;
  }

  /** Value of the sticky cookie that names a node. */
  async stickyValue(node: string): Promise<string> {
    this.#stickyValues ??= this.#collectStickyValues();
    const value = (await this.#stickyValues).get(node);
    if (value === undefined) throw new Error(`No client was ever sent to ${node}`);
    return value;
  }

  /** Everything that must never be seen in a log or a metric. */
  async secrets(): Promise<ReadonlyMap<string, string>> {
    const { preauthSecret, privateKey } = this.stage;
    const secrets = new Map([
      ['the secret of the apps', preauthSecret],
      ['the next secret of the apps', this.nextSecret],
      ['a line of the private key', privateKey.split('\n')[1] ?? ''],
    ]);
    for (const [name, user] of Object.entries(USERS)) secrets.set(`the password of ${name}`, user.password);
    for (const [name, session] of this.#sessions) {
      const { token, csrf } = await session;
      secrets.set(`the session of ${name}`, token).set(`the CSRF token of ${name}`, csrf);
    }
    return secrets;
  }

  /** Asks as users that nobody knows, each of whom belongs to some node, until each node has answered. */
  async #collectStickyValues(): Promise<ReadonlyMap<string, string>> {
    const values = new Map<string, string>();
    for (let at = 0; at < MAX_TRIES && values.size < this.stage.nodes.length; at++) {
      const headers = { Cookie: `MMUSERID=${`user${at}`.padEnd(26, 'x')}` };
      const url = `${this.origin()}/api/v4/system/ping`;
      const reply = await request({ ...this.via(OFFICE), url, headers });
      const value = stickyValueOf(reply.headers['set-cookie']);
      if (value !== undefined) values.set(reply.node, value);
    }
    return values;
  }
}

/** The sticky cookie among the Set-Cookie lines of an answer. */
export function stickyValueOf(lines: readonly string[] | undefined): string | undefined {
  return lines?.flatMap((line) => STICKY.exec(line)?.[1] ?? [])[0];
}
