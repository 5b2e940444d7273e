// Three Mattermost nodes as processes behind a controller, and what may become of each: as pods under a kubelet, whose
// endpoints follow a moment after the fact.
import { setTimeout as pause } from 'node:timers/promises';
import type { Conversation } from '../../src/demo/mattermost/conversation.ts';
import { login } from '../../src/demo/mattermost/session.ts';
import { freePort } from '../support/ports.ts';
import type { ControllerProcess } from '../support/controller-process.ts';
import { type EndpointPlace, hostOf, site } from '../support/manifest-builders.ts';
import { type NodeProcess, startNodeProcess } from '../support/node-process.ts';
import type { Door } from './crowd.ts';

const ACCOUNT = { username: 'alice', password: 'alice-password' };
export const HOST = hostOf('chat');

const SECRET = 'one town';
const FILE = 'chat.yaml';
const NODES = 3;
/** Longer than a node stands still, and than one on a busy machine takes for its thousands of logins. */
const RESPONSE_TIMEOUT = '10s';

type Pod = { readonly process: NodeProcess; readonly place: EndpointPlace };

export class Cluster implements Door {
  readonly controller: ControllerProcess;
  readonly #pods: Pod[] = [];
  readonly #parts: { readonly [part: string]: unknown };
  /** Names of nodes that were told to end, or ended, whose connections may go. */
  readonly gone = new Set<string>();
  /** What befalls a node at the moment. */
  step = 'nothing';
  #born = 0;

  private constructor(controller: ControllerProcess, parts: { readonly [part: string]: unknown }) {
    this.controller = controller;
    this.#parts = parts;
  }

  /** @param parts of the policy beside what the cluster needs */
  static async start(
    controller: ControllerProcess,
    parts: { readonly [part: string]: unknown } = {},
  ): Promise<Cluster> {
    const cluster = new Cluster(controller, parts);
    for (let at = 0; at < NODES; at++) await cluster.#bear();
    await cluster.#publish();
    return cluster;
  }

  get size(): number {
    return this.#pods.length;
  }

  /** At any node: all of them believe it. */
  async login(): Promise<string> {
    return (await login(`http://127.0.0.1:${this.#pods[0]?.place.port ?? 0}`, ACCOUNT)).token;
  }

  open(path: string, cookies: string): Promise<Conversation> {
    return this.controller.open(HOST, { path, headers: { Cookie: cookies } });
  }

  /** A WebSocket that ends while a worker does has lost its way, unless its node goes. */
  breaksTo(node: string): boolean {
    return this.step === 'worker' && !this.gone.has(node);
  }

  /** A rolling restart's step: no new users, a while to move them, SIGTERM, and another pod. */
  async replace(at: number, drainMs: number): Promise<void> {
    this.step = 'replace';
    const pod = this.#pod(at);
    this.gone.add(pod.place.name);
    this.#pods[at] = { ...pod, place: { ...pod.place, ready: false, serving: true, terminating: true } };
    await this.#publish();
    await pause(drainMs);
    await pod.process.terminate();
    await this.#replaceBy(at, await startNode(this.#nextName()));
  }

  /** The same, but the new pod has its endpoint well before it listens, as where not-ready addresses are published. */
  async replaceSlowly(at: number, drainMs: number, startMs: number): Promise<void> {
    this.step = 'slow start';
    const pod = this.#pod(at);
    this.gone.add(pod.place.name);
    const place = { name: this.#nextName(), port: await freePort() };
    this.#pods[at] = { ...pod, place };
    await this.#publish();
    await pause(drainMs);
    await pod.process.terminate();
    await pause(startMs);
    this.#pods[at] = { process: await startNode(place.name, place.port), place };
  }

  /** The machine loses power; its endpoint is there for a moment still. @param lagMs that moment */
  async kill(at: number, lagMs: number): Promise<void> {
    this.step = 'kill';
    const pod = this.#pod(at);
    this.gone.add(pod.place.name);
    await pod.process.kill();
    await pause(lagMs);
    await this.#replaceBy(at, await startNode(this.#nextName()));
  }

  /** The same, and a pod with another identity gets its address. */
  async reuse(at: number, lagMs: number): Promise<void> {
    this.step = 'reuse';
    const pod = this.#pod(at);
    this.gone.add(pod.place.name);
    await pod.process.kill();
    const next = await startNode(this.#nextName(), pod.place.port);
    await pause(lagMs);
    await this.#replaceBy(at, next);
  }

  /** It stands still for a while and then goes on where it was. */
  async freeze(at: number, forMs: number): Promise<void> {
    this.step = 'freeze';
    const { process } = this.#pod(at);
    process.freeze();
    await pause(forMs);
    process.thaw();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#pods.map(({ process }) => process.stop()));
  }

  #pod(at: number): Pod {
    const pod = this.#pods[at];
    if (pod === undefined) throw new Error(`There is no node ${at}`);
    return pod;
  }

  async #bear(): Promise<void> {
    const process = await startNode(this.#nextName());
    this.#pods.push({ process, place: process.place });
  }

  async #replaceBy(at: number, process: NodeProcess): Promise<void> {
    this.#pods[at] = { process, place: process.place };
    await this.#publish();
  }

  #nextName(): string {
    return `node-${++this.#born}`;
  }

  async #publish(): Promise<void> {
    const backend = { timeouts: { response: RESPONSE_TIMEOUT }, healthCheck: { interval: '5s' } };
    const places = this.#pods.map(({ place }) => place);
    await this.controller.apply(FILE, ...site('chat', places, { backend, ...this.#parts }));
  }
}

function startNode(name: string, port = 0): Promise<NodeProcess> {
  return startNodeProcess(name, [`${ACCOUNT.username}:${ACCOUNT.password}`], { secret: SECRET, port });
}
