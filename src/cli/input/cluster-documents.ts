// Ingresses and Services of a cluster, and the settings of ingress-nginx, read once and as they are, for `migrate`.
// Loaded only where a cluster is read.
import { printable } from '../../explain/wording.ts';
import { ApiClient } from '../../kube/api-client.ts';
import { failureOf } from '../../kube/api-failure.ts';
import { loadCredentials } from '../../kube/kubeconfig.ts';
import { listAll } from '../../kube/object-list.ts';
import type { JsonValue } from '../../translate/objects/json-value.ts';
import { VERSION } from '../version.ts';
import { chooseKubeconfig } from './kubeconfig-choice.ts';

export type ClusterChoice = {
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  /** All of them where absent. */
  readonly namespace: string | undefined;
  /** `namespace/name` */
  readonly configMap: string | undefined;
};

const KINDS = [
  {
    kind: 'Ingress',
    apiVersion: 'networking.k8s.io/v1',
    base: '/apis/networking.k8s.io/v1',
    plural: 'ingresses',
  },
  { kind: 'Service', apiVersion: 'v1', base: '/api/v1', plural: 'services' },
  {
    kind: 'MattermostIngressPolicy',
    apiVersion: 'mattermost-ingress.io/v1alpha1',
    base: '/apis/mattermost-ingress.io/v1alpha1',
    plural: 'mattermostingresspolicies',
  },
] as const;

/** Rejects with a message for people: which server was tried, what went wrong. @param show told of how far it is */
export async function readClusterDocuments(
  { kubeconfig, context, namespace, configMap }: ClusterChoice,
  show: (text: string) => void,
): Promise<readonly JsonValue[]> {
  const settings = configMap === undefined ? undefined : readPlace(configMap);
  const choice = chooseKubeconfig(kubeconfig, context);
  if (choice === undefined) throw new Error('There is no cluster to read: name it by --kubeconfig FILE');
  const credentials = await loadCredentials(choice);
  const api = new ApiClient({ credentials, userAgent: `mattermost-ingress/${VERSION}` });
  const { signal } = new AbortController();
  const place = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const documents: JsonValue[] = [];
  try {
    for (const kind of KINDS) {
      const path = `${kind.base}${place}/${kind.plural}`;
      await listKind(kind, { api, path, query: {}, signal }, (value) => {
        documents.push(value);
        show(`reading ${credentials.server}: ${documents.length} objects`);
      });
    }
    if (settings !== undefined) documents.push(await readConfigMap(api, settings, signal));
    return documents;
  } catch (error) {
    const { message } = failureOf(error);
    const which = credentials.context === undefined ? '' : ` (context ${credentials.context})`;
    throw new Error(`The cluster at ${credentials.server}${which} cannot be read: ${printable(message)}`, {
      cause: error,
    });
  } finally {
    await api.close();
  }
}

/** Items of a list come without kind and version. Policies are not missed where their kind is not installed. */
async function listKind(
  { kind, apiVersion }: (typeof KINDS)[number],
  request: Parameters<typeof listAll>[0],
  take: (value: JsonValue) => void,
): Promise<void> {
  let found: JsonValue[] = [];
  try {
    await listAll(request, {
      start: () => (found = []),
      item: (value) => found.push({ ...Object(value), kind, apiVersion }),
    });
  } catch (error) {
    const { reason } = failureOf(error);
    if (!(kind === 'MattermostIngressPolicy' && (reason === 'not-found' || reason === 'forbidden')))
      throw error;
  }
  for (const value of found) take(value);
}

type Place = { readonly namespace: string; readonly name: string };

function readPlace(text: string): Place {
  const [namespace = '', name = '', ...rest] = text.split('/');
  if (namespace !== '' && name !== '' && rest.length === 0) return { namespace, name };
  throw new Error('Write --config-map namespace/name, such as ingress-nginx/ingress-nginx-controller');
}

async function readConfigMap(
  api: ApiClient,
  { namespace, name }: Place,
  signal: AbortSignal,
): Promise<JsonValue> {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(name)}`;
  const document = await api.get(path, {}, signal);
  return { ...Object(document), kind: 'ConfigMap', apiVersion: 'v1' };
}
