// What the properties of explanations have in common: a request as it is described, and what is known of the plane it goes to.
import { type DescribedRequest } from '../../src/explain/described-request.ts';
import type { Knowledge } from '../../src/explain/knowledge.ts';
import { HealthBoard, healthBoardBytes, type HealthState } from '../../src/model/health-board.ts';
import { DEFAULT_CLIENT_LIMITS } from '../../src/model/limits.ts';
import type { Configuration } from '../../src/model/configuration.ts';
import { servingOf } from '../support/serving-of.ts';
import type { Attack } from './attack.ts';
import { DECIDE_SETTINGS } from './serving.ts';
import { HOST } from './words.ts';
import { DIGEST_KEY } from '../../src/decide/test-objects.ts';

const SLOTS = 16;
/** When test planes begin. */
const NOW_MS = 1_000_000;

/** As whoever has asked would describe it. */
export function describedOf({ asked, number }: Attack, version: '1.1' | '2'): DescribedRequest {
  const { method, target, peer, isTls } = asked;
  const mark = version === '2' ? 'attack' : 'Attack';
  const lines = [...asked.lines, [mark, String(number)] as const];
  const tls = isTls ? ({ serverName: HOST, version: '1.3', hasCertificate: false } as const) : undefined;
  const fields = version === '2' ? [['Host', HOST] as const, ...lines] : lines;
  return { method, target, version, fields, from: peer, port: 443, tls, session: 'valid' };
}

/** What is known of a plane that serves this and has nothing to do. @param states of endpoints by slot */
export function knowledgeOf(configuration: Configuration, states: readonly HealthState[] = []): Knowledge {
  const health = new HealthBoard(new SharedArrayBuffer(healthBoardBytes(SLOTS)));
  states.forEach((state, slot) => {
    health.setDraining(slot, NOW_MS);
    health.set(slot, state, NOW_MS);
  });
  return {
    serving: servingOf(configuration),
    settings: { ...DECIDE_SETTINGS, secretDigestKey: DIGEST_KEY },
    limits: DEFAULT_CLIENT_LIMITS,
    refusesUnknownNames: false,
    loads: { load: () => 0, health, nowMs: () => NOW_MS },
    endpoint: (slot) => ({ state: health.state(slot) }),
    isLive: true,
    areLimitsLive: true,
    hosts: () => [],
  };
}
