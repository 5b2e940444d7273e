// A process that makes load, as the benchmarks order it about.
import type { ChildProcess } from 'node:child_process';
import type { HoldOrder, LoadOrder, LoadResult, Order, Reply } from '../load/messages.ts';
import { nextMessage } from './next-message.ts';

/** Whom the load goes to, and whose cost is counted. */
export type Target = {
  readonly name: string;
  readonly plainPort: number;
  readonly tlsPort: number;
  readonly processId: number;
};

/** What a turn asks for, whichever proxy has it. */
export type Load = Pick<LoadOrder, 'question' | 'connections' | 'warmUpMs' | 'measuredMs'> &
  Partial<Pick<LoadOrder, 'pace' | 'toleratesFailures'>>;

export class LoadGenerator {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Resolves when it obeys, which a process takes a moment for. */
  async ready(): Promise<void> {
    await this.countHeld();
  }

  /** One turn of a proxy. */
  async load(target: Target, load: Load): Promise<LoadResult> {
    const { processId, plainPort, tlsPort } = target;
    const reply = await this.#ask(target.name, {
      kind: 'load',
      pace: { kind: 'closed' },
      toleratesFailures: false,
      ...load,
      port: load.question.transport === 'tls' ? tlsPort : plainPort,
      processId,
    });
    if (reply.kind !== 'measured') throw new Error(`The load generator answered ${reply.kind}`);
    return reply.result;
  }

  /** Ends the turn that is under way. */
  stopLoad(): void {
    this.#child.send({ kind: 'stop' } satisfies Order);
  }

  /** Opens that many more WebSockets and keeps them. */
  async hold(
    target: Target,
    { transport, sockets }: Pick<HoldOrder, 'transport' | 'sockets'>,
  ): Promise<void> {
    const port = transport === 'tls' ? target.tlsPort : target.plainPort;
    await this.#ask(target.name, { kind: 'hold', transport, port, sockets });
  }

  /** How many of the held WebSockets pass a message and its echo. */
  async countHeld(): Promise<number> {
    const reply = await this.#ask('held WebSockets', { kind: 'count' });
    return reply.kind === 'counted' ? reply.sockets : 0;
  }

  /** Ends every held WebSocket. */
  async release(): Promise<void> {
    await this.#ask('held WebSockets', { kind: 'release' });
  }

  async #ask(about: string, order: Order): Promise<Reply> {
    const answer = nextMessage<Reply>(this.#child);
    this.#child.send(order);
    const reply = await answer;
    if (reply.kind === 'failed') throw new Error(`${about}: ${reply.message}`);
    return reply;
  }
}
