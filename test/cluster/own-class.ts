// A class of its own for a test on the shared cluster: its Ingresses are nobody else's, and its controller leads alone.
import type { Cluster } from './harness/cluster.ts';
import type { Stored } from './harness/kube-api.ts';

const PATH = '/apis/networking.k8s.io/v1/ingressclasses';

export type OwnClass = {
  readonly name: string;
  readonly controllerName: string;
  /** What `run` needs for it. */
  readonly flags: Readonly<Record<string, string>>;
  stop(): Promise<void>;
};

/** @param word the name of the class begins with it */
export async function createClass(cluster: Cluster, word: string): Promise<OwnClass> {
  const body = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { generateName: `${word}-` },
  };
  const controllerName = `example.com/${word}-${Math.random().toString(36).slice(2)}`;
  const created = { ...body, spec: { controller: controllerName } };
  const { metadata } = (await cluster.api.must('POST', PATH, { body: created })) as Stored;
  const { name } = metadata;
  return {
    name,
    controllerName,
    flags: { 'controller-name': controllerName, 'ingress-class': name, 'election-id': name },
    stop: async () => void (await cluster.api.delete(`${PATH}/${name}`)),
  };
}
