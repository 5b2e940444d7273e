// A controller as users run it: `run` as a process of its own, by default on a folder that a test writes to.
// Waits are for lines of its log, never for time: a change is over when the log says that all workers serve it.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Conversation } from '../../src/demo/mattermost/conversation.ts';
import {
  openWebSocket,
  type Reply,
  request,
  type RequestOptions,
} from '../../src/demo/mattermost/session.ts';
import { eventually } from './eventually.ts';
import { type Fits, hasFields, type LogLine, LogLines } from './log-lines.ts';
import { type Manifest, yamlOf } from './manifest-builders.ts';
import { MetricsText } from './metrics-text.ts';
import type { RawTarget } from './raw-client.ts';

const PROGRAM = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const DEFAULTS: Readonly<Record<string, string>> = {
  'bind-address': '127.0.0.1',
  'http-port': '0',
  'https-port': '0',
  'admin-address': '127.0.0.1',
  'admin-port': '0',
  workers: '2',
  'shutdown-delay': '0',
  'drain-timeout': '10s',
};
const TROUBLE: ReadonlySet<unknown> = new Set([
  'worker failed',
  'worker ended and is replaced',
  'worker is silent and is terminated',
  'translation failed; the last configuration stays',
  'manifests cannot be watched',
]);

export type ControllerOptions = {
  /** Options of `run` by name, without dashes; they replace the defaults of the tests. */
  readonly flags?: Readonly<Record<string, string>>;
  /** The options that say where objects come from; the folder by default. */
  readonly source?: Readonly<Record<string, string>>;
  /** Objects the folder holds at the start. */
  readonly objects?: readonly Manifest[];
  /** Options of node itself. */
  readonly nodeFlags?: readonly string[];
  /** Variables beside the few it always has. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The command that starts it, before its own; it must become the program, so that a signal reaches it. */
  readonly starter?: readonly string[];
};

/** A request to a site: the host decides, wherever the controller listens. */
export type Ask = Pick<RequestOptions, 'method' | 'headers' | 'body' | 'target' | 'agent' | 'timeoutMs'> & {
  /** Source address. */
  readonly from?: string;
  /** PEM of the authority that signed the site's certificate; given, the request goes over TLS. */
  readonly ca?: string;
};

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

type Child = ChildProcessByStdio<null, Readable, Readable>;
type Listener = 'http' | 'https' | 'legacyHttps';

export class ControllerProcess {
  readonly folder: string;
  readonly log = new LogLines();
  /** Everything printed so far. */
  stdout = '';
  stderr = '';
  readonly exit: Promise<Exit>;
  readonly #child: Child;
  #started: LogLine = {};
  #servedBeforeWrite = 0;

  private constructor(controllerOptions: ControllerOptions) {
    const { flags, source, objects = [], nodeFlags = [], starter = [], environment } = controllerOptions;
    this.folder = mkdtempSync(join(tmpdir(), 'controller-'));
    if (objects.length > 0) this.write('start.yaml', yamlOf(...objects));
    const options = Object.entries({ ...DEFAULTS, ...(source ?? { manifests: this.folder }), ...flags });
    const args = options.flatMap(([name, value]) => [`--${name}`, value]);
    const [program = '', ...rest] = [...starter, process.execPath, ...nodeFlags, PROGRAM, 'run', ...args];
    this.#child = spawn(program, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Neither options nor a kubeconfig of whoever runs the tests.
      env: { PATH: process.env['PATH'], HOME: this.folder, ...environment },
    });
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.log.push(text);
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exit = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  /** Resolves when it serves; rejects with what it said when it ends instead. */
  static async start(options: ControllerOptions = {}): Promise<ControllerProcess> {
    const controller = new ControllerProcess(options);
    const ended = controller.exit.then(({ code }) => {
      throw new Error(`The controller ended with ${code}: ${controller.stderr}`);
    });
    try {
      controller.#started = await Promise.race([
        controller.log.wait(hasFields({ msg: 'controller started' })),
        ended,
      ]);
    } catch (error) {
      await controller.destroy();
      throw error;
    }
    return controller;
  }

  // === the folder ===

  /** Writes a file as it is; `settled` waits for its effect. */
  write(file: string, text: string): void {
    this.#servedBeforeWrite = this.served;
    const path = join(this.folder, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  remove(file: string): void {
    this.#servedBeforeWrite = this.served;
    rmSync(join(this.folder, file));
  }

  /** Resolves when all workers serve a configuration made after the last write; it must have changed something. */
  async settled(): Promise<void> {
    const before = this.#servedBeforeWrite;
    await this.log.wait((line) => generationOf(line) > before);
  }

  /** Writes a file and waits until it is served. */
  async apply(file: string, ...objects: readonly Manifest[]): Promise<void> {
    this.write(file, yamlOf(...objects));
    await this.settled();
  }

  /** The newest generation that all workers serve. */
  get served(): number {
    return this.log.all.reduce((newest, line) => Math.max(newest, generationOf(line)), 0);
  }

  // === traffic ===

  /** The port that a listener was given. */
  port(listener: Listener): number {
    const { ports } = this.#started as { readonly ports: Readonly<Record<string, number>> };
    const port = ports[listener];
    if (port === undefined) throw new Error(`No listener ${listener} was opened`);
    return port;
  }

  get(host: string, path: string, ask: Ask = {}): Promise<Reply> {
    return request({ ...ask, ...this.#via(ask), url: `${schemeOf(ask)}://${host}${path}` });
  }

  /** Opens a WebSocket; rejects with UpgradeRefused for any other answer. */
  open(host: string, ask: Ask & { readonly path?: string } = {}): Promise<Conversation> {
    const { path = '/api/v4/websocket' } = ask;
    return openWebSocket({ ...ask, ...this.#via(ask), url: `${schemeOf(ask)}://${host}${path}` });
  }

  /** Where bare sockets go; a server name asks for TLS. */
  raw(options: { readonly from?: string; readonly serverName?: string } = {}): RawTarget {
    return { port: this.port(options.serverName === undefined ? 'http' : 'https'), ...options };
  }

  #via({ ca, from }: Ask) {
    const port = this.port(ca === undefined ? 'http' : 'https');
    return {
      connectTo: { address: '127.0.0.1', port },
      ...(from === undefined ? {} : { localAddress: from }),
    };
  }

  // === what it says ===

  get adminPort(): number {
    return (this.#started as { readonly adminPort: number }).adminPort;
  }

  admin(path: string): Promise<Reply> {
    return request({ url: `http://127.0.0.1:${this.adminPort}${path}` });
  }

  async metrics(): Promise<MetricsText> {
    const { status, body } = await this.admin('/metrics');
    if (status !== 200) throw new Error(`A scrape was answered with ${status}: ${body.toString()}`);
    return new MetricsText(body.toString());
  }

  /** Scrapes until the check passes: workers count at once, but a new series is announced a moment later. */
  expectMetrics(check: (metrics: MetricsText) => void): Promise<void> {
    return eventually(async () => check(await this.metrics()));
  }

  /** The first line of the log with these fields, past or coming. */
  logged(fields: LogLine | Fits, after = 0): Promise<LogLine> {
    return this.log.wait(typeof fields === 'function' ? fields : hasFields(fields), after);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  // === its end ===

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it at once and removes its folder. @returns what no healthy run has in its log */
  async destroy(): Promise<readonly string[]> {
    this.signal('SIGKILL');
    await this.exit;
    rmSync(this.folder, { recursive: true, force: true });
    const trouble = this.log.all.filter(({ msg }) => TROUBLE.has(msg)).map((line) => JSON.stringify(line));
    return this.stderr === '' ? trouble : [...trouble, this.stderr];
  }
}

/** Starts a program that may open so many descriptors. */
export function withDescriptors(count: number): readonly string[] {
  return ['sh', '-c', `ulimit -n ${count} && exec "$@"`, 'sh'];
}

function schemeOf({ ca }: Ask): 'http' | 'https' {
  return ca === undefined ? 'http' : 'https';
}

function generationOf({ msg, generation }: LogLine): number {
  return msg === 'configuration served' && typeof generation === 'number' ? generation : 0;
}
