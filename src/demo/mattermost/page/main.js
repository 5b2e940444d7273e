// The page: a login, then one channel over the API and a WebSocket, and what is to be told of the connection.
import { Api, RequestFailed } from './api.js';
import { Chat } from './chat.js';
import { showLoginError, showUser } from './view.js';

const element = (id) => document.getElementById(id);

let chat;
const api = new Api((node) => chat?.heardFrom(node));

async function enter() {
  const me = await api.me();
  chat = new Chat(api, me, leave);
  showUser(me.username);
  await chat.start();
}

function leave() {
  chat?.stop();
  chat = undefined;
  showUser(undefined);
}

/** The demo prints links that end in `#name:password`; nothing after the # ever leaves the browser. */
function takeAccountOfLink() {
  const [, name, password] = /^#([^:]+):(.+)$/.exec(decodeURIComponent(location.hash)) ?? [];
  if (password === undefined) return;
  history.replaceState(null, '', location.pathname);
  element('login-id').value = name;
  element('password').value = password;
}

async function login() {
  try {
    await api.login(element('login-id').value, element('password').value);
    showLoginError('');
    element('password').value = '';
    await enter();
  } catch (error) {
    showLoginError(error instanceof RequestFailed ? error.message : String(error));
  }
}

element('login').addEventListener('submit', (submit) => {
  submit.preventDefault();
  void login();
});
element('logout').addEventListener('click', () => void api.logout().then(leave));

takeAccountOfLink();
showUser(undefined);
if (api.hasSession) enter().catch((error) => showLoginError(error.message));
