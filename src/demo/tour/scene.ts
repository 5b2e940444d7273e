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
  async send(visit: Visit, requestId: string = randomUUID()): Promise<Sent> {
    const reply = await request({
      ...this.#viaOf(visit, requestId),
      url: this.#urlOf(visit),
      method: visit.method ?? 'GET',
      ...(visit.body === undefined ? {} : { body: visit.body }),
    });
    return { reply, requestId };
  }

  /** Opens a WebSocket and leaves it to others to tell of it. */
  open(visit: Visit, requestId: string = randomUUID()): Promise<Conversation> {
    return openWebSocket({ ...this.#viaOf(visit, requestId), url: this.#urlOf(visit) });
  }

  /** The line of the access log about a request; of a WebSocket the one about its opening. */
  decisionOn(requestId: string): Promise<LogLine> {
    const fits = (line: LogLine) => line['requestId'] === requestId && line['msg'] !== 'websocket closed';
    return this.world.stage.journal.find(`request ${requestId}`, fits);
  }

  /** Sends a request, tells of it, and sees whether what came and what was decided is as promised. */
  async ask(visit: Visit, promised: Promised): Promise<Reply> {
    const requestId = this.#tell(visit);
    const { reply } = await this.send(visit, requestId).catch((error: unknown) =>
      this.#fail(requestId, error),
    );
    await this.#hear(requestId, reply, promised);
    return reply;
  }

  /** Sends a request that must be answered with a TCP reset. */
  async askForReset(visit: Visit, promised: Promised): Promise<void> {
    const requestId = this.#tell(visit);
    const outcome = await this.send(visit, requestId).then(({ reply }) => String(reply.status), codeOf);
    const decision = await this.decisionOn(requestId);
    this.note(`  ${[outcome, ...decisionWords(decision)].join(' | ')}`);
    expectSame('outcome', outcome, 'ECONNRESET');
    expectFields(decision, promised);
  }

  /** Opens a WebSocket, tells of it, and sees whether it was admitted as promised. */
  async connect(visit: Visit, promised: Promised): Promise<Conversation> {
    const requestId = this.#tell(visit, 'WebSocket');
    const talk = await this.open(visit, requestId).catch((error: unknown) => this.#fail(requestId, error));
    await this.#hear(requestId, { status: 101, node: talk.node }, promised);
    return talk;
  }

  /** Tries to open a WebSocket that must be refused. */
  async connectInVain(visit: Visit, promised: Promised): Promise<Reply> {
    const requestId = this.#tell(visit, 'WebSocket');
    const reply = await this.open(visit, requestId).then(
      (talk) => {
        talk.socket.terminate();
        return this.#fail(requestId, new PromiseBroken('The WebSocket was opened'));
      },
      (error: unknown) => (error instanceof UpgradeRefused ? error.reply : this.#fail(requestId, error)),
    );
    await this.#hear(requestId, reply, promised);
    return reply;
  }

  /** Tells what is sent, under a new request id. */
  #tell(visit: Visit, method?: string): string {
    this.note(sentText(visit, method));
    return randomUUID();
  }

  /** Waits for the decision, tells what came, and compares both with what was promised. */
  async #hear(
    requestId: string,
    { status, node }: { readonly status: number; readonly node: string },
    promised: Promised,
  ): Promise<void> {
    const decision = await this.decisionOn(requestId);
    const came = node === '' ? String(status) : `${status} from ${node}`;
    this.note(`  ${[came, ...decisionWords(decision)].join(' | ')}`);
    if (promised.status !== undefined) expectSame('status', status, promised.status);
    expectFields(decision, { ...promised, status });
  }

  /** Where no answer came at all there may be a decision that says why. */
  async #fail(requestId: string, error: unknown): Promise<never> {
    const decision = await this.decisionOn(requestId).catch(() => ({}));
    this.note(`  ${[codeOf(error), ...decisionWords(decision)].join(' | ')}`);
    throw error;
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
  const words = [
    rule && `rule ${rule}: ${action}${secretName ? ` by key ${secretName}` : ''}`,
    reason && `reason ${reason}`,
    endpoint && `endpoint ${endpoint} by ${persistence}`,
  ].filter((word) => word !== undefined);
  return words.length > 0 ? words : ['before any rule'];
}

function expectFields(decision: LogLine, promised: Promised): void {
  for (const [field, value] of Object.entries(promised)) {
    expectSame(`${field} in the access log`, decision[field] ?? null, value);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
