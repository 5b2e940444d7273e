// What people are told where no endpoint of a site passes its check.
import { describe, expect, test } from 'vitest';
import { changes, CHECK, healthScene, placed, TIMEOUT } from '../../test/support/health-scene.ts';
import { HEALTH, openSite, site } from '../decide/test-objects.ts';
import type { Backend } from '../model/configuration.ts';
import type { CheckResult } from './probe.ts';

const NOT_FOUND: CheckResult = { kind: 'failed', failure: 'status', status: 404 };

describe('findings', () => {
  const sites = (name = 'chat') => new Map([[name, site(name, openSite())]]);

  async function found(answers: Readonly<Record<string, CheckResult>>, more: Partial<Backend> = {}) {
    const { monitor, facts, advance } = healthScene();
    for (const [address, answer] of Object.entries(answers)) facts.answers.set(address, answer);
    monitor.update(changes(placed(['a', 'b'], more)));
    await advance(8000);
    return { findings: monitor.findings({ sites: sites() }), changes: facts.changes };
  }

  test('none while one endpoint passes', async () => {
    expect((await found({ a: NOT_FOUND })).findings).toEqual([]);
  });

  test('a path that nobody knows: one finding with object, field and remedy, told twice at most', async () => {
    const { findings, changes: told } = await found({ a: NOT_FOUND, b: NOT_FOUND });
    expect(findings).toEqual([
      {
        severity: 'warning',
        object: { kind: 'MattermostIngressPolicy', namespace: 'chat', name: 'chat' },
        field: 'spec.backend.healthCheck.path',
        reason: 'HealthCheckUnanswered',
        message:
          'no endpoint of Service chat/mattermost:8065 passes GET /api/v4/system/ping (status 404); all are served nevertheless',
        remedy: expect.stringContaining('spec.backend.healthCheck.path'),
      },
    ]);
    expect(told).toBeLessThanOrEqual(2);
  });

  test('nodes that are unwell, refused as the policy wishes: an error', async () => {
    const health = { ...HEALTH, check: CHECK, whenAllUnhealthy: 'Refuse' as const };
    const { findings } = await found({ a: TIMEOUT, b: { kind: 'failed', failure: 'body' } }, { health });
    expect(findings).toMatchObject([
      {
        severity: 'error',
        reason: 'EndpointsUnhealthy',
        field: 'spec.backend.healthCheck',
        message:
          'no endpoint of Service chat/mattermost:8065 passes GET /api/v4/system/ping; requests get 503',
      },
    ]);
  });
});
