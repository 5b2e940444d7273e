// Policies that keep and break the rules about TLS towards nodes, health checks, ejection and slow start; part of policy-cases.ts.
import type { RuleCase } from './policy-edits.ts';

export const BACKEND_RULE_CASES: readonly RuleCase[] = [
  ...(
    [
      ['slow-start-range', 'backend.slowStart', '0s', '15m1ms'],
      ['slow-start-range', 'backend.slowStart', '15m', '1h'],
      ['check-interval-range', 'backend.healthCheck.interval', '1s', '999ms'],
      ['check-interval-range', 'backend.healthCheck.interval', '10m', '10m1s'],
      ['check-timeout-range', 'backend.healthCheck.timeout', '100ms', '99ms'],
      ['check-timeout-range', 'backend.healthCheck.timeout', '60s', '1m1ms'],
      ['ejection-time-range', 'backend.outlierEjection.baseTime', '1s', '0s'],
      ['ejection-time-range', 'backend.outlierEjection.baseTime', '1h', '1h1s'],
      ['health-path-device', 'backend.healthCheck.path', '/ping?get_server_status=true', '/ping?device_id=1'],
    ] as const
  ).map(([id, field, good, bad]) => ({ rule: id, field, good: { [field]: good }, bad: { [field]: bad } })),
  {
    rule: 'health-check-disabled',
    field: 'backend.healthCheck',
    good: { 'backend.healthCheck': { disabled: true } },
    bad: { 'backend.healthCheck': { disabled: true, interval: '5s' } },
  },
  {
    rule: 'health-check-disabled',
    field: 'backend.healthCheck',
    good: { 'backend.healthCheck': { disabled: false, path: '/healthz' } },
    bad: { 'backend.healthCheck': { disabled: true, whenAllUnhealthy: 'Serve' } },
  },
  {
    rule: 'backend-ca-verify',
    field: 'backend.tls',
    good: { 'backend.tls': { mode: 'Verify', caRef: { kind: 'Secret', name: 'ca' } } },
    bad: { 'backend.tls': { mode: 'InsecureSkipVerify', caRef: { kind: 'Secret', name: 'ca' } } },
  },
  {
    rule: 'backend-tls-disabled',
    field: 'backend.tls',
    good: { 'backend.tls': { mode: 'InsecureSkipVerify', serverName: 'mm.internal' } },
    bad: { 'backend.tls': { mode: 'Disabled', serverName: 'mm.internal' } },
  },
];
