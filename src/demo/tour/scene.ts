// What a step does its work with: requests and WebSockets of clients anywhere, each told with the decision taken on it.
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { LogLine } from '../journal.ts';
import type { Conversation } from '../mattermost/conversation.ts';
import { openWebSocket, type Reply, request, type Session, UpgradeRefused } from '../mattermost/session.ts';
import { INTERNET, placeOf, SECRET_HEADER } from '../site.ts';
import { expectSame, PromiseBroken, type Teller } from './step.ts';
import type { World } from './world.ts';

/** What a client sends. */
export type Visit = {
  readonly path: string;
  readonly method?: string;
  /** Source address; the Internet if absent. */
  readonly from?: string;
  readonly scheme?: 'http' | 'https';
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  /** What the client has to show, in words: the headers themselves may be secrets. */
  readonly showing?: string;
};

/** Fields of the access log that are promised; null = must not be there. */
export type Promised = {
  readonly status?: number;
  readonly rule?: string | null;
  readonly action?: string;
  readonly reason?: string | null;
  readonly persistence?: string;
  readonly endpoint?: string | null;
  readonly secretName?: string;
};

export type Sent = { readonly reply: Reply; readonly requestId: string };
export type Visited = { readonly reply: Reply; readonly decision: LogLine };

export class Scene {
  readonly world: World;
  readonly #teller: Teller;

  constructor(world: World, teller: Teller) {
    this.world = world;
    this.#teller = teller;
  }

  note(text: string): void {
    this.#teller.note(text);
  }

  progress(text: string): void {
    this.#teller.progress(text);
  }

  /** The header with the secret of the apps. */
  get secretHeader(): Readonly<Record<string, string>> {
    return { [SECRET_HEADER]: this.world.stage.preauthSecret };
  }

  /** Sends a request and leaves it to others to tell of it. */
  async send(visit: Visit): Promise<Sent> {
    const requestId = randomUUID();
    const reply = await request({
      ...this.#viaOf(visit, requestId),
      url: this.#urlOf(visit),
      method: visit.method ?? 'GET',
      ...(visit.body === undefined ? {} : { body: visit.body }),
    });
    return { reply, requestId };
  }

  /** The line of the access log about a request; of a WebSocket the one about its opening. */
  decisionOn(requestId: string): Promise<LogLine> {
    const fits = (line: LogLine) => line['requestId'] === requestId && line['msg'] !== 'websocket closed';
    return this.world.stage.journal.find(`request ${requestId}`, fits);
  }

  /** Sends a request, tells of it, and sees whether what came and what was decided is as promised. */
  async ask(visit: Visit, promised: Promised): Promise<Visited> {
    this.note(sentText(visit));
    const { reply, requestId } = await this.send(visit);
    const decision = await this.#hear(requestId, `${reply.status}${reply.node && ` from ${reply.node}`}`);
    expectPromised(decision, { status: reply.status, ...promised });
    if (promised.status !== undefined) expectSame('status', reply.status, promised.status);
    return { reply, decision };
  }

  /** Sends a request that must be answered with a TCP reset. */
  async askForReset(visit: Visit, promised: Promised): Promise<void> {
    this.note(sentText(visit));
    const requestId = randomUUID();
    const outcome = await request({ ...this.#viaOf(visit, requestId), url: this.#urlOf(visit) }).then(
      ({ status }) => String(status),
      codeOf,
    );
    expectPromised(await this.#hear(requestId, outcome), promised);
    expectSame('what the client saw', outcome, 'ECONNRESET');
  }

  /** Opens a WebSocket, tells of it, and sees whether it was admitted as promised. */
  async connect(visit: Visit, promised: Promised): Promise<Conversation> {
    this.note(sentText(visit, 'WebSocket'));
    const { talk, requestId } = await this.open(visit);
    const decision = await this.#hear(requestId, `101 from ${talk.node}`);
    expectPromised(decision, { status: 101, ...promised });
    return talk;
  }

  /** Opens a WebSocket and leaves it to others to tell of it. */
  async open(visit: Visit): Promise<{ readonly talk: Conversation; readonly requestId: string }> {
    const requestId = randomUUID();
    const talk = await openWebSocket({ ...this.#viaOf(visit, requestId), url: this.#urlOf(visit) });
    return { talk, requestId };
  }

  /** Tries to open a WebSocket that must be refused. */
  async connectInVain(visit: Visit, promised: Promised): Promise<Reply> {
    this.note(sentText(visit, 'WebSocket'));
    const requestId = randomUUID();
    const via = { ...this.#viaOf(visit, requestId), url: this.#urlOf(visit) };
    const outcome = await openWebSocket(via).catch((error: unknown) => error);
    if (!(outcome instanceof UpgradeRefused)) {
      const isOpen = !(outcome instanceof Error);
      throw new PromiseBroken(`The WebSocket ${isOpen ? 'was opened' : `failed: ${outcome.message}`}`);
    }
    const decision = await this.#hear(requestId, String(outcome.reply.status));
    expectPromised(decision, { status: outcome.reply.status, ...promised });
    return outcome.reply;
  }

  /** Waits for the decision and tells what came. */
  async #hear(requestId: string, came: string): Promise<LogLine> {
    const decision = await this.decisionOn(requestId);
    this.note(`  ${[came, ...decisionWords(decision)].join(' | ')}`);
    return decision;
  }

  #urlOf({ path, scheme, host }: Visit): string {
    return this.world.origin(scheme, host) + path;
  }

  #viaOf({ from = INTERNET, scheme, headers }: Visit, requestId: string) {
    return { ...this.world.via(from, scheme), headers: { 'X-Request-ID': requestId, ...headers } };
  }
}

/** The cookies of a browser with that session, without ours. */
export function cookiesOf({ token, userId, csrf }: Session): string {
  return `MMAUTHTOKEN=${token}; MMUSERID=${userId}; MMCSRF=${csrf}`;
}

function sentText(visit: Visit, method = visit.method ?? 'GET'): string {
  const { from = INTERNET, scheme = 'https', host, path, showing } = visit;
  const where = scheme === 'http' || host !== undefined ? `${scheme}://${host ?? 'chat.example.com'}` : '';
  const shown = showing === undefined ? '' : `, ${showing}`;
  return `${method} ${where}${path} from ${from} (${placeOf(from)})${shown}`;
}

function decisionWords(decision: LogLine): readonly string[] {
  const { rule, action, secretName, reason, endpoint, persistence } = decision as Readonly<
    Record<string, string | undefined>
  >;
  return [
    rule && `rule ${rule}: ${action}${secretName ? ` by key ${secretName}` : ''}`,
    reason && `reason ${reason}`,
    endpoint && `endpoint ${endpoint} by ${persistence}`,
  ].filter((word) => word !== undefined);
}

function expectPromised(decision: LogLine, promised: Promised): void {
  for (const [field, value] of Object.entries(promised)) {
    expectSame(`${field} in the access log`, decision[field] ?? null, value);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
