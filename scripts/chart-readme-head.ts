// The part of the chart's README.md that people wrote; chart-readme.ts adds the values.

/** Before the table of values; VERSION stands for that of chart and program. */
export const CHART_README_HEAD = `<!-- Generated from values.yaml by "npm run generate". Do not edit. -->
# Chart mattermost-ingress

Installs the ingress controller for Mattermost: pods under the profile \`restricted\`, a Service for clients, the class \`mattermost\`, the
definition of MattermostIngressPolicy, and no right that it does not use. Kubernetes 1.32 or newer, Helm 3 or 4.

No image is published yet, so build one and say where it is:

\`\`\`
make image && kind load docker-image mattermost-ingress:VERSION
helm install mattermost-ingress ./charts/mattermost-ingress --namespace mattermost-ingress --create-namespace \\
  --set image.repository=mattermost-ingress
\`\`\`

## What stays

\`helm uninstall\` leaves two things, on purpose: the definition of policies (deleting it would delete every policy), and the two Secrets with keys
(without them every client would lose its node at the next install). Delete them by hand if you mean it:

\`\`\`
kubectl delete crd mattermostingresspolicies.mattermost-ingress.io
kubectl --namespace mattermost-ingress delete secret mattermost-ingress-sticky-key mattermost-ingress-ticket-key
\`\`\`

The Secrets are rendered without data. The controller fills an empty one at its start; upgrade, rollback and \`helm template | kubectl apply\` leave
what is in them. **Do not use \`--force\` (Helm 3) or \`--force-replace\` (Helm 4)**, nor \`kubectl replace\`: they put the empty Secrets in place of the filled
ones, and clients lose their nodes when the pods start anew.

## A second release

Give it a class of its own, a controller value of its own, and not the definition of policies:

\`\`\`
helm install internal ./charts/mattermost-ingress --namespace internal --create-namespace --set image.repository=mattermost-ingress \\
  --set crds.enabled=false,ingressClass.name=internal,ingressClass.controllerValue=mattermost-ingress.io/internal
\`\`\`

## When Helm refuses

Helm 4 and \`kubectl apply --server-side\` remember who wrote which field, and refuse to write over each other.

| It says | Because | What helps |
| --- | --- | --- |
| \`CustomResourceDefinition "mattermostingresspolicies…" … cannot be imported into the current release\` | kubectl applied it, or another release brought it (uninstalled ones too: it stays) | \`--take-ownership\` to have it from now on; \`--set crds.enabled=false\` to leave it where it is |
| \`conflict with "kubectl": .spec…\` | somebody changed the object with kubectl | \`--force-conflicts\`, after a look at what is changed back |
| \`conflict with "kubectl" with subresource "scale": .spec.replicas\` | somebody scaled the Deployment | \`--force-conflicts\` to go back to \`replicaCount\` |
| kubectl: \`conflict with "helm": .spec…\` | the release brought the definition, and yours is another version | upgrade the release instead; \`kubectl apply --server-side --force-conflicts\` if you mean it |
| \`cannot reuse a name that is still in use\` | an install that failed is a release already | \`helm upgrade --install\` with the same options |
| \`IngressClass "mattermost" … cannot be imported into the current release\` | a second release, or plain manifests | a name and controller value of its own, see above; or \`--take-ownership\` |
| \`spec.controller: … field is immutable\` | \`ingressClass.controllerValue\` changed and the name of the class did not | change \`ingressClass.name\` too, or \`kubectl delete ingressclass mattermost\` first; Ingresses stay |
| \`namespaces "…" not found\` | a namespace of \`watchNamespaces\` or \`secrets.named\` is missing | create it first |
| \`no matches for kind "ServiceMonitor"\` or \`"PrometheusRule"\` | the Prometheus operator is not installed | install it, or turn the value off |

From the plain manifests of \`deploy/\` to a release: \`helm upgrade --install … --take-ownership --force-conflicts\`. kubectl keeps its share of what it once
applied, so that later upgrades of what was taken over may need \`--force-conflicts\` again. Helm 3 does not know such conflicts, and a release
that began with it needs \`--server-side=true\` before Helm 4 takes \`--force-conflicts\`.

## Rights

| Values | The controller may read |
| --- | --- |
| (default) | its kinds and all Secrets, everywhere |
| \`secrets.mode=named\` | of Secrets those in \`secrets.named\` alone |
| \`watchNamespaces={a,b}\` | everything in these namespaces alone, by Roles; IngressClasses by a ClusterRole |
| \`watchNamespaces={a,b}\`, \`ingressClass.byName=true\` | as above, and nothing outside of namespaces |

With the last of these and \`crds.enabled=false\`, \`ingressClass.enabled=false\`, \`rbac.aggregate=false\` the chart makes no cluster-scoped object at all.

## Values
`;
