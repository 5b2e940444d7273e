// Flags of `run` that say which objects are read, which are ours, and what is written to them.
import { flag } from './flag.ts';
import {
  className,
  controllerName,
  namespaces,
  NONE,
  objectName,
  optionalClassName,
  optionalNamespace,
  optionalText,
  secretsMode,
  text,
  words,
  yesOrNo,
} from './readers.ts';

export function sourceFlags() {
  return {
    manifests: flag('manifests DIR', 'folder of YAML files to serve from; watched', NONE, optionalText),
    kubeconfig: flag(
      'kubeconfig FILE',
      'API server to serve from; without it and --manifests that of the cluster, else what kubectl uses',
      NONE,
      optionalText,
    ),
    watchNamespaces: flag(
      'watch-namespaces NAMESPACES',
      'the only namespaces to read from the API server, separated by commas',
      NONE,
      namespaces,
    ),
    secretsMode: flag(
      'secrets-mode cluster|namespaces|named',
      'how Secrets are read: cluster for all, namespaces for those of --watch-namespaces, named for those referred to',
      'cluster',
      secretsMode,
    ),
    stateCache: flag(
      'state-cache DIR',
      'folder for the last good objects, Secrets included, to start from while the API server is away; use a memory-backed one',
      NONE,
      optionalText,
    ),
  };
}

export function classFlags() {
  return {
    controllerName: flag(
      'controller-name NAME',
      'spec.controller of the IngressClasses that are ours; field manager of what is written',
      'mattermost-ingress.io/controller',
      controllerName,
    ),
    ingressClass: flag(
      'ingress-class NAME',
      'IngressClass that is ours even where it cannot be read',
      'mattermost',
      className,
    ),
    ingressClassByName: flag(
      'ingress-class-by-name true|false',
      'read no IngressClass but --ingress-class',
      'false',
      yesOrNo,
    ),
    takeOverClass: flag(
      'take-over-class NAME',
      'class of ingress-nginx to serve as well, for a migration without downtime',
      NONE,
      optionalClassName,
    ),
    requirePolicy: flag(
      'require-policy true|false',
      'answer 503 for the hosts of an Ingress that no policy governs',
      'false',
      yesOrNo,
    ),
    defaultBackendNamespace: flag(
      'default-backend-namespace NAMESPACE',
      'the only namespace whose Ingresses may answer for any host',
      NONE,
      optionalNamespace,
    ),
  };
}

export function statusFlags() {
  return {
    updateStatus: flag(
      'update-status true|false',
      'write the addresses of the controller to the status of Ingresses; false while another controller does',
      'true',
      yesOrNo,
    ),
    publishService: flag(
      'publish-service NAMESPACE/NAME',
      'Service whose load balancer addresses Ingresses show',
      NONE,
      objectName,
    ),
    publishAddresses: flag(
      'publish-address ADDRESSES',
      'addresses or host names that Ingresses show instead, separated by commas',
      NONE,
      words,
    ),
    electionId: flag(
      'election-id NAME',
      'name of the Lease by which one replica is chosen to write status',
      'mattermost-ingress',
      text,
    ),
    electionNamespace: flag(
      'election-namespace NAMESPACE',
      'namespace of that Lease; without it that of the pod, else default',
      NONE,
      optionalText,
    ),
  };
}
