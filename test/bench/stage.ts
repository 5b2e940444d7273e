// What stands on both sides of the proxies of a run: one backend, one load generator, and the proxies themselves.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { BackendReady, LoadOrder, LoadResult, Order, Reply } from './load/messages.ts';
import type { ProcessSet } from './process-set.ts';
import type { ProxyKind } from './proxies.ts';

export type RunningProxy = {
  readonly kind: ProxyKind;
  readonly port: number;
  readonly processId: number;
  stop(): Promise<void>;
};

/** What a turn asks for, whichever proxy has it. */
export type Load = Omit<LoadOrder, 'port' | 'processId'>;

const START_TIMEOUT_MS = 15_000;
const RETRY_MS = 20;

export class Stage {
  readonly #processes: ProcessSet;
  readonly #generator: ChildProcess;
  readonly #backendPort: number;
  #starts = 0;

  private constructor(processes: ProcessSet, generator: ChildProcess, backendPort: number) {
    this.#processes = processes;
    this.#generator = generator;
    this.#backendPort = backendPort;
  }

  static async open(processes: ProcessSet): Promise<Stage> {
    const backend = processes.fork(new URL('./load/backend.ts', import.meta.url));
    const generator = processes.fork(new URL('./load/generator.ts', import.meta.url));
    const { port } = await nextMessage<BackendReady>(backend);
    return new Stage(processes, generator, port);
  }

  /** Resolves when it serves, with undefined where it is not installed; rejects when it does not come up. */
  async start(kind: ProxyKind): Promise<RunningProxy | undefined> {
    const folder = join(this.#processes.folder, `${kind.key}-${this.#starts++}`);
    mkdirSync(folder);
    const port = await freePort();
    const command = kind.command({ listenPort: port, backendPort: this.#backendPort, folder });
    if (command === undefined) return undefined;
    const child = this.#processes.spawn(command.file, command.args);
    await untilServing(kind.name, child, port);
    return { kind, port, processId: child.pid ?? 0, stop: () => this.#processes.stop(child) };
  }

  /** One turn of a proxy. */
  async load(proxy: RunningProxy, load: Load): Promise<LoadResult> {
    const { port, processId } = proxy;
    const reply = await this.#ask(proxy, { ...load, port, processId });
    if (reply.kind !== 'measured') throw new Error(`The load generator answered ${reply.kind}`);
    return reply.result;
  }

  /** Opens that many more WebSockets through a proxy; none at all closes every one. */
  async hold(proxy: RunningProxy, sockets: number): Promise<void> {
    await this.#ask(proxy, { kind: 'hold', port: proxy.port, sockets });
  }

  async #ask(proxy: RunningProxy, order: Order): Promise<Reply> {
    const answer = nextMessage<Reply>(this.#generator);
    this.#generator.send(order);
    const reply = await answer;
    if (reply.kind === 'failed') throw new Error(`${proxy.kind.name}: ${reply.message}`);
    return reply;
  }
}

/** Rejects when the process ends instead of saying something. */
async function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  const ended = Promise.withResolvers<never>();
  const onExit = (code: number | null): void =>
    ended.reject(new Error(`A process of the load ended with ${code}`));
  child.once('exit', onExit);
  const [message] = (await Promise.race([once(child, 'message'), ended.promise])) as [Message];
  child.off('exit', onExit);
  return message;
}

/** HAProxy and nginx cannot be asked which port they were given, so all proxies are told one that was free just now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function untilServing(name: string, child: ChildProcess, port: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += RETRY_MS) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode} at its start`);
    if (await isAccepting(port)) return;
    await pause(RETRY_MS);
  }
  throw new Error(`${name} does not accept connections after ${START_TIMEOUT_MS / 1000} s`);
}

function isAccepting(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
