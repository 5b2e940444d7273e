// What the keys of the demo do: nodes leave and come back, the secret of the apps is changed, and each act says how it went.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { isReady, withConditions } from './endpoint-conditions.ts';
import { editManifest } from './manifest-files.ts';
import type { MattermostNode } from './mattermost/node.ts';
import { SECRET_HEADER } from './site.ts';
import { makeSecret, type Stage } from './stage.ts';
import type { Teller } from './tour/step.ts';
import { until } from './tour/waiting.ts';
import type { TourController } from './tour/world.ts';

const ENDPOINTS = 'endpoints.yaml';
const SECRET = 'preauth.yaml';
/** Longer than the controller takes to move everybody at its usual pace. */
const DRAIN_TIMEOUT_MS = 60_000;

export class Stagehand {
  readonly #stage: Stage;
  readonly #controller: TourController;
  readonly #teller: Teller;

  constructor(stage: Stage, controller: TourController, teller: Teller) {
    this.#stage = stage;
    this.#controller = controller;
    this.#teller = teller;
  }

  /** Takes the busiest node out as a rolling update would. */
  async drain(): Promise<void> {
    const serving = await this.#serving();
    const [node] = serving;
    if (node === undefined || serving.length < 2) return this.#tellLast(node);
    const { name, sockets } = node;
    this.#teller.note(`${name} is terminating: its ${countOf(sockets)} will be closed in turn`);
    await this.#edit(ENDPOINTS, (text) => withConditions(text, name, 'draining'));
    const startedMs = performance.now();
    const isEmpty = () => {
      this.#teller.progress(`${name} still has ${countOf(node.sockets)}`);
      return node.sockets === 0;
    };
    await until(`nobody left on ${name}`, isEmpty, DRAIN_TIMEOUT_MS);
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    this.#teller.note(
      `${name} has none left after ${seconds} s; clients come back by themselves within 3 to 5 s`,
    );
  }

  /** Ends the busiest node without a word to Kubernetes. */
  async kill(): Promise<void> {
    const [node] = await this.#serving();
    if (node === undefined) return this.#tellLast(node);
    const { name, sockets } = node;
    await this.#stage.crew.stop(name);
    this.#teller.note(`${name} is dead, and ${countOf(sockets)} with it; ${ENDPOINTS} still names it`);
    this.#teller.note(`requests that believe in it go elsewhere; u brings it back`);
  }

  /** Brings back whatever is out. */
  async bringBack(): Promise<void> {
    const { crew } = this.#stage;
    const text = await this.#read(ENDPOINTS);
    const out = crew.nodes
      .map(({ name }) => name)
      .filter((name) => crew.isStopped(name) || !isReady(text, name));
    if (out.length === 0) return this.#teller.note('all nodes are there: d drains one, k kills one');
    for (const name of out) await crew.start(name);
    const away = out.filter((name) => !isReady(text, name));
    if (away.length > 0) {
      await this.#edit(ENDPOINTS, (before) =>
        away.reduce((now, name) => withConditions(now, name, 'ready'), before),
      );
    }
    this.#teller.note(`back again: ${out.join(', ')}; whoever is on another node stays there`);
  }

  /** The first time another secret counts beside the old one, the next time the old one is taken away. */
  async rotateSecret(): Promise<void> {
    const document = parseDocument(await this.#read(SECRET));
    const data = document.toJS() as { readonly stringData: Readonly<Record<string, string>> };
    const [oldest = '', ...others] = Object.keys(data.stringData);
    if (others.length > 0) {
      document.deleteIn(['stringData', oldest]);
      await this.#edit(SECRET, () => document.toString());
      return this.#teller.note(
        `the secret "${oldest}" counts no more, and closes the WebSockets that showed it`,
      );
    }
    const name = oldest === 'next' ? 'current' : 'next';
    const secret = makeSecret();
    document.setIn(['stringData', name], secret);
    await this.#edit(SECRET, () => document.toString());
    this.#teller.note(`a second secret counts beside "${oldest}": ${SECRET_HEADER}: ${secret}`);
    this.#teller.note('press r again to take the old one away');
  }

  /** Nodes that take new clients, the one with the most WebSockets first. */
  async #serving(): Promise<readonly MattermostNode[]> {
    const { crew } = this.#stage;
    const text = await this.#read(ENDPOINTS);
    return crew.nodes
      .filter(({ name }) => !crew.isStopped(name) && isReady(text, name))
      .toSorted((a, b) => b.sockets - a.sockets);
  }

  #tellLast(node: MattermostNode | undefined): void {
    const left =
      node === undefined ? 'No node is left' : `${node.name} is the last one, and would keep its WebSockets`;
    this.#teller.note(`${left}: press u first, which brings the others back`);
  }

  #read(file: string): Promise<string> {
    return readFile(join(this.#stage.manifests, file), 'utf8');
  }

  /** Saves a change and waits until all workers serve it. */
  async #edit(file: string, change: (text: string) => string): Promise<void> {
    const generation = this.#controller.servedGeneration();
    const startedMs = performance.now();
    this.#teller.progress(`saving ${file}`);
    await editManifest(join(this.#stage.manifests, file), change);
    await until(`${file} in force`, () => this.#controller.servedGeneration() > generation);
    this.#teller.note(
      `${file} is changed, and in force after ${Math.round(performance.now() - startedMs)} ms`,
    );
  }
}

function countOf(sockets: number): string {
  return sockets === 1 ? '1 WebSocket' : `${sockets} WebSockets`;
}
