// What people are told where no endpoint of a site passes its health check: most likely the check itself is wrong.
import { POLICY_KIND } from '../api/policy.ts';
import { WARNING_REASONS } from '../api/status.ts';
import type { Backend, Endpoint, Site } from '../model/configuration.ts';
import type { Finding } from '../model/finding.ts';
import type { CheckFailed } from './probe.ts';
import type { WatchedEndpoint } from './watched-endpoint.ts';

type Checked = {
  readonly watched: Pick<WatchedEndpoint, 'isFailing' | 'lastFailure'>;
  readonly endpoint: Pick<Endpoint, 'state'>;
  readonly backend: Backend;
};

/** A backend that fails as a whole, and how, if all its endpoints fail alike. */
export type FailingBackend = { readonly backend: Backend; readonly result: CheckFailed | undefined };

/** By key. */
export function failingBackends(backends: Iterable<readonly Checked[]>): ReadonlyMap<string, FailingBackend> {
  const failing = new Map<string, FailingBackend>();
  for (const members of backends) {
    const ready = members.filter(({ endpoint }) => endpoint.state === 'ready');
    const first = ready[0];
    if (first === undefined || !ready.every(({ watched }) => watched.isFailing)) continue;
    const text = wordsOf(first.watched.lastFailure);
    const isAlike = ready.every(({ watched }) => wordsOf(watched.lastFailure) === text);
    failing.set(first.backend.key, {
      backend: first.backend,
      result: isAlike ? first.watched.lastFailure : undefined,
    });
  }
  return failing;
}

export function findingsOf(
  sites: Iterable<Site>,
  failing: ReadonlyMap<string, FailingBackend>,
): readonly Finding[] {
  if (failing.size === 0) return [];
  const findings = new Map<string, Finding>();
  for (const { owner, service } of sites) {
    const found = service.kind === 'open' ? failing.get(service.backend) : undefined;
    // An Ingress may lead to one backend by several paths.
    if (found !== undefined)
      findings.set(JSON.stringify([owner, found.backend.key]), findingOf(owner, found));
  }
  return [...findings.values()];
}

function findingOf(owner: Site['owner'], { backend, result }: FailingBackend): Finding {
  const { namespace, name, port } = backend.service;
  const { check, whenAllUnhealthy } = backend.health;
  const isStatus = result?.failure === 'status' && (result.status ?? 0) < 500;
  const reason = isStatus ? 'HealthCheckUnanswered' : 'EndpointsUnhealthy';
  const isServed = whenAllUnhealthy === 'Serve';
  const path = check?.path ?? '';
  const what = `no endpoint of Service ${namespace}/${name}:${port} passes GET ${path}${how(result)}`;
  return {
    severity: isServed ? 'warning' : 'error',
    object: owner,
    field: owner.kind === POLICY_KIND ? `spec.backend.healthCheck${isStatus ? '.path' : ''}` : '',
    reason,
    message: `${what}; ${isServed ? 'all are served nevertheless' : 'requests get 503'}`,
    remedy: WARNING_REASONS[reason].remedy,
  };
}

function how(result: CheckFailed | undefined): string {
  const words = wordsOf(result);
  return words === '' ? '' : ` (${words})`;
}

function wordsOf(result: CheckFailed | undefined): string {
  if (result === undefined) return '';
  return result.status === undefined ? result.failure : `status ${result.status}`;
}
