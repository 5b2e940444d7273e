// Requests one after another, and one WebSocket, for as long as a test does harm elsewhere: nothing of it may be noticed.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Conversation } from '../../../src/demo/mattermost/conversation.ts';
import type { ControllerProcess } from '../../support/controller-process.ts';

/** Small enough to see an interruption, large enough to leave the processor to what is tested. */
const BETWEEN_REQUESTS_MS = 10;
/** Who has no answer by then has none: a busy machine takes seconds. */
const ANSWER_MS = 20_000;

export type TrafficReport = { readonly failures: readonly string[]; readonly socket: 'open' | 'closed' };

export class SteadyTraffic {
  /** Requests that were answered with 200. */
  served = 0;
  readonly #failures: string[] = [];
  readonly #controller: ControllerProcess;
  readonly #host: string;
  readonly #conversation: Conversation;
  readonly #done: Promise<void>;
  #isStopped = false;

  private constructor(controller: ControllerProcess, host: string, conversation: Conversation) {
    this.#controller = controller;
    this.#host = host;
    this.#conversation = conversation;
    this.#done = this.#run();
  }

  /** Begins when the WebSocket is open; rejects where the host does not accept one. */
  static async start(controller: ControllerProcess, host: string): Promise<SteadyTraffic> {
    return new SteadyTraffic(controller, host, await controller.open(host));
  }

  /** The node that has the WebSocket. */
  get node(): string {
    return this.#conversation.node;
  }

  /** Resolves when so many more requests were served, which also says that time has passed. */
  async more(count: number): Promise<void> {
    const wanted = this.served + count;
    while (this.served < wanted && this.#failures.length === 0) await pause(BETWEEN_REQUESTS_MS);
  }

  /** What happened; the WebSocket is tried with a ping before it is closed. */
  async stop(): Promise<TrafficReport> {
    this.#isStopped = true;
    await this.#done;
    const { socket } = this.#conversation;
    const isOpen = socket.readyState === socket.OPEN && (await isAnswering(this.#conversation));
    socket.terminate();
    return { failures: this.#failures, socket: isOpen ? 'open' : 'closed' };
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        const { status } = await this.#controller.get(this.#host, '/api/v4/system/ping', {
          timeoutMs: ANSWER_MS,
        });
        if (status === 200) this.served++;
        else this.#failures.push(`answered with ${status}`);
      } catch (error) {
        this.#failures.push(String(error));
      }
      await pause(BETWEEN_REQUESTS_MS);
    }
  }
}

async function isAnswering({ socket }: Conversation): Promise<boolean> {
  const answered = once(socket, 'pong', { signal: AbortSignal.timeout(ANSWER_MS) });
  socket.ping();
  return answered.then(
    () => true,
    () => false,
  );
}
