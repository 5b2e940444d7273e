// spec.backend.healthCheck, outlierEjection and slowStart of a policy: which nodes get users.
import { Type } from 'typebox';
import { rules } from './policy-rules.ts';
import { choice, text } from './schema-node.ts';
import { checkPath, duration } from './text-forms.ts';

export const slowStartSchema = text(
  duration,
  'Time in which the share of a node that was added, or has come back, grows from a tenth to what the others get. It counts for users without cookie and without another persistence key. 0s: full share at once.',
  rules('slow-start-range'),
);

const threshold = (description: string) => Type.Integer({ minimum: 1, maximum: 100, description });

export const healthCheckSchema = Type.Object(
  {
    disabled: Type.Optional(
      Type.Boolean({
        description:
          'True: nobody asks the nodes; Kubernetes and outlierEjection alone say who gets users. Absent or false: nodes are asked where the policy has a route, where this block has other fields, and where the Service port is 8065.',
      }),
    ),
    path: Type.Optional(
      text(
        checkPath,
        "Path that is asked for, query included. A node passes Mattermost's own ping (a path that ends in /api/v4/system/ping) with status 200 and a body whose status is OK, any other path with a status from 200 to 299. Redirects are not followed.",
        rules('health-path-device'),
      ),
    ),
    interval: Type.Optional(
      text(
        duration,
        'Time from the end of one check of a node to the beginning of the next, give or take a tenth. One replica begins at most 500 checks a second in all, so that with very many nodes each is asked less often.',
        rules('check-interval-range'),
      ),
    ),
    timeout: Type.Optional(
      text(
        duration,
        'Longest time for a check, connection included. A check that takes longer has failed, unless the controller itself was late.',
        rules('check-timeout-range'),
      ),
    ),
    healthyThreshold: Type.Optional(
      threshold('Checks in a row that a failing node must pass before it gets users again.'),
    ),
    unhealthyThreshold: Type.Optional(
      threshold(
        'Checks in a row that a node must fail before it gets no users. Those whose cookie names it go to another node and get a new cookie; its open WebSockets stay.',
      ),
    ),
    whenAllUnhealthy: Type.Optional(
      choice(
        ['Serve', 'Refuse'],
        'What happens when no node is healthy. Serve: all that Kubernetes calls ready are served, since a check may be wrong where everything seems to fail. Refuse: requests get 503 with Retry-After.',
      ),
    ),
  },
  {
    description:
      'How this controller finds out by itself whether nodes serve: one GET at a time to each, without cookies or secrets, over TLS where tls says so. A node that was not asked yet counts as healthy.',
    ...rules('health-check-disabled'),
  },
);

export const outlierEjectionSchema = Type.Object(
  {
    consecutiveFailures: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        description: 'Requests in a row, over all worker threads, that a node must fail.',
      }),
    ),
    baseTime: Type.Optional(
      text(
        duration,
        'How long the node then gets no users; twice as long each time it fails again soon after, up to 5m or baseTime itself.',
        rules('ejection-time-range'),
      ),
    ),
    maxPercent: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 100,
        description:
          'Percent of the ready nodes, rounded down, that may be ejected at a time. The last one that serves never is. 0: none is.',
      }),
    ),
  },
  {
    description:
      'A node that fails the requests of users gets none for a while. A failure is a connection that cannot be made, TLS included, and silence, an end or no HTTP in place of an answer. Any answer is a success, 5xx included: Mattermost and its plugins give those to a single user, too.',
  },
);
