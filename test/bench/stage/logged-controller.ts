// A controller whose log is read as it comes: it says which ports it was given, and when a change is served.
import { hasFields, LogLines } from '../../support/log-lines.ts';
import { MetricsText } from '../../support/metrics-text.ts';
import { runCommand } from './controller.ts';
import type { Target } from './load-generator.ts';
import { cpuUsOf } from './process-cost.ts';
import type { ProcessSet, ReadableChild } from './process-set.ts';

const MAX_WAIT_MS = 120_000;
/** Of pino; more is worse. */
const INFO_LEVEL = 30;
export type NodeOptions = {
  readonly nodeFlags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
};

/** One change, from the moment it was made until all workers serve it. */
export type ServedChange = { readonly servedMs: number; readonly cpuMs: number };

export class LoggedController {
  readonly target: Target;
  readonly #processes: ProcessSet;
  readonly #child: ReadableChild;
  readonly #log: LogLines;
  readonly #adminPort: number;

  private constructor(
    processes: ProcessSet,
    child: ReadableChild,
    log: LogLines,
    started: Readonly<Record<string, unknown>>,
  ) {
    this.#processes = processes;
    this.#child = child;
    this.#log = log;
    const { adminPort, ports } = started as { adminPort: number; ports: Record<string, number> };
    this.#adminPort = adminPort;
    this.target = {
      name: 'ours',
      plainPort: ports['http'] ?? 0,
      tlsPort: ports['https'] ?? 0,
      processId: child.pid ?? 0,
    };
  }

  /** @param flags of `run`, without dashes */
  static async start(
    processes: ProcessSet,
    flags: Readonly<Record<string, string>>,
    { nodeFlags = [], environment = {} }: NodeOptions = {},
  ): Promise<LoggedController> {
    const { file, args } = runCommand(flags);
    const child = processes.spawnReadable({ file, args: [...nodeFlags, ...args], environment });
    const log = new LogLines(MAX_WAIT_MS);
    child.stdout.setEncoding('utf8').on('data', (text: string) => log.push(text));
    processes.addWitness(() => warningsIn(log).join(''));
    const started = await log.wait(hasFields({ msg: 'controller started' }));
    return new LoggedController(processes, child, log, started);
  }

  /** Makes a change and waits until all workers serve it. */
  async follow(change: () => void): Promise<ServedChange> {
    const before = this.#served;
    const { processId } = this.target;
    const cpuUs = cpuUsOf(processId);
    const startMs = performance.now();
    change();
    await this.#log.wait(
      (line) => line['msg'] === 'configuration served' && Number(line['generation']) > before,
    );
    return { servedMs: performance.now() - startMs, cpuMs: (cpuUsOf(processId) - cpuUs) / 1000 };
  }

  /** Lines of its log that tell of trouble. */
  get warnings(): readonly string[] {
    return warningsIn(this.#log);
  }

  async metrics(): Promise<MetricsText> {
    const answer = await fetch(`http://127.0.0.1:${this.#adminPort}/metrics`);
    return new MetricsText(await answer.text());
  }

  stop(): Promise<void> {
    return this.#processes.stop(this.#child);
  }

  get #served(): number {
    const lines = this.#log.all.filter(({ msg }) => msg === 'configuration served');
    return Number(lines.at(-1)?.['generation'] ?? 0);
  }
}

function warningsIn(log: LogLines): readonly string[] {
  const warnings = log.all.filter(({ level }) => Number(level) > INFO_LEVEL);
  return warnings.map((line) => `${JSON.stringify(line)}\n`);
}
