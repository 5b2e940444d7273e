// A rolling restart of nodes on servers that no one here wrote, under clients that keep their connections and cookies:
// no request is lost that could have been sent again.
import { afterEach, describe, expect, test } from 'vitest';
import type { ControllerProcess } from '../support/controller-process.ts';
import { eventually } from '../support/eventually.ts';
import { KeepAliveClient } from '../support/keep-alive-client.ts';
import { foreignKinds, type ForeignNode, ForeignNodes } from '../support/foreign-node.ts';
import { type EndpointPlace, hostOf, site } from '../support/manifest-builders.ts';
import { Scene } from '../support/scene.ts';

const NODES = 3;
const CLIENTS = 24;
/** Requests of each client between two events. */
const WHILE = 6;
const TIMEOUT_MS = 90_000;
const SITE = 'foreign';
const BACKEND = { healthCheck: { path: '/ping', interval: '1s' } };

type Pod = { readonly node: ForeignNode; readonly place: EndpointPlace };

let scene = new Scene();
afterEach(async () => {
  await scene.end();
  scene = new Scene();
});

/** Pods of one kind behind a site, under clients. */
class Deployment {
  readonly #nodes: ForeignNodes;
  readonly #controller: ControllerProcess;
  readonly #pods: Pod[] = [];
  readonly #clients: KeepAliveClient[] = [];
  #born = 0;

  constructor(nodes: ForeignNodes, controller: ControllerProcess) {
    this.#nodes = nodes;
    this.#controller = controller;
  }

  async start(): Promise<void> {
    for (let at = 0; at < NODES; at++) this.#pods.push(await this.#bear());
    await this.#publish();
    for (let at = 0; at < CLIENTS; at++)
      this.#clients.push(new KeepAliveClient(this.#controller, hostOf(SITE), `127.0.2.${at + 1}`));
    await this.#goOn();
  }

  /** One pod after the other, each after its successor. @param isAnnounced whether Kubernetes is first or the signal */
  async restart(isAnnounced: boolean): Promise<void> {
    for (const [at, pod] of this.#pods.entries()) {
      const next = await this.#bear();
      if (!isAnnounced) await pod.node.terminate();
      this.#pods[at] = { ...pod, place: { ...pod.place, ready: false, serving: true, terminating: true } };
      await this.#publish();
      await this.#goOn();
      if (isAnnounced) await pod.node.terminate();
      await this.#goOn();
      this.#pods[at] = next;
      await this.#publish();
      await this.#goOn();
    }
  }

  async end(): Promise<readonly KeepAliveClient[]> {
    await Promise.all(this.#clients.map((client) => client.stop()));
    return this.#clients;
  }

  async #goOn(): Promise<void> {
    const before = this.#clients.map(({ requests }) => requests);
    await eventually(() => {
      for (const [at, { requests }] of this.#clients.entries())
        expect(requests).toBeGreaterThanOrEqual((before[at] ?? 0) + WHILE);
    });
  }

  async #bear(): Promise<Pod> {
    const node = await this.#nodes.start(`node-${++this.#born}`);
    return { node, place: node.place };
  }

  async #publish(): Promise<void> {
    const places = this.#pods.map(({ place }) => place);
    await this.#controller.apply(`${SITE}.yaml`, ...site(SITE, places, { backend: BACKEND }));
  }
}

const ANNOUNCED = { order: 'Kubernetes tells of it first', isAnnounced: true };
const SURPRISING = { order: 'the signal comes first', isAnnounced: false };
const rows = foreignKinds.flatMap((kind) =>
  [ANNOUNCED, ...(kind.endsSoon ? [SURPRISING] : [])].map((order) => ({ ...order, kind, name: kind.name })),
);

describe('a rolling restart', { timeout: TIMEOUT_MS }, () => {
  test.for(rows)('$name: $order', async ({ kind, isAnnounced }, context) => {
    const absence = ForeignNodes.absence(kind);
    if (absence !== undefined) context.skip(absence);
    const nodes = new ForeignNodes(kind);
    scene.add(nodes);
    const deployment = new Deployment(nodes, await scene.controller());
    await deployment.start();
    await deployment.restart(isAnnounced);
    const clients = await deployment.end();
    const failures = clients.flatMap((client) => client.failures);
    // What was given to a node that then ended may be lost, and is never given to another one.
    for (const { status, reason } of failures)
      expect([status, reason]).toEqual([502, 'closed-before-response']);
    if (isAnnounced) expect(failures.filter(({ method }) => method !== 'POST')).toEqual([]);
    // One request of each client is under way when a node ends, however many there are in all.
    expect(failures.length).toBeLessThanOrEqual(CLIENTS * NODES);
    const seen = new Set(clients.flatMap((client) => [...client.nodes]));
    expect(seen.size).toBeGreaterThan(NODES);
  });
});
