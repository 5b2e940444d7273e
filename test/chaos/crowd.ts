// People with open WebSockets who come back as Mattermost's clients do: after a while, with their cookie, asking to resume.
import { setTimeout as pause } from 'node:timers/promises';
import type { Conversation, SocketMessage } from '../../src/demo/mattermost/conversation.ts';
import { peakPerSecond } from '../support/peaks.ts';
import type { Chance } from './chance.ts';

/** Where they come in, and as whom: one session for all, whoever they say they are. */
export type Door = {
  /** Gives the token of a session. */
  login(): Promise<string>;
  /** @param cookies the line of all that a client has */
  open(path: string, cookies: string): Promise<Conversation>;
  /** Whether what ends a WebSocket to that node now is the way there, and not the node; never where absent. */
  breaksTo?(node: string): boolean;
};

/** The end of one WebSocket that its client did not want. */
export type Loss = {
  /** Number of the client. */
  readonly client: number;
  readonly node: string;
  readonly code: number;
  readonly atMs: number;
};

export type CrowdOptions = {
  readonly clients: number;
  /** Mattermost's: 3 s and up to 2 s more. */
  readonly reconnectMs: readonly [from: number, to: number];
};

const ID_LENGTH = 26;

export class Crowd {
  readonly options: CrowdOptions;
  readonly losses: Loss[] = [];
  /** Times at which clients came back. */
  readonly returnsMs: number[] = [];
  opens = 0;
  refusals = 0;
  /** Openings that began with a hello: everything is read anew. */
  hellos = 0;
  /** Clients whose own network broke, or their worker, and those of them who came back to their node. */
  cuts = 0;
  resumes = 0;
  /** Of the others: from which node to which. */
  readonly strays: string[] = [];
  readonly #door: Door;
  readonly #token: string;
  readonly #chance: Chance;
  readonly #open = new Set<Conversation>();
  readonly #cut = new Set<Conversation>();
  readonly #lives: Promise<void>[] = [];
  #isOver = false;

  private constructor(door: Door, token: string, chance: Chance, options: CrowdOptions) {
    this.#door = door;
    this.#token = token;
    this.#chance = chance;
    this.options = options;
  }

  static async gather(door: Door, chance: Chance, options: CrowdOptions): Promise<Crowd> {
    const crowd = new Crowd(door, await door.login(), chance, options);
    for (let at = 0; at < options.clients; at++) crowd.#lives.push(crowd.#live(at));
    return crowd;
  }

  get online(): number {
    return this.#open.size;
  }

  /** Nodes that open WebSockets are on. */
  get nodes(): ReadonlySet<string> {
    return new Set([...this.#open].map(({ node }) => node));
  }

  get returns(): number {
    return this.returnsMs.length;
  }

  /** Most clients that came back within a second. */
  get peak(): number {
    return peakPerSecond(this.returnsMs);
  }

  /** The network of some clients breaks; their nodes are well. */
  cut(count: number): void {
    for (const conversation of [...this.#open].slice(0, count)) {
      this.cuts++;
      this.#open.delete(conversation);
      this.#cut.add(conversation);
      conversation.socket.terminate();
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    for (const { socket } of this.#open) socket.terminate();
    await Promise.all(this.#lives);
  }

  async #live(at: number): Promise<void> {
    // The proxy goes by this cookie where there is no other one.
    const user = String(at).padStart(ID_LENGTH, 'u');
    const memory: Memory = { sticky: '', connectionId: '', sequence: 0, cutFrom: undefined };
    let isBack = false;
    while (!this.#isOver) {
      const conversation = await this.#enter(user, memory);
      if (conversation !== undefined) {
        if (isBack) this.returnsMs.push(performance.now());
        isBack = true;
        const { code } = await conversation.closed;
        this.#open.delete(conversation);
        if (this.#wasCut(conversation)) memory.cutFrom = conversation.node;
        else if (!this.#isOver)
          this.losses.push({ client: at, node: conversation.node, code, atMs: performance.now() });
      }
      if (this.#isOver) return;
      const [from, to] = this.options.reconnectMs;
      await pause(this.#chance.between(from, to));
    }
  }

  /** Its node is well: the way there broke. */
  #wasCut(conversation: Conversation): boolean {
    if (this.#cut.delete(conversation)) return true;
    if (this.#isOver || this.#door.breaksTo?.(conversation.node) !== true) return false;
    this.cuts++;
    return true;
  }

  async #enter(user: string, memory: Memory): Promise<Conversation | undefined> {
    const cookies = [`MMAUTHTOKEN=${this.#token}`, `MMUSERID=${user}`];
    if (memory.sticky !== '') cookies.push(memory.sticky);
    const query = `connection_id=${memory.connectionId}&sequence_number=${memory.sequence}`;
    const conversation = await this.#door
      .open(`/api/v4/websocket?${query}`, cookies.join('; '))
      .catch(() => undefined);
    if (conversation === undefined) {
      this.refusals++;
      return undefined;
    }
    this.opens++;
    this.#open.add(conversation);
    const { node, headers } = conversation;
    memory.sticky = headers['set-cookie']?.[0]?.split(';')[0] ?? memory.sticky;
    if (memory.cutFrom === node) this.resumes++;
    else if (memory.cutFrom !== undefined) this.strays.push(`${memory.cutFrom} to ${node}`);
    memory.cutFrom = undefined;
    this.#listen(conversation, memory);
    return conversation;
  }

  /** Keeps what is needed to resume. The hello may have come with the 101, before anybody could listen. */
  #listen(conversation: Conversation, memory: Memory): void {
    const take = ({ event, seq, data }: SocketMessage) => {
      if (seq !== undefined) memory.sequence = seq + 1;
      if (event !== 'hello') return;
      this.hellos++;
      const id = data?.['connection_id'];
      memory.connectionId = typeof id === 'string' ? id : '';
    };
    void conversation.next(({ event }) => event === 'hello').then(take, () => undefined);
    conversation.socket.on('message', (raw: Buffer) => {
      const message = JSON.parse(raw.toString()) as SocketMessage;
      if (message.event !== 'hello') take(message);
    });
  }
}

/** What a client keeps from one WebSocket to the next. */
type Memory = {
  sticky: string;
  connectionId: string;
  sequence: number;
  /** The node it had when its network broke. */
  cutFrom: string | undefined;
};
