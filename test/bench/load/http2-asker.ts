// One HTTP/2 client: a session over TLS with several requests under way, opened anew where the server ends it.
import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { HOST } from '../peers/host.ts';
import type { Asker, AskerParts } from './asker.ts';
import { cookiesWith, pathFor, USER_AGENT } from './request-text.ts';

/** As wide as those of browsers, so that no proxy waits for this side. */
const STREAM_WINDOW_BYTES = 1 << 20;
const SESSION_WINDOW_BYTES = 8 << 20;

type Ask = { readonly dueMs: number; readonly session: ClientHttp2Session };

export class Http2Asker implements Asker {
  readonly #parts: AskerParts<'http2'>;
  readonly #upload: Buffer;
  #headers: Readonly<Record<string, string>>;
  #session: ClientHttp2Session | undefined;
  /** Sessions that ended take no new requests, but answer those they have. */
  readonly #sessions = new Set<ClientHttp2Session>();
  /** Of all streams: who waits for the first session is told when it is there. */
  #unready: number;

  constructor(parts: AskerParts<'http2'>) {
    this.#parts = parts;
    const { bodies, streams } = parts.question;
    this.#upload = Buffer.alloc(bodies.uploadBytes, 'u');
    this.#headers = this.#headersWith(undefined);
    this.#unready = streams;
  }

  open(): void {
    if (this.#session === undefined) this.#connect();
    else this.#announce();
  }

  ask(dueMs: number): void {
    // Its end is announced a moment after it.
    if (this.#session?.closed === true || this.#session?.destroyed === true) this.#session = undefined;
    this.#request({ dueMs, session: this.#session ?? this.#connect() });
  }

  close(): void {
    this.#session = undefined;
    for (const session of this.#sessions) session.destroy();
    this.#sessions.clear();
  }

  #connect(): ClientHttp2Session {
    const { port, sockets } = this.#parts;
    const session = connect(`https://${HOST}:${port}`, {
      createConnection: () => sockets.openHttp2(port),
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
    });
    this.#session = session;
    this.#sessions.add(session);
    session.once('connect', () => {
      // The load may have ended meanwhile.
      if (session.destroyed) return;
      session.setLocalWindowSize(SESSION_WINDOW_BYTES);
      this.#announce();
    });
    session.once('goaway', () => this.#leave(session));
    session.once('close', () => this.#onClose(session));
    session.on('error', (error) => this.#fail(error));
    return session;
  }

  #announce(): void {
    const { events } = this.#parts;
    for (; this.#unready > 0; this.#unready--) events.onReady(this);
  }

  /** Its requests are answered, the next ones go on another connection. */
  #leave(session: ClientHttp2Session): void {
    if (session === this.#session) this.#session = undefined;
  }

  #onClose(session: ClientHttp2Session): void {
    this.#leave(session);
    this.#sessions.delete(session);
  }

  #request(ask: Ask): void {
    const stream = ask.session.request({ ...this.#headers }, { endStream: this.#upload.length === 0 });
    if (this.#upload.length > 0) stream.end(this.#upload);
    let problem = 'ended without an answer';
    let missing = this.#parts.question.bodies.answerBytes;
    stream.on('response', (headers) => (problem = this.#judge(headers)));
    stream.on('data', (chunk: Buffer) => (missing -= chunk.length));
    stream.on('error', () => {});
    stream.once('close', () => {
      if (!this.#sessions.has(ask.session)) return;
      if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) this.#askAgain(ask);
      else if (problem !== '' || missing !== 0)
        this.#fail(new Error(`${problem || 'answered'}, code ${stream.rstCode}, ${missing} bytes missing`));
      else this.#onAnswer(ask);
    });
  }

  /** Refused streams were not looked at (RFC 9113 section 8.7): the server was about to close. */
  #askAgain({ dueMs, session }: Ask): void {
    this.#leave(session);
    this.ask(dueMs);
  }

  #onAnswer({ dueMs }: Ask): void {
    const { events } = this.#parts;
    events.onAnswer(dueMs);
    events.onReady(this);
  }

  #judge(headers: IncomingHttpHeaders): string {
    const status = headers[':status' as keyof IncomingHttpHeaders];
    if (Number(status) !== 200) return `answered with ${String(status)}`;
    const cookie = headers['set-cookie']?.[0]?.split(';')[0];
    if (cookie !== undefined) this.#headers = this.#headersWith(cookie);
    return '';
  }

  #headersWith(cookie: string | undefined): Readonly<Record<string, string>> {
    const { bodies } = this.#parts.question;
    const isUpload = bodies.uploadBytes > 0;
    return {
      ':method': isUpload ? 'POST' : 'GET',
      ':path': pathFor(bodies),
      ':authority': HOST,
      ':scheme': 'https',
      'user-agent': USER_AGENT,
      accept: '*/*',
      'accept-language': 'en',
      'accept-encoding': 'identity',
      'x-requested-with': 'XMLHttpRequest',
      cookie: cookiesWith(cookie),
      ...(isUpload
        ? { 'content-type': 'application/octet-stream', 'content-length': String(bodies.uploadBytes) }
        : {}),
    };
  }

  #fail(error: Error): void {
    const { events, port, question } = this.#parts;
    this.close();
    this.#unready = question.streams;
    events.onFailure(this, new Error(`Port ${port}: ${error.message}`));
  }
}
