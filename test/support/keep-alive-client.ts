// A client as people have them: one connection that it keeps, one cookie, and one request after the other, every third
// of which may not be repeated.
import { Agent } from 'node:http';
import type { ControllerProcess } from './controller-process.ts';

type Failure = {
  readonly method: string;
  /** 0 where there was no answer. */
  readonly status: number;
  /** What the log says of it. */
  readonly reason: unknown;
};

export class KeepAliveClient {
  readonly failures: Failure[] = [];
  /** Names of all nodes that answered. */
  readonly nodes = new Set<string>();
  requests = 0;
  readonly #controller: ControllerProcess;
  readonly #host: string;
  readonly #from: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });
  readonly #life: Promise<void>;
  #isOver = false;
  #cookie = '';

  /** @param from an address of its own */
  constructor(controller: ControllerProcess, host: string, from: string) {
    this.#controller = controller;
    this.#host = host;
    this.#from = from;
    this.#life = this.#live();
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#life;
    this.#agent.destroy();
  }

  async #live(): Promise<void> {
    while (!this.#isOver) await this.#ask(++this.requests);
  }

  async #ask(at: number): Promise<void> {
    const id = `${this.#from}-${at}`;
    const method = at % 3 === 0 ? 'POST' : 'GET';
    const reply = await this.#controller
      .get(this.#host, '/', {
        method,
        from: this.#from,
        agent: this.#agent,
        headers: { 'X-Request-ID': id, ...(this.#cookie === '' ? {} : { Cookie: this.#cookie }) },
        ...(method === 'POST' ? { body: 'once' } : {}),
      })
      .catch(() => undefined);
    this.#cookie = reply?.headers['set-cookie']?.[0]?.split(';')[0] ?? this.#cookie;
    if (reply?.status === 200) {
      this.nodes.add(reply.node);
      return;
    }
    const { reason } = await this.#controller.logged({ requestId: id });
    this.failures.push({ method, status: reply?.status ?? 0, reason });
  }
}
