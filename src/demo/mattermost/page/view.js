// What the page shows. Whatever came from people or servers is set as text, never as HTML.

const MAX_HISTORY = 50;

const element = (id) => document.getElementById(id);

/** Shows the login, or the chat. */
export function showUser(name) {
  element('entrance').hidden = name !== undefined;
  element('chat').hidden = name === undefined;
  element('who').hidden = name === undefined;
  element('name').textContent = name ?? '';
  element(name === undefined ? 'login-id' : 'message').focus();
}

export function showLoginError(text) {
  element('login-error').textContent = text;
  element('login-error').hidden = text === '';
}

/** @param state `none`, `busy`, `open` or `lost` */
export function showState(state, text) {
  element('badge').dataset.state = state;
  element('badge').textContent = text;
}

export function showFact(name, text) {
  element(name).textContent = text;
}

/** Nothing of one person is left for the next. */
export function forget() {
  showState('none', 'not connected');
  showPosts([]);
  element('history').replaceChildren();
  for (const name of ['socket-node', 'request-node', 'connection-id', 'events', 'typing']) showFact(name, '');
}

/** Adds a line to what happened. @param kind `good`, `bad` or `plain` */
export function tell(kind, text) {
  const line = document.createElement('li');
  const time = document.createElement('time');
  time.textContent = clock(Date.now());
  line.className = kind;
  line.append(time, ` ${text}`);
  const history = element('history');
  history.prepend(line);
  history.children[MAX_HISTORY]?.remove();
}

/** @param posts each `{ id, author, isMine, message, atMs, state }`, state is `sent`, `pending` or `failed` */
export function showPosts(posts) {
  const list = element('posts');
  const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  const known = new Map([...list.children].map((item) => [item.dataset.id, item]));
  for (const [at, post] of posts.entries()) {
    const item = known.get(post.id) ?? document.createElement('li');
    known.delete(post.id);
    // Left alone where nothing changed: a screen reader would read it again.
    if (item.dataset.state !== post.state) fill(item, post);
    if (list.children[at] !== item) list.insertBefore(item, list.children[at] ?? null);
  }
  for (const item of known.values()) item.remove();
  element('empty').hidden = posts.length > 0;
  if (isAtEnd) list.scrollTop = list.scrollHeight;
}

function fill(item, { id, author, isMine, message, atMs, state }) {
  const [head, name, time, text] = ['p', 'strong', 'time', 'p'].map((tag) => document.createElement(tag));
  name.textContent = author;
  time.textContent = state === 'pending' ? 'sending ...' : clock(atMs);
  head.append(name, ' ', time);
  text.textContent = message;
  text.className = 'text';
  item.dataset.id = id;
  item.dataset.state = state;
  item.className = isMine ? 'mine' : '';
  item.replaceChildren(head, text);
  if (state === 'failed') item.append(againButton(id));
}

function againButton(id) {
  const button = document.createElement('button');
  button.type = 'button';
  button.dataset.again = id;
  button.textContent = 'Not sent. Try again';
  return button;
}

function clock(atMs) {
  return new Date(atMs).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
}
