// A small site with all that the dashboard tells of: three nodes, admission, a certificate, WebSockets, refusals.
import type { Conversation } from '../../src/demo/mattermost/conversation.ts';
import type { MattermostNode } from '../../src/demo/mattermost/node.ts';
import { login } from '../../src/demo/mattermost/session.ts';
import { makeCertificate } from './certificates.ts';
import type { ControllerOptions, ControllerProcess } from './controller-process.ts';
import { type EndpointPlace, hostOf, type Manifest, secret, site, tlsSecret } from './manifest-builders.ts';
import { ALICE, Scene } from './scene.ts';

export const HOST = hostOf('chat');
const NODES = ['mattermost-0', 'mattermost-1', 'mattermost-2'];
const HEADER = { 'X-Preauth': 'a-secret-of-the-managed-app' };
/** A client in the office, by its address. */
const OFFICE = '127.0.1.9';

export class DashboardScene {
  readonly scene = new Scene();
  readonly controller: ControllerProcess;
  readonly nodes: readonly MattermostNode[];
  readonly #ca: string;
  readonly #manifests: (places: readonly EndpointPlace[]) => readonly Manifest[];

  private constructor(parts: Parts) {
    this.scene = parts.scene;
    this.controller = parts.controller;
    this.nodes = parts.nodes;
    this.#ca = parts.ca;
    this.#manifests = parts.manifests;
  }

  static async start(options: ControllerOptions = {}): Promise<DashboardScene> {
    const scene = new Scene();
    const nodes = await scene.nodes(...NODES);
    const pair = await makeCertificate(HOST);
    const manifests = (places: readonly EndpointPlace[]) => [
      ...site('chat', places, {
        route: { tls: { secretName: 'chat-tls' } },
        admission: {
          defaultAction: 'Deny',
          rules: [
            { name: 'office', action: 'Allow', sourceCIDRs: ['127.0.1.0/24'] },
            {
              name: 'managed-app',
              action: 'Allow',
              headers: [{ name: 'X-Preauth', secretRef: { name: 'preauth' } }],
            },
          ],
        },
        // Everybody goes where there is most room, and a drain takes long enough to be looked at.
        sessionPersistence: { type: 'None' },
        websocket: { reconnects: { perSecond: 1, maxSpread: '60s' } },
        backend: { slowStart: '0s' },
      }),
      secret('preauth', { current: HEADER['X-Preauth'] }),
      tlsSecret('chat-tls', pair),
    ];
    const objects = manifests(nodes.map(({ name, port }) => ({ name, port })));
    const controller = await scene.controller({ objects, ...options });
    return new DashboardScene({ scene, controller, nodes, manifests, ca: pair.certificate });
  }

  /** Kubernetes begins to stop the node. */
  async drain(name: string): Promise<void> {
    const places = this.nodes.map((node) => ({
      name: node.name,
      port: node.port,
      terminating: node.name === name,
    }));
    await this.controller.apply('start.yaml', ...this.#manifests(places));
  }

  /** The node fails its readiness probe: it is no longer in the Service. */
  async leave(name: string): Promise<void> {
    const stay = this.nodes.filter((node) => node.name !== name);
    const places = stay.map((node) => ({ name: node.name, port: node.port }));
    await this.controller.apply('start.yaml', ...this.#manifests(places));
  }

  async openWebSockets(count: number): Promise<readonly Conversation[]> {
    const { token } = await login(`http://127.0.0.1:${this.nodes[0]?.port}`, ALICE);
    const headers = { ...HEADER, Authorization: `Bearer ${token}` };
    return Promise.all(
      Array.from({ length: count }, () => this.controller.open(HOST, { headers, ca: this.#ca })),
    );
  }

  async ask(path: string, from: 'office' | 'app' | 'stranger'): Promise<number> {
    const way = from === 'office' ? { from: OFFICE } : from === 'app' ? { headers: HEADER } : {};
    return (await this.controller.get(HOST, path, { ...way, ca: this.#ca })).status;
  }

  end(): Promise<void> {
    return this.scene.end();
  }
}

type Parts = Pick<DashboardScene, 'scene' | 'controller' | 'nodes'> & {
  readonly ca: string;
  readonly manifests: (places: readonly EndpointPlace[]) => readonly Manifest[];
};
