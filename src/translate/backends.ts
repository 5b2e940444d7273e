// The Service of a place -> a backend with its endpoints. Called by sites.ts; where something is missing the
// backend stays without endpoints, so that its site answers 503.
import { createHash } from 'node:crypto';
import { DEFAULTS } from '../api/defaults.ts';
import { type EndpointSlice, keyOf, type Service, type ServicePort } from '../api/objects.ts';
import type { BackendSpec } from '../api/policy.ts';
import type { Backend, BackendTls } from '../model/configuration.ts';
import {
  type BackendConnections,
  compileConnections,
  durationMs,
  judgeSources,
} from './backend-connections.ts';
import { type BackendTlsSource, compileBackendTls } from './backend-tls.ts';
import { collectEndpoints, type EndpointSet, type EndpointSettings } from './endpoints.ts';
import { compileHealth, type HealthWish, MATTERMOST_PORT } from './health.ts';
import type { Lookup } from './lookup.ts';
import type { ServiceRef, SiteSettings } from './places.ts';
import type { Report } from './problem.ts';

export type BackendSource = Omit<BackendTlsSource, 'namespace' | 'serviceName'> & {
  readonly services: Lookup<Service>;
  /** By `namespace/name` of their Service, in a fixed order. */
  readonly slices: Lookup<readonly EndpointSlice[]>;
  readonly endpointSettings: EndpointSettings;
  /** Addresses that connections can come from; undefined where nobody knows, as in `check`. */
  readonly ownAddresses: readonly string[] | undefined;
};

export type CompiledBackend = { readonly backend: Backend; readonly unreadyCount: number };

const FIELD = 'spec.route.service';
const NO_ENDPOINTS: EndpointSet = { endpoints: [], unreadyCount: 0 };

/** What a place wants to reach, and how. */
export type BackendWish = {
  readonly namespace: string;
  readonly service: ServiceRef;
  readonly settings: Pick<SiteSettings, 'backend'>;
  readonly health: HealthWish;
};

/** Compiles the backend of a place. Two places with the same Service port and settings get the same key. */
export function compileBackend(
  { namespace, service, settings: { backend: spec }, health }: BackendWish,
  source: BackendSource,
  report: Report,
): CompiledBackend {
  const serviceKey = keyOf({ namespace, name: service.name });
  const port = findPort(serviceKey, service, source.services, report);
  const found = port === undefined ? NO_ENDPOINTS : findEndpoints(serviceKey, port, source, report);
  const place = { namespace, serviceName: service.name };
  const { tls, usable } = compileBackendTls(spec?.tls, { ...source, ...place }, report);
  const portText = String(port?.port ?? service.port ?? service.portName);
  const isExpected = health.isExpected || port?.port === MATTERMOST_PORT;
  const settings = compileSettings(spec, { ...health, isExpected });
  judgeSources(settings.sourceAddresses, source.ownAddresses, report);
  const backend: Backend = {
    key: `${serviceKey}:${portText}/${digestOf(settings, tls, spec?.tls)}`,
    service: { namespace, name: service.name, port: portText },
    ...settings,
    tls,
    endpoints: usable ? found.endpoints : [],
  };
  return { backend, unreadyCount: found.unreadyCount };
}

type BackendSettings = BackendConnections &
  Pick<Backend, 'loadBalancing' | 'connectTimeoutMs' | 'responseTimeoutMs' | 'health'>;

function compileSettings(spec: BackendSpec | undefined, health: HealthWish): BackendSettings {
  const defaults = DEFAULTS.backend;
  return {
    loadBalancing: spec?.loadBalancing ?? defaults.loadBalancing,
    connectTimeoutMs: durationMs(spec?.timeouts?.connect ?? defaults.timeouts.connect),
    responseTimeoutMs: durationMs(spec?.timeouts?.response ?? defaults.timeouts.response),
    ...compileConnections(spec),
    health: compileHealth(spec, health),
  };
}

function findEndpoints(
  serviceKey: string,
  port: ServicePort,
  source: BackendSource,
  report: Report,
): EndpointSet {
  const slices = source.slices.get(serviceKey) ?? [];
  const found = collectEndpoints(slices, port.name ?? '', source.endpointSettings, report);
  if (found.endpoints.length === 0) reportEmpty(serviceKey, report);
  return found;
}

function findPort(
  key: string,
  wanted: ServiceRef,
  services: Lookup<Service>,
  report: Report,
): ServicePort | undefined {
  const service = services.get(key);
  if (service === undefined) {
    const remedy = 'Create the Service in that namespace, or mend its name';
    const message = `Service ${key} is missing`;
    report({ severity: 'error', field: `${FIELD}.name`, reason: 'ServiceNotFound', message, remedy });
    return undefined;
  }
  if (service.type === 'ExternalName') {
    const remedy = 'Use a Service with a selector, or one with EndpointSlices of its own';
    const message = `Service ${key} is of type ExternalName, which could lead anywhere`;
    report({ severity: 'error', field: `${FIELD}.name`, reason: 'ServiceUnsupported', message, remedy });
    return undefined;
  }
  const port = service.ports.find((candidate) => isWanted(candidate, wanted));
  if (port !== undefined) return port;
  report({
    severity: 'error',
    field: wanted.port === undefined ? `${FIELD}.portName` : `${FIELD}.port`,
    reason: 'ServicePortNotFound',
    message: `Service ${key} has no TCP port ${wanted.port ?? wanted.portName}`,
    remedy: `Choose one of its ports: ${service.ports.map(describePort).join(', ') || 'it has none'}`,
  });
  return undefined;
}

function isWanted(port: ServicePort, wanted: ServiceRef): boolean {
  if (port.protocol !== undefined && port.protocol !== 'TCP') return false;
  return wanted.port === undefined ? port.name === wanted.portName : port.port === wanted.port;
}

function describePort({ name, port, protocol }: ServicePort): string {
  return `${port}${name === undefined ? '' : ` (${name})`}${protocol === undefined ? '' : `/${protocol}`}`;
}

function reportEmpty(key: string, report: Report): void {
  report({
    severity: 'warning',
    field: FIELD,
    reason: 'NoEndpoints',
    message: `Service ${key} has no usable endpoint`,
    remedy: 'Look at the pods of the Service, their readiness and its selector',
  });
}

/** Of what the policy says, not of what is in its Secrets: a renewed authority must not look like another backend. */
function digestOf(settings: BackendSettings, tls: BackendTls | undefined, spec: BackendSpec['tls']): string {
  const tlsSettings = tls && [
    tls.verify,
    tls.serverName,
    tls.minVersion,
    spec?.caRef === undefined ? null : `${spec.caRef.kind}/${spec.caRef.name}`,
    spec?.clientCertificateRef?.name ?? null,
  ];
  return createHash('sha256')
    .update(JSON.stringify([settings, tlsSettings ?? null]))
    .digest('hex')
    .slice(0, 16);
}
