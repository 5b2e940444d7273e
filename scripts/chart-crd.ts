// The CRD as a template of the chart: the same object, with the labels and annotations that keep it through everything.
import { stringify } from 'yaml';
import { CRD_YAML_OPTIONS, policyCrd } from '../src/api/crd.ts';

/** Text of templates/crd.yaml. Throws where the CRD holds what Helm would take for a template. */
export function crdTemplate(): string {
  const yaml = stringify(policyCrd(), CRD_YAML_OPTIONS);
  if (yaml.includes('{{')) throw new Error('The CRD holds "{{", which Helm would take for a template');
  const [head = '', tail = ''] = yaml.split(/(?<=\nmetadata:\n {2}name: \S+\n)/u);
  if (tail === '') throw new Error('The CRD does not begin with its metadata');
  return `${NOTE}{{- if .Values.crds.enabled }}\n${head}${MARKS}${tail}{{- end }}\n`;
}

/** Text of deploy/crd.yaml. */
export function plainCrd(): string {
  return `# Generated from src/api/policy.ts by "npm run generate". Do not edit.
# kubectl apply --server-side -f crd.yaml
${stringify(policyCrd(), CRD_YAML_OPTIONS)}`;
}

const NOTE = '{{- /* Generated from src/api/policy.ts by "npm run generate". Do not edit. */}}\n';

/** Deleting the definition would delete every policy, so neither Helm nor Argo CD may. */
const MARKS = `  labels:
    {{- include "mattermost-ingress.labels" . | nindent 4 }}
  annotations:
    helm.sh/resource-policy: keep
    argocd.argoproj.io/sync-options: Prune=false
`;
