// Mattermost as its operator and its charts install it: the objects of the golden cases, with pods behind them.
import { join } from 'node:path';
import { makeCertificate } from '../support/certificates.ts';
import { tlsSecret } from '../support/manifest-builders.ts';
import { readCase, type YamlObject } from '../golden/case-file.ts';
import type { Draft, Fields } from './harness/kube-api.ts';
import type { Namespace } from './harness/namespace.ts';

const GOLDEN = join(import.meta.dirname, '../golden');
/** What a golden case invents: the API server and its controllers make these themselves. */
const MADE_BY_OTHERS = new Set(['EndpointSlice', 'IngressClass', 'MattermostIngressPolicy']);

export type Installed = {
  /** Of the Ingress, of the Service and of the Deployment. */
  readonly name: string;
  readonly hosts: readonly string[];
  /** PEM to trust; undefined without TLS. */
  readonly ca: string | undefined;
};

/** Applies the objects of a golden case, with hosts that nobody else has, and a Deployment that the Service selects. */
export async function installMattermost(
  namespace: Namespace,
  golden: string,
  replicas: number,
): Promise<Installed> {
  const { objects } = readCase(join(GOLDEN, `${golden}.yaml`));
  const own = objects.filter(({ kind }) => !MADE_BY_OTHERS.has(String(kind)));
  const renamed = JSON.stringify(own).replaceAll('.example.com', `.${namespace.name}.example.com`);
  const drafts = (JSON.parse(renamed) as readonly YamlObject[]).map(withoutAge);
  const byKind = (kind: string) => drafts.find((draft) => draft['kind'] === kind) ?? {};
  const ingress = byKind('Ingress');
  const { rules } = ingress['spec'] as { readonly rules: readonly { readonly host: string }[] };
  const hosts = rules.map(({ host }) => host);
  const service = selecting(byKind('Service'));
  await namespace.apply(service, deploymentOf(service, replicas), ingress);
  const { name } = ingress['metadata'] as { readonly name: string };
  const wanted = byKind('Secret')['metadata'] as { readonly name: string } | undefined;
  if (wanted === undefined) return { name, hosts, ca: undefined };
  const pair = await makeCertificate(...hosts);
  await namespace.apply(tlsSecret(wanted.name, pair));
  return { name, hosts, ca: pair.certificate };
}

function withoutAge({ metadata, ...rest }: YamlObject): Draft {
  const { creationTimestamp: _age, ...kept } = metadata as Fields;
  return { ...rest, metadata: kept };
}

/** The charts select by a label that golden cases leave out. */
function selecting(service: Draft): Draft {
  const { labels } = service['metadata'] as Fields;
  return { ...service, spec: { selector: labels, ...(service['spec'] as Fields) } };
}

function deploymentOf(service: Draft, replicas: number): Draft {
  const { name } = service['metadata'] as { readonly name: string };
  const { selector: labels } = service['spec'] as Fields;
  const ports = [
    { name: 'app', containerPort: 8065 },
    { name: 'metrics', containerPort: 8067 },
  ];
  const containers = [{ name: 'mattermost', image: 'local/mattermost:1', ports }];
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  };
}
