// The rules of spec.backend; policy-rules.ts has them all.
import { get, has, hasAny, string } from './json-access.ts';
import { durationRange, type RuleBody } from './policy-rule-forms.ts';

const CHECK_FIELDS = [
  'path',
  'interval',
  'timeout',
  'healthyThreshold',
  'unhealthyThreshold',
  'whenAllUnhealthy',
];

export const BACKEND_RULES = {
  'connect-timeout-range': durationRange('10ms', '60s'),
  'response-timeout-range': durationRange('1s', '24h'),
  'reuse-idle-timeout-range': durationRange('1s', '1h'),
  'slow-start-range': durationRange('0s', '15m'),
  'check-interval-range': durationRange('1s', '10m'),
  'check-timeout-range': durationRange('100ms', '60s'),
  'ejection-time-range': durationRange('1s', '1h'),
  'health-path-device': {
    cel: "!self.contains('device_id')",
    message: 'With device_id Mattermost would send a push notification to that device at every check',
    remedy: 'Leave device_id out; the default is /api/v4/system/ping below the path of the site',
    holds: (self) => !string(self).includes('device_id'),
  },
  'health-check-disabled': {
    cel: '!has(self.disabled) || !self.disabled || !(has(self.path) || has(self.interval) || has(self.timeout) || has(self.healthyThreshold) || has(self.unhealthyThreshold) || has(self.whenAllUnhealthy))',
    message: 'The other fields of healthCheck have no meaning with disabled: true',
    remedy: 'Remove disabled, or the other fields',
    holds: (self) => get(self, 'disabled') !== true || !hasAny(self, CHECK_FIELDS),
  },
  'backend-ca-verify': {
    cel: "!has(self.caRef) || self.mode == 'Verify'",
    message: 'The field caRef is used by mode Verify only',
    remedy: 'Set mode: Verify, or remove caRef',
    holds: (self) => !has(self, 'caRef') || get(self, 'mode') === 'Verify',
  },
  'backend-tls-disabled': {
    cel: "self.mode != 'Disabled' || !(has(self.serverName) || has(self.clientCertificateRef) || has(self.minVersion))",
    message: 'The other fields of tls have no meaning with mode Disabled',
    remedy: 'Set mode: Verify, or remove the other fields',
    holds: (self) =>
      get(self, 'mode') !== 'Disabled' || !hasAny(self, ['serverName', 'clientCertificateRef', 'minVersion']),
  },
} as const satisfies Readonly<Record<string, RuleBody>>;
