// A real Prometheus, for tests that ask it questions about a controller.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { request } from '../../src/demo/mattermost/session.ts';
import { freePort } from './ports.ts';
import { eventually } from './eventually.ts';

const PROGRAM = 'prometheus';
/** A test waits for two scrapes, not for minutes. */
const SCRAPE_INTERVAL = '500ms';

export type Series = { readonly labels: Readonly<Record<string, string>>; readonly value: number };
type RuleHealth = { readonly name: string; readonly health: string; readonly lastError?: string };

type Answer<Data> = { readonly status: string; readonly error?: string; readonly data: Data };
type Vector = {
  readonly resultType: string;
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: [number, string];
  }[];
};

export class PrometheusProcess {
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #url: string;

  private constructor(child: ChildProcess, folder: string, port: number) {
    this.#child = child;
    this.#folder = folder;
    this.#url = `http://127.0.0.1:${port}`;
  }

  /** Why there can be none on this machine; undefined where there can. */
  static missing(): string | undefined {
    return spawnSync(PROGRAM, ['--version']).error === undefined ? undefined : `${PROGRAM} is not installed`;
  }

  /** Resolves when it answers. @param config as in its file, but for how often it looks */
  static async start(config: Readonly<Record<string, unknown>>): Promise<PrometheusProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
    const global = { scrape_interval: SCRAPE_INTERVAL, evaluation_interval: SCRAPE_INTERVAL };
    writeFileSync(join(folder, 'prometheus.yml'), stringify({ ...config, global }));
    // It does not say which port it was given.
    const port = await freePort();
    const child = spawn(
      PROGRAM,
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const prometheus = new PrometheusProcess(child, folder, port);
    try {
      await eventually(async () => {
        if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}`);
        const { status } = await request({ url: `${prometheus.#url}/-/ready` });
        if (status !== 200) throw new Error(`Prometheus is not ready: ${status}`);
      });
    } catch (error) {
      await prometheus.stop();
      throw error;
    }
    return prometheus;
  }

  /** Rejects with its complaint about an expression it cannot evaluate. */
  async query(expr: string): Promise<readonly Series[]> {
    const { result } = await this.#ask<Vector>(`/api/v1/query?query=${encodeURIComponent(expr)}`);
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** What it thinks of each rule it has evaluated. */
  async rules(): Promise<readonly RuleHealth[]> {
    const { groups } = await this.#ask<{ groups: readonly { rules: readonly RuleHealth[] }[] }>(
      '/api/v1/rules',
    );
    return groups.flatMap(({ rules }) => rules);
  }

  /** What went wrong with the last scrape of each target; empty where nothing did. */
  async scrapeErrors(): Promise<readonly string[]> {
    const { activeTargets } = await this.#ask<{
      activeTargets: readonly { health: string; lastError: string }[];
    }>('/api/v1/targets');
    return activeTargets.map(({ health, lastError }) => (health === 'up' ? '' : `${health} ${lastError}`));
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit');
      this.#child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #ask<Data>(path: string): Promise<Data> {
    const { body } = await request({ url: `${this.#url}${path}` });
    const { status, error, data } = JSON.parse(body.toString()) as Answer<Data>;
    if (status !== 'success') throw new Error(error);
    return data;
  }
}
