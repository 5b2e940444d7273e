// spec.backend.tls with its Secrets -> TLS settings towards the nodes. What cannot be verified is not reached at all.
import { DEFAULTS } from '../api/defaults.ts';
import type { ConfigMap, Secret } from '../api/objects.ts';
import type { BackendTls as BackendTlsSpec } from '../api/policy.ts';
import type { BackendTls } from '../model/configuration.ts';
import { readAuthorities } from './authorities.ts';
import { type CertificateReading, takeCertificate } from './certificates.ts';
import type { Lookup } from './lookup.ts';
import type { Report } from './problem.ts';

/** `usable` false: a Secret is missing or broken, and the backend must keep no endpoints. */
export type CompiledTls = { readonly tls: BackendTls | undefined; readonly usable: boolean };

export type BackendTlsSource = {
  readonly namespace: string;
  readonly serviceName: string;
  readonly secrets: Lookup<Secret>;
  readonly configMaps: Lookup<ConfigMap>;
  readonly certificates: Lookup<CertificateReading>;
};

const FIELD = 'spec.backend.tls';
const NODES = {
  whose: 'the nodes',
  effect: 'no node can be verified and none is reached',
  secretKeys: ['ca.crt', 'tls.crt'],
  refusesRevocationLists: false,
};

/** Compiles how nodes are reached; absent and Disabled mean plain HTTP. */
export function compileBackendTls(
  spec: BackendTlsSpec | undefined,
  source: BackendTlsSource,
  report: Report,
): CompiledTls {
  if (spec === undefined || spec.mode === 'Disabled') return { tls: undefined, usable: true };
  if (spec.mode === 'InsecureSkipVerify') {
    report({
      severity: 'warning',
      field: `${FIELD}.mode`,
      reason: 'BackendUnverified',
      message:
        'Certificates of the nodes are not verified: anybody on the way can read and change what passes',
      remedy: 'Set mode: Verify, with caRef',
    });
  }
  const ca =
    spec.caRef === undefined
      ? undefined
      : readAuthorities(spec.caRef, { ...source, field: `${FIELD}.caRef`, ...NODES }, report);
  const clientCertificate = readClientCertificate(spec, source, report);
  const tls: BackendTls = {
    verify: spec.mode === 'Verify',
    ca,
    serverName: spec.serverName ?? `${source.serviceName}.${source.namespace}.svc`,
    clientCertificate,
    minVersion: spec.minVersion ?? DEFAULTS.backend.tls.minVersion,
  };
  const lacksAuthorities = spec.caRef !== undefined && ca === undefined;
  const lacksCertificate = spec.clientCertificateRef !== undefined && clientCertificate === undefined;
  return { tls, usable: !lacksAuthorities && !lacksCertificate };
}

function readClientCertificate(
  spec: BackendTlsSpec,
  source: BackendTlsSource,
  report: Report,
): BackendTls['clientCertificate'] {
  if (spec.clientCertificateRef === undefined) return undefined;
  const key = `${source.namespace}/${spec.clientCertificateRef.name}`;
  const use = { key, field: `${FIELD}.clientCertificateRef`, hosts: [] };
  const certificate = takeCertificate(use, source.certificates, report);
  return certificate && { chain: certificate.chain, key: certificate.privateKey };
}
