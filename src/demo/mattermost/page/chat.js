// One person in the channel: messages out over the API, events in over the WebSocket, and a history of who served them.
import { RequestFailed } from './api.js';
import { Connection } from './connection.js';
import { Posts } from './posts.js';
import { forget, showFact, showPosts, showState, tell } from './view.js';

const TYPING_EACH_MS = 3_000;
const TYPING_SHOWN_MS = 5_000;
const RETRY_READ_MS = 2_000;

const element = (id) => document.getElementById(id);

export class Chat {
  #api;
  #me;
  #onExpired;
  #connection;
  #channelId = '';
  #posts = new Posts();
  #names = new Map();
  #node = '';
  /** When the WebSocket was lost; 0 while there is one. */
  #lostAtMs = 0;
  #events = 0;
  #typedAtMs = 0;
  #typingTimer;
  #ending = new AbortController();

  /** @param onExpired called when the session has ended */
  constructor(api, me, onExpired) {
    this.#api = api;
    this.#me = me;
    this.#onExpired = onExpired;
    this.#names.set(me.id, me.username);
    this.#connection = new Connection(api.socketUrl, {
      connecting: () => showState('busy', 'connecting ...'),
      open: (opened) => void this.#open(opened),
      event: (message) => void this.#hear(message),
      lost: (lost) => this.#lose(lost),
    });
  }

  async start() {
    this.#channelId = (await this.#api.channel()).id;
    this.#connection.start();
    const { signal } = this.#ending;
    element('composer').addEventListener('submit', (submit) => this.#submit(submit), { signal });
    element('message').addEventListener('keydown', (key) => this.#type(key), { signal });
    element('posts').addEventListener('click', ({ target }) => this.#again(target.dataset.again), { signal });
    await this.#read();
  }

  stop() {
    this.#ending.abort();
    clearTimeout(this.#typingTimer);
    this.#connection.stop();
    forget();
  }

  /** A request was answered. */
  heardFrom(node) {
    showFact('request-node', node);
  }

  async #open({ node, id, kind }) {
    const before = this.#node;
    const after = `after ${((Date.now() - this.#lostAtMs) / 1_000).toFixed(1)} s`;
    this.#node = node;
    this.#lostAtMs = 0;
    showState('open', node);
    showFact('socket-node', node);
    showFact('connection-id', `${id.slice(0, 8)}...`);
    if (kind === 'resumed') return tell('good', `Back on ${node} ${after}. Nothing was missed.`);
    // What was said before the first event, or between two connections, has to be read.
    const found = await this.#read();
    if (kind === 'first') return tell('good', `Connected to ${node}.`);
    const where = node === before ? `${node} began anew` : `Moved from ${before} to ${node}`;
    const said = found === 0 ? 'Nothing' : found === 1 ? '1 message' : `${found} messages`;
    tell('good', `${where} ${after}. ${said} came meanwhile.`);
  }

  #lose({ code, reason, retryMs }) {
    if (this.#lostAtMs === 0) this.#lostAtMs = Date.now();
    const seconds = Math.round(retryMs / 1_000);
    showState('lost', `back in ${seconds} s`);
    showFact('socket-node', '-');
    tell('bad', `WebSocket closed: ${code}${reason === '' ? '' : ` "${reason}"`}. Next try in ${seconds} s.`);
  }

  async #hear({ event, data }) {
    this.#events += 1;
    showFact('events', String(this.#events));
    if (event === 'typing') await this.#showTyping(data.user_id);
    if (event !== 'posted') return;
    const post = JSON.parse(data.post);
    this.#names.set(post.user_id, data.sender_name.replace(/^@/, ''));
    this.#posts.add(post);
    showFact('typing', '');
    this.#show();
  }

  /** Reads the channel, for as long as that takes. @returns how many messages were not known */
  async #read() {
    while (!this.#ending.signal.aborted) {
      try {
        const found = this.#posts.merge(await this.#api.posts(this.#channelId));
        await this.#learnNames();
        this.#show();
        return found;
      } catch (error) {
        if (error instanceof RequestFailed && error.status === 401) this.#onExpired();
        else await new Promise((resolve) => setTimeout(resolve, RETRY_READ_MS));
      }
    }
    return 0;
  }

  async #learnNames() {
    const unknown = [...this.#posts.authors()].filter((id) => !this.#names.has(id));
    if (unknown.length === 0) return;
    for (const { id, username } of await this.#api.usersByIds(unknown)) this.#names.set(id, username);
  }

  #show() {
    showPosts(this.#posts.list(this.#me.id, (id) => this.#names.get(id) ?? 'somebody'));
  }

  #type(key) {
    if (key.key === 'Enter' && !key.shiftKey && !key.isComposing) return this.#submit(key);
    if (Date.now() - this.#typedAtMs < TYPING_EACH_MS) return;
    this.#typedAtMs = Date.now();
    this.#connection.send('user_typing', { channel_id: this.#channelId, parent_id: '' });
  }

  async #showTyping(userId) {
    const name = this.#names.get(userId) ?? (await this.#api.usersByIds([userId]))[0]?.username ?? 'Somebody';
    this.#names.set(userId, name);
    showFact('typing', `${name} is typing ...`);
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => showFact('typing', ''), TYPING_SHOWN_MS);
  }

  #submit(event) {
    event.preventDefault();
    const message = element('message').value.trim();
    if (message === '') return;
    element('message').value = '';
    const pendingId = `${this.#me.id}:${Date.now()}`;
    void this.#post(message, pendingId);
  }

  /** The id lets the answer and the event of one message be known as the same. */
  async #post(message, pendingId) {
    const post = {
      channel_id: this.#channelId,
      message,
      pending_post_id: pendingId,
      user_id: this.#me.id,
      create_at: Date.now(),
    };
    this.#posts.begin(post);
    this.#show();
    try {
      this.#posts.add(await this.#api.createPost(post));
    } catch {
      this.#posts.fail(pendingId);
    }
    this.#show();
  }

  #again(pendingId) {
    const post = this.#posts.pending(pendingId);
    if (post !== undefined) void this.#post(post.message, pendingId);
  }
}
