// Nodes that restart, die, stand still and change their addresses under steady requests and people with WebSockets: small
// runs of `npm run chaos`. What could be kept is kept.
import { afterEach, describe, expect, test } from 'vitest';
import { type ChaosPlan, runChaos } from '../chaos/run.ts';
import { Scene } from '../support/scene.ts';
import { INSPECT } from '../support/worker-threads.ts';

const SECONDS = 12;
const TIMEOUT_MS = 120_000;

/** Everybody is asked to leave well before the node is told to end. */
const PACE = { perSecond: 40, maxSpread: '1s' };
const PLAN = {
  requestsPerSecond: 40,
  clients: 30,
  reconnectMs: [100, 300],
  drainMs: 2_500,
  parts: { websocket: { reconnects: PACE } },
} as const satisfies Partial<ChaosPlan>;

let scene = new Scene();
afterEach(async () => {
  // What befalls workers, and what the inspector says of itself.
  await scene.end((trouble) => /worker ended|^Debugger|^For help/.test(trouble));
  scene = new Scene();
});

describe('three nodes', { timeout: TIMEOUT_MS }, () => {
  test('a rolling restart loses no request, and ends every WebSocket in good order', async () => {
    const controller = await scene.controller({ nodeFlags: [INSPECT] });
    const report = await runChaos(controller, { ...PLAN, seed: 1 });
    expect(report.violations).toEqual([]);
    expect(report.failed).toEqual({});
    expect(report.steps).toEqual(['replace 0', 'replace 1', 'replace 2']);
    expect(Object.keys(report.lost)).toEqual(['1012']);
    expect(report.refusedOpens).toBe(0);
    expect(report.requests).toBeGreaterThan(100);
    expect(report.lost['1012']).toBeGreaterThanOrEqual(PLAN.clients);
    expect(report.peakReturnsPerSecond).toBeLessThanOrEqual(1.5 * PACE.perSecond);
  });

  test('whatever becomes of them: only what a dead node had is lost, each with its cause', async () => {
    const seed = Number(process.env['CHAOS_SEED'] ?? (Date.now() % 2 ** 31) + 1);
    const controller = await scene.controller({ nodeFlags: [INSPECT] });
    const untilMs = performance.now() + SECONDS * 1000;
    const report = await runChaos(controller, { ...PLAN, seed }, () => performance.now() > untilMs);
    expect(report, `CHAOS_SEED=${seed}`).toMatchObject({ seed, violations: [] });
    expect(report.steps.length).toBeGreaterThan(0);
  });
});
