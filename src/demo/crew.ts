// The Mattermost nodes of the demo: each can be stopped, and comes back at its port, since the manifests name it.
import { type MattermostNode, startMattermostNode } from './mattermost/node.ts';
import type { Town } from './mattermost/town.ts';

export class Crew {
  readonly #town: Town;
  readonly #nodes: Map<string, MattermostNode>;
  readonly #stopped = new Set<string>();

  private constructor(town: Town, nodes: readonly MattermostNode[]) {
    this.#town = town;
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
  }

  static async gather(town: Town, names: readonly string[]): Promise<Crew> {
    return new Crew(town, await Promise.all(names.map((name) => startMattermostNode({ town, name }))));
  }

  /** All of them, stopped ones too. */
  get nodes(): readonly MattermostNode[] {
    return [...this.#nodes.values()];
  }

  isStopped(name: string): boolean {
    return this.#stopped.has(name);
  }

  /** Ends it as SIGTERM does. */
  async stop(name: string): Promise<void> {
    this.#stopped.add(name);
    await this.#nodes.get(name)?.stop();
  }

  /** Starts a stopped one again. Rejects where somebody else has taken its port. */
  async start(name: string): Promise<void> {
    const port = this.#nodes.get(name)?.port;
    if (port === undefined || !this.#stopped.has(name)) return;
    this.#nodes.set(name, await startMattermostNode({ town: this.#town, name, port }));
    this.#stopped.delete(name);
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
  }
}
