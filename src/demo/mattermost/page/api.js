// Requests to Mattermost's API, as its web client sends them, and the node that answered each.

/** The page lies at the root of the site or below a path: its own files are in `static/` there. */
const ROOT = new URL('../', import.meta.url);
const TIMEOUT_MS = 15_000;
const POSTS = 60;

/** An answer that is none of 2xx, or none at all; `status` is 0 then. */
export class RequestFailed extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

function cookie(name) {
  const pairs = document.cookie.split('; ').map((pair) => pair.split('='));
  return pairs.find(([key]) => key === name)?.[1] ?? '';
}

export class Api {
  #heardFrom;

  /** @param heardFrom is told the node of every answer */
  constructor(heardFrom) {
    this.#heardFrom = heardFrom;
  }

  /** Whether this browser was logged in; the session may have ended since. */
  get hasSession() {
    return cookie('MMUSERID') !== '';
  }

  get socketUrl() {
    return new URL('api/v4/websocket', ROOT).href.replace(/^http/, 'ws');
  }

  login(loginId, password) {
    return this.#send('POST', 'users/login', { login_id: loginId, password, token: '', deviceId: '' });
  }

  async logout() {
    await this.#send('POST', 'users/logout').catch(() => undefined);
    document.cookie = `MMUSERID=; Max-Age=0; Path=${ROOT.pathname.replace(/(.)\/$/, '$1')}`;
  }

  me() {
    return this.#send('GET', 'users/me');
  }

  usersByIds(ids) {
    return this.#send('POST', 'users/ids', ids);
  }

  /** The one channel of the demo. */
  async channel() {
    const [team] = await this.#send('GET', 'users/me/teams');
    const [channel] = await this.#send('GET', `users/me/teams/${team.id}/channels`);
    return channel;
  }

  /** The newest messages, oldest first. */
  async posts(channelId) {
    const { order, posts } = await this.#send('GET', `channels/${channelId}/posts?per_page=${POSTS}`);
    return order.map((id) => posts[id]).reverse();
  }

  createPost(post) {
    return this.#send('POST', 'posts', post);
  }

  async #send(method, path, body) {
    const response = await fetch(new URL(`api/v4/${path}`, ROOT), {
      method,
      headers: { 'X-Requested-With': 'XMLHttpRequest', 'X-CSRF-Token': cookie('MMCSRF') },
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch(() => {
      throw new RequestFailed(0, 'Nobody answered. Is the demo still running?');
    });
    this.#heardFrom(response.headers.get('X-Demo-Node') ?? 'the proxy itself');
    const answer = await response.json().catch(() => undefined);
    if (response.ok) return answer;
    throw new RequestFailed(response.status, answer?.message ?? `The answer was ${response.status}.`);
  }
}
