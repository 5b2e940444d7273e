// A health monitor on a clock of the test, whose checks the test answers: nothing is connected to.
import { HealthMonitor } from '../../src/control/health.ts';
import type { CheckResult, ProbeTarget } from '../../src/control/probe.ts';
import { backend, endpoint, HEALTH } from '../../src/decide/test-objects.ts';
import type { Backend, HealthCheck } from '../../src/model/configuration.ts';
import type { PlacedBackend } from '../../src/model/delta.ts';
import { allocateSharedMemory, SharedState } from '../../src/model/shared-state.ts';
import { createLogger } from '../../src/observe/log.ts';

export const CHECK: HealthCheck = {
  path: '/api/v4/system/ping',
  isPing: true,
  intervalMs: 1000,
  timeoutMs: 400,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
};
const WORKERS = 2;
const SLOTS = 2000;
export const TIMEOUT: CheckResult = { kind: 'failed', failure: 'timeout' };

type Answer = CheckResult | 'silence';

export function healthScene() {
  const state = new SharedState(allocateSharedMemory({ workers: WORKERS, slots: SLOTS, cells: 0 }));
  const facts = {
    nowMs: 1_000_000,
    /** By address; whoever is not named passes. */
    answers: new Map<string, Answer>(),
    asked: [] as string[],
    running: 0,
    mostRunning: 0,
    checks: [] as string[],
    ejections: [] as string[],
    changes: 0,
    lines: [] as string[],
  };
  const hanging = new Map<string, (result: CheckResult) => void>();
  const monitor = new HealthMonitor({
    state,
    clock: { epochMs: () => 0, monotonicMs: () => facts.nowMs },
    random: () => 0,
    log: createLogger({ write: (line) => void facts.lines.push(line) }, 'info'),
    metrics: {
      healthChecked: (result) => void facts.checks.push(result),
      endpointEjected: (result) => void facts.ejections.push(result),
    },
    onChanged: () => facts.changes++,
    startProbe: ({ endpoint: { address } }: ProbeTarget, done) => {
      facts.asked.push(address);
      facts.running++;
      facts.mostRunning = Math.max(facts.mostRunning, facts.running);
      const answer = facts.answers.get(address) ?? { kind: 'passed' };
      let isOver = false;
      const end = (result?: CheckResult) => {
        if (isOver) return;
        isOver = true;
        facts.running--;
        if (result !== undefined) done(result);
      };
      if (answer === 'silence') hanging.set(address, end);
      else queueMicrotask(() => end(answer));
      return () => end();
    },
  });
  /** Lets time pass in steps of a tick. */
  const advance = async (ms: number) => {
    for (const untilMs = facts.nowMs + ms; facts.nowMs < untilMs; ) {
      facts.nowMs += 100;
      monitor.tick();
      await Promise.resolve();
      await Promise.resolve();
    }
  };
  const states = (count: number) => Array.from({ length: count }, (_, slot) => state.health.state(slot));
  return { state, facts, monitor, advance, states, hanging };
}

/** A backend of these endpoints, named by their addresses, with the slots 0, 1, 2 ... */
export function placed(
  addresses: readonly string[],
  more: Partial<Backend> = {},
  firstSlot = 0,
): PlacedBackend {
  const endpoints = addresses.map((address) => endpoint(address, { address }));
  const health = { ...HEALTH, check: CHECK, slowStartMs: 0 };
  return {
    backend: backend(endpoints, { health, ...more }),
    slots: addresses.map((_, at) => firstSlot + at),
  };
}

export const changes = (...set: readonly PlacedBackend[]) => ({ set, removed: [] });

export function fail(state: SharedState, slot: number, times: number, worker = 0): void {
  for (let time = 0; time < times; time++) state.row(worker).endpointFailed(slot);
}
