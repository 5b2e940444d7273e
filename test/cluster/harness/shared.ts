// What the global setup gave to all test files.
import { inject } from 'vitest';
import { Cluster } from './cluster.ts';
import { ControlPlane } from './control-plane.ts';

/** The cluster that all test files share: it has controllers and our CRD. Each file closes its own view of it. */
export function sharedCluster(): Cluster {
  const { access, tools } = inject('cluster');
  return new Cluster(access, tools);
}

/** A control plane that a test may stop, pause and rob of its CRD; takes about three seconds. */
export async function ownCluster(options: { readonly hasControllers: boolean }) {
  const { tools } = inject('cluster');
  const plane = await ControlPlane.start(tools, options);
  const cluster = new Cluster(plane.access, tools);
  const stop = async () => {
    await cluster.close();
    await plane.stop();
  };
  return { plane, cluster, stop };
}
