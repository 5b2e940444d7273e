// Before the first cluster test: the control plane that all of them share; after the last one: its end.
import { networkInterfaces } from 'node:os';
import type { TestProject } from 'vitest/node';
import { Cluster } from './harness/cluster.ts';
import { ControlPlane } from './harness/control-plane.ts';
import type { Access } from './harness/credentials.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly cluster: {
      readonly access: Access;
      /** Folder with kube-apiserver, kubectl, helm and the like. */
      readonly tools: string;
    };
  }
}

/** Rejects outside of the network namespace that scripts/cluster-run.ts makes. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const tools = process.env['CLUSTER_TOOLS'];
  const isIsolated = networkInterfaces()['lo']?.some(({ address }) => address.startsWith('10.244.'));
  if (!tools || !isIsolated) throw new Error('Run the cluster tests with: npm run test:cluster');
  const plane = await ControlPlane.start(tools, { hasControllers: true });
  const cluster = new Cluster(plane.access, tools);
  try {
    await cluster.installCrd();
  } catch (error) {
    await plane.stop();
    throw error;
  } finally {
    await cluster.close();
  }
  project.provide('cluster', { access: plane.access, tools });
  return () => plane.stop();
}
