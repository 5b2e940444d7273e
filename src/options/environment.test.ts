// Variables of the environment that were meant to be options are not passed over in silence.
import { expect, test } from 'vitest';
import { environmentName, misspeltVariables } from './environment.ts';

const FLAGS = ['http-port', 'https-port', 'require-policy', 'trusted-proxies', 'workers'];

test('each flag has a variable', () => {
  expect(environmentName('require-policy')).toBe('MATTERMOST_INGRESS_REQUIRE_POLICY');
});

test.each([
  ['REQUIRE_POLCY', 'REQUIRE_POLICY'],
  ['TRUSTED_PROXYS', 'TRUSTED_PROXIES'],
  ['WORKER', 'WORKERS'],
  ['HTTPPORT', 'HTTP_PORT'],
])('%s was meant to be %s', (given, meant) => {
  const problems = misspeltVariables({ [`MATTERMOST_INGRESS_${given}`]: 'value' }, FLAGS);
  expect(problems).toEqual([
    `MATTERMOST_INGRESS_${given} in the environment is no option. Did you mean MATTERMOST_INGRESS_${meant}?`,
  ]);
});

test.each([
  ['an option', 'MATTERMOST_INGRESS_REQUIRE_POLICY'],
  ['something else of somebody', 'MATTERMOST_INGRESS_TEAM_CHANNEL'],
  ['another program', 'REQUIRE_POLCY'],
  // What Kubernetes says of a Service mattermost-ingress, and of one mattermost-ingress-http.
  ['a Service: host', 'MATTERMOST_INGRESS_SERVICE_HOST'],
  ['a Service: port', 'MATTERMOST_INGRESS_SERVICE_PORT_HTTP'],
  ['a Service: link', 'MATTERMOST_INGRESS_PORT'],
  ['a Service: its parts', 'MATTERMOST_INGRESS_PORT_8080_TCP_ADDR'],
])('%s is nothing to complain about', (_, name) => {
  expect(misspeltVariables({ [name]: 'value' }, FLAGS)).toEqual([]);
});
