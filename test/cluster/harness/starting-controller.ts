// A controller that may have to wait before it can serve: its log and its readiness from the first moment on.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Reply, request } from '../../../src/demo/mattermost/session.ts';
import { hasFields, type LogLine, LogLines } from '../../support/log-lines.ts';

const PROGRAM = join(import.meta.dirname, '../../../src/main.ts');
const FLAGS = ['bind-address', 'admin-address'].flatMap((name) => [`--${name}`, '127.0.0.1']);
const PORTS = ['http-port', 'https-port', 'admin-port', 'shutdown-delay'].flatMap((name) => [
  `--${name}`,
  '0',
]);

export class StartingController {
  readonly log = new LogLines();
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  /** @param options further options of `run` */
  constructor(kubeconfig: string, options: readonly string[] = []) {
    const args = [
      PROGRAM,
      'run',
      '--kubeconfig',
      kubeconfig,
      '--workers',
      '1',
      ...FLAGS,
      ...PORTS,
      ...options,
    ];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'] },
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.log.push(text));
    this.#child = child;
    this.#ended = once(child, 'close');
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The status of its readiness probe. */
  async readiness(): Promise<number> {
    const { adminPort } = await this.#logged({ msg: 'reading objects' });
    return (await request({ url: `http://127.0.0.1:${String(adminPort)}/readyz` })).status;
  }

  /** Waits until it listens. */
  async get(host: string, path: string): Promise<Reply> {
    const { ports } = await this.#logged({ msg: 'controller started' });
    const { http } = ports as { readonly http: number };
    return request({ url: `http://${host}${path}`, connectTo: { address: '127.0.0.1', port: http } });
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #logged(fields: LogLine): Promise<LogLine> {
    return this.log.wait(hasFields(fields));
  }
}
