// What stands on both sides of the proxies of a run: one backend, load generators, and the proxies themselves.
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { BackendOrder, BackendReady } from '../load/messages.ts';
import { writeCertificate } from './certificate-files.ts';
import { LoadGenerator, type Target } from './load-generator.ts';
import { nextMessage } from './next-message.ts';
import { freePort, untilServing } from '../../support/ports.ts';
import type { ProcessSet } from './process-set.ts';
import type { CertificateFiles, ProxyKind, Setup } from './proxy-kind.ts';

export type RunningProxy = Target & {
  readonly kind: ProxyKind;
  /** Drops what its access log has, so that a long run needs no large disk. */
  emptyLog(): void;
  stop(): Promise<void>;
};

type Backend = { readonly child: ChildProcess; readonly ready: BackendReady };

export class Stage {
  readonly files: CertificateFiles;
  readonly generator: LoadGenerator;
  readonly #processes: ProcessSet;
  readonly #backend: Backend;
  #starts = 0;

  private constructor(processes: ProcessSet, files: CertificateFiles, backend: Backend) {
    this.#processes = processes;
    this.files = files;
    this.#backend = backend;
    this.generator = this.startGenerator();
  }

  /** @param morePorts of the backend, beside the one that all proxies are told */
  static async open(processes: ProcessSet, morePorts = 0): Promise<Stage> {
    const files = await writeCertificate(processes.folder);
    const child = processes.fork(new URL('../load/backend.ts', import.meta.url), [String(morePorts)]);
    const ready = await nextMessage<BackendReady>(child);
    return new Stage(processes, files, { child, ready });
  }

  get backend(): BackendReady {
    return this.#backend.ready;
  }

  /** The backend without any proxy, to see what is the proxy's and what the machine's. */
  get backendTarget(): Target {
    const { child, ready } = this.#backend;
    return { name: 'the backend', plainPort: ready.port, tlsPort: 0, processId: child.pid ?? 0 };
  }

  endBackendWebSockets(): void {
    this.#backend.child.send('end WebSockets' satisfies BackendOrder);
  }

  /** One more of them, for loads at the same time that must not disturb each other. */
  startGenerator(): LoadGenerator {
    const program = new URL('../load/generator.ts', import.meta.url);
    return new LoadGenerator(this.#processes.fork(program, [this.files.certificate]));
  }

  /** Resolves when it serves, with undefined where it is not installed; rejects when it does not come up. */
  async start(kind: ProxyKind, setup: Setup): Promise<RunningProxy | undefined> {
    const folder = join(this.#processes.folder, `${kind.key}-${this.#starts++}`);
    mkdirSync(folder);
    const { name, hasAccessLog } = kind;
    const [plainPort, tlsPort] = [await freePort(), await freePort()];
    const place = { plainPort, tlsPort, backendPort: this.backend.port, folder, files: this.files };
    const command = kind.command({ ...place, ...setup, hasAccessLog });
    if (command === undefined) return undefined;
    const log = join(folder, 'access.log');
    const child = this.#processes.spawn(command, hasAccessLog ? log : undefined);
    await untilServing(name, child, [plainPort, tlsPort]);
    return {
      kind,
      name,
      plainPort,
      tlsPort,
      processId: child.pid ?? 0,
      emptyLog: () => {
        if (existsSync(log)) truncateSync(log);
      },
      stop: () => this.#processes.stop(child),
    };
  }
}
