// A whole site without pods: policy, Service, a slice written by hand, and a fake Mattermost node at its address.
import type { MattermostNode } from '../../../src/demo/mattermost/node.ts';
import { site } from '../../support/manifest-builders.ts';
import type { Scene } from '../../support/scene.ts';
import { startAnywhere } from './addresses.ts';
import type { Namespace } from './namespace.ts';

const PORT = 8065;
/** Nobody logs in at these nodes; a real one would cut their WebSockets after 5 s. */
const timing = { authenticationMs: 600_000 };

/** Applies a site of one node; its host is NAME.example.com. */
export async function applySite(scene: Scene, namespace: Namespace, name: string): Promise<MattermostNode> {
  const { address, process: node } = await startAnywhere((drawn) =>
    scene.node(`${name}-0`, { address: drawn, port: PORT, timing }),
  );
  await namespace.apply(...site(name, [{ name: node.name, address, port: PORT }]));
  return node;
}
