// Random policies of few words, so that their rules meet requests of requests.ts often.
import fc from 'fast-check';
import { HOST, SECRET_HEADERS } from './words.ts';

const pick = fc.constantFrom;

function pathCondition(base: string): fc.Arbitrary<object> {
  const exact = pick('/api/v4/notifications/ack', '/login/desktop', '/api/v4/websocket', '/static/');
  const prefix = pick('/static', '/plugins', '/api', '/oauth/');
  const pattern = pick('/oauth/*/complete', '/*/login', '/api/*/websocket');
  return fc.oneof(
    exact.map((value) => ({ type: 'Exact', value: base + value })),
    prefix.map((value) => ({ type: 'Prefix', value: base + value })),
    pattern.map((value) => ({ type: 'Pattern', value: base + value })),
  );
}

const headerCondition = fc.oneof(
  fc.record({
    name: pick(...SECRET_HEADERS, 'x-mattermost-preauth-secret'),
    secretRef: fc.record({ name: pick('preauth', 'preauth', 'team', 'missing') }),
  }),
  fc.record({
    name: pick('X-App', 'x-version'),
    type: pick('Exact', 'Prefix', 'Contains'),
    values: fc.uniqueArray(pick('mobile', 'Mobile', 'mob', '1.2', 'le'), { minLength: 1, maxLength: 2 }),
  }),
  fc.record({ name: pick('X-App', 'x-version'), type: fc.constant('Present') }),
);

function conditions(base: string): Readonly<Record<string, fc.Arbitrary<unknown>>> {
  return {
    sourceCIDRs: fc.uniqueArray(
      pick('10.0.0.0/8', '192.0.2.0/24', '2001:db8::/32', '172.16.9.0/24', '::/0'),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
    paths: fc.array(pathCondition(base), { minLength: 1, maxLength: 3 }),
    methods: fc.subarray(['GET', 'POST', 'HEAD'], { minLength: 1 }),
    headers: fc.uniqueArray(headerCondition, {
      minLength: 1,
      maxLength: 2,
      selector: ({ name }) => name.toLowerCase(),
    }),
    request: pick('WebSocket', 'HTTP'),
    cookies: fc.uniqueArray(
      fc.record(
        { name: pick('MMAUTHTOKEN', 'MMUSERID', 'sid'), shape: pick('MattermostID', 'Any') },
        { requiredKeys: ['name'] },
      ),
      { minLength: 1, maxLength: 2, selector: ({ name }) => name },
    ),
    bearerToken: fc.constant(true),
  };
}

const PROOFS = ['headers', 'cookies', 'bearerToken'];

function ruleOf(base: string): fc.Arbitrary<object> {
  const all = conditions(base);
  return fc.subarray(Object.keys(all), { minLength: 1, maxLength: 3 }).chain((names) => {
    const chosen = names.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]] as const]));
    const action = names.some((name) => PROOFS.includes(name))
      ? fc.constant('Allow')
      : pick('Allow', 'Deny', 'Reset');
    return fc.record({ ...Object.fromEntries(chosen), action });
  });
}

/** A rule that lets WebSockets in by the mere look of a session. */
const shapeRule = fc.record({
  request: fc.constant('WebSocket'),
  proof: pick<object>(
    { cookies: [{ name: 'MMAUTHTOKEN' }] },
    { cookies: [{ name: 'MMUSERID' }, { name: 'MMAUTHTOKEN', shape: 'Any' }] },
    { bearerToken: true },
    { cookies: [{ name: 'MMUSERID' }], headers: [{ name: 'X-App', type: 'Present' }] },
  ),
});

/** Specs of policies of which the first rule is such a one, before others that may say the same. */
export const shapePolicySpec: fc.Arbitrary<object> = fc
  .record({
    first: shapeRule.map(({ request, proof }) => ({ name: 'shape', request, ...proof, action: 'Allow' })),
    others: fc.array(ruleOf(''), { maxLength: 2 }),
    defaultAction: pick('Deny', 'Reset'),
    mode: pick('Enforce', 'Enforce', 'Enforce', 'Observe'),
  })
  .map(({ first, others, ...more }) => ({
    route: { hosts: [HOST], service: { name: 'mattermost', port: 8065 } },
    admission: { ...more, rules: [first, ...others.map((rule, at) => ({ name: `rule-${at}`, ...rule }))] },
  }));

/** Specs of policies; now and then an invalid one, which must close its host. */
export const policySpec: fc.Arbitrary<object> = pick('/', '/', '/', '/', '/chat').chain((path) =>
  fc
    .record({
      rules: fc.array(ruleOf(path === '/' ? '' : path), { minLength: 1, maxLength: 5 }),
      defaultAction: pick('Deny', 'Deny', 'Reset', 'Allow'),
      mode: pick('Enforce', 'Enforce', 'Enforce', 'Enforce', 'Enforce', 'Observe'),
      forwardSecretHeaders: pick(false, false, true),
      tls: pick(
        undefined,
        undefined,
        undefined,
        { secretName: 'gone' },
        { secretName: 'gone', redirectHTTP: false },
      ),
    })
    .map(({ rules, tls, ...more }) => ({
      route: { hosts: [HOST], path, service: { name: 'mattermost', port: 8065 }, ...(tls && { tls }) },
      admission: { ...more, rules: rules.map((rule, at) => ({ name: `rule-${at}`, ...rule })) },
    })),
);
