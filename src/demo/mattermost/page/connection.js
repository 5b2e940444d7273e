// The WebSocket of the page, kept as Mattermost's web client keeps its own: it comes back for ever, asks to go on where it
// was, and says so when that was not possible.

const RETRY_MS = 3_000;
const JITTER_MS = 2_000;
const MAX_RETRY_MS = 300_000;
/** Failures in a row before it waits longer. */
const PATIENT_FAILURES = 7;
const PING_MS = 30_000;
/** Close codes of the web client. */
const NO_PONG = 4_000;
const SEQUENCE_GAP = 4_001;

/**
 * @param {number} failures in a row
 * @param {number} chance in [0, 1)
 */
export function retryDelayMs(failures, chance) {
  const delayMs =
    failures > PATIENT_FAILURES ? Math.min(RETRY_MS * failures * failures, MAX_RETRY_MS) : RETRY_MS;
  return delayMs + chance * JITTER_MS;
}

/**
 * Tells its listener: `connecting()`, `open({ node, id, kind })` where kind is `first`, `resumed` or `new` (what happened in
 * between must be read anew), `event(message)`, `lost({ code, reason, retryMs })`.
 */
export class Connection {
  #url;
  #listener;
  #socket;
  #retryTimer;
  #pingTimer;
  #failures = 0;
  #errorCode = '';
  #id = '';
  #node = '';
  /** Number of the event that comes next. */
  #sequence = 0;
  /** Number of the next request of ours. */
  #request = 1;
  #awaitsPong = false;
  /** Whether this socket has shown yet which connection it is. */
  #isKnown = false;

  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
  }

  get sequence() {
    return this.#sequence;
  }

  start() {
    this.#listener.connecting();
    const query = new URLSearchParams({ connection_id: this.#id, sequence_number: String(this.#sequence) });
    if (this.#errorCode !== '') query.set('disconnect_err_code', this.#errorCode);
    const socket = new WebSocket(`${this.#url}?${query}`);
    this.#socket = socket;
    this.#isKnown = false;
    this.#request = 1;
    socket.addEventListener('open', () => this.#begin());
    socket.addEventListener('message', ({ data }) => this.#socket === socket && this.#hear(JSON.parse(data)));
    socket.addEventListener(
      'close',
      ({ code, reason }) => this.#socket === socket && this.#lose(code, reason),
    );
  }

  stop() {
    clearTimeout(this.#retryTimer);
    clearInterval(this.#pingTimer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }

  send(action, data) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(JSON.stringify({ seq: this.#request, action, data }));
    this.#request += 1;
  }

  #begin() {
    this.#failures = 0;
    this.#errorCode = '';
    this.#ping();
    this.#pingTimer = setInterval(
      () => (this.#awaitsPong ? this.#giveUp(NO_PONG, 'no pong') : this.#ping()),
      PING_MS,
    );
  }

  #ping() {
    this.#awaitsPong = true;
    this.send('ping');
  }

  #hear(message) {
    if (message.seq_reply !== undefined) {
      // A server that begins anew says hello before it answers anything.
      if (!this.#isKnown) this.#know('resumed');
      if (message.data?.text === 'pong') this.#awaitsPong = false;
      return;
    }
    if (message.event === 'hello') this.#greet(message.data);
    else if (!this.#isKnown) this.#know('resumed');
    if (message.seq !== this.#sequence) return this.#giveUp(SEQUENCE_GAP, 'an event was missed');
    this.#sequence += 1;
    this.#listener.event(message);
  }

  #greet({ connection_id: id, server_hostname: node }) {
    const kind = this.#id === '' ? 'first' : id === this.#id ? 'resumed' : 'new';
    if (kind === 'new') this.#sequence = 0;
    this.#id = id;
    this.#node = node;
    this.#know(kind);
  }

  #know(kind) {
    this.#isKnown = true;
    this.#listener.open({ node: this.#node, id: this.#id, kind });
  }

  /** The close event of a broken network can take minutes: this does not wait for it. */
  #giveUp(code, reason) {
    const socket = this.#socket;
    this.#lose(code, reason);
    socket?.close();
  }

  #lose(code, reason) {
    clearInterval(this.#pingTimer);
    this.#socket = undefined;
    this.#failures += 1;
    this.#errorCode ||= String(code);
    const retryMs = retryDelayMs(this.#failures, Math.random());
    this.#retryTimer = setTimeout(() => this.start(), retryMs);
    this.#listener.lost({ code, reason, retryMs });
  }
}
