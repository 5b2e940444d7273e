// Reaches into the worker threads of a running controller by Node's inspector: the one way to break just one of them.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { ControllerProcess } from './controller-process.ts';

/** The option of node that opens the inspector; what it then prints begins so. */
export const INSPECT = '--inspect=127.0.0.1:0';
const LISTENING = /^Debugger listening on (\S+)/m;

type Message = {
  readonly method?: string;
  readonly params?: { readonly sessionId?: string };
};

export class WorkerThreads {
  readonly #socket: WebSocket;
  readonly #sessions: string[] = [];
  #seen = 0;
  #last = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      const { method, params } = JSON.parse(data.toString()) as Message;
      if (method === 'NodeWorker.attachedToWorker') {
        this.#sessions.push(params?.sessionId ?? '');
        this.#seen += 1;
      }
      if (method === 'NodeWorker.detachedFromWorker') {
        this.#sessions.splice(this.#sessions.indexOf(params?.sessionId ?? ''), 1);
      }
    });
  }

  /** Attaches to a controller that was started with INSPECT. */
  static async attach(controller: ControllerProcess): Promise<WorkerThreads> {
    const [, url] = LISTENING.exec(controller.stderr) ?? [];
    if (url === undefined) throw new Error('The controller was started without an inspector');
    const socket = new WebSocket(url);
    await once(socket, 'open');
    const threads = new WorkerThreads(socket);
    threads.#send('NodeWorker.enable', { waitForDebuggerOnStart: false });
    return threads;
  }

  /** Threads that live now. */
  get count(): number {
    return this.#sessions.length;
  }

  /** All threads that ever lived; each is told of behind the ends of those before it. */
  get seen(): number {
    return this.#seen;
  }

  /** Runs an expression in the oldest thread; its value is not asked for. */
  run(expression: string): void {
    const [sessionId] = this.#sessions;
    if (sessionId === undefined) throw new Error('There is no worker thread');
    const message = JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } });
    this.#send('NodeWorker.sendMessageToWorker', { sessionId, message });
  }

  detach(): void {
    this.#socket.terminate();
  }

  #send(method: string, params: object): void {
    this.#last += 1;
    this.#socket.send(JSON.stringify({ id: this.#last, method, params }));
  }
}
