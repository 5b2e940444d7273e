// All that a feature test starts: controllers, fake Mattermost nodes, backends. It ends together, and shows troubles.
import type { ListenOptions } from 'node:net';
import {
  startMattermostNode,
  type MattermostNode,
  type NodeOptions,
} from '../../src/demo/mattermost/node.ts';
import { createTown, type Town } from '../../src/demo/mattermost/town.ts';
import { type ControllerOptions, ControllerProcess } from './controller-process.ts';
import { type Script, RawBackend } from './raw-backend.ts';

/** A WebSocket that nobody signs in on stays for as long as a test takes, on however busy a machine. */
const SIGN_IN_MS = 600_000;

export const ALICE = { username: 'alice', password: 'alice-password' };
const BOB = { username: 'bob', password: 'bob-password' };

export class Scene {
  /** What all nodes of the scene share: users and sessions, never sockets. */
  readonly town: Town = createTown({ users: [ALICE, BOB] });
  readonly #parts: { stop(): Promise<unknown> }[] = [];
  readonly #controllers: ControllerProcess[] = [];

  async controller(options: ControllerOptions = {}): Promise<ControllerProcess> {
    const controller = await ControllerProcess.start(options);
    this.#controllers.push(controller);
    return controller;
  }

  async node(name: string, options: Partial<NodeOptions> = {}): Promise<MattermostNode> {
    const timing = { authenticationMs: SIGN_IN_MS, ...options.timing };
    const node = await startMattermostNode({ town: this.town, name, ...options, timing });
    this.#parts.push(node);
    return node;
  }

  nodes(...names: readonly string[]): Promise<readonly MattermostNode[]> {
    return Promise.all(names.map((name) => this.node(name)));
  }

  async backend(name: string, script: Script, at?: ListenOptions): Promise<RawBackend> {
    const backend = await RawBackend.start(name, script, at);
    this.#parts.push(backend);
    return backend;
  }

  /** Anything else that ends with the scene. */
  add(part: { stop(): Promise<unknown> }): void {
    this.#parts.push(part);
  }

  /** Ends everything; rejects when a controller had troubles that no test expected. */
  async end(expected: (trouble: string) => boolean = () => false): Promise<void> {
    const troubles = (await Promise.all(this.#controllers.map((each) => each.destroy()))).flat();
    await Promise.all(this.#parts.map((part) => part.stop()));
    const unexpected = troubles.filter((trouble) => !expected(trouble));
    if (unexpected.length > 0) throw new Error(`The controller had troubles:\n${unexpected.join('\n')}`);
  }
}
