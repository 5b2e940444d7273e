// A running controller explains itself: the configuration it has published, its nodes and its counts as they are now.
// It is asked on the main thread, and leaves nothing behind: limits are counted in a copy.
import { randomBytes } from 'node:crypto';
import type { HealthMonitor } from '../../control/health.ts';
import type { Publisher } from '../../control/publisher.ts';
import { SourceLimiter } from '../../decide/limits.ts';
import { explain } from '../../explain/explain.ts';
import { readDescribed } from '../../explain/described-json.ts';
import { hostnamesOf } from '../../explain/described-request.ts';
import { withFindings } from '../../explain/finding-notes.ts';
import type { Knowledge } from '../../explain/knowledge.ts';
import type { Clock } from '../../model/clock.ts';
import type { SharedState } from '../../model/shared-state.ts';
import { allocateSourceMemory, type SourceMemory } from '../../model/source-table.ts';
import type { ExplainAnswer } from '../../observe/admin-explain.ts';
import type { Options } from '../../options/options.ts';
import type { Observation } from './observation.ts';
import { publishedKnowledge } from './published-knowledge.ts';

export type RunningParts = {
  readonly publisher: Publisher;
  readonly state: SharedState;
  readonly sources: SourceMemory;
  readonly options: Options;
  readonly clock: Clock;
  /** What is found wrong with the objects as they are now. */
  readonly observation: Pick<Observation, 'findings'>;
  /** Undefined until there is something to explain. */
  readonly parts:
    | {
        readonly health: HealthMonitor;
        readonly secretDigestKey: Uint8Array;
      }
    | undefined;
};

/** A larger table is not copied for a question: its limits are taken to be unused. */
const MAX_COPIED_BYTES = 32 * 1024 * 1024;
const EMPTY_SOURCES = 64;

export function explainRunning(asked: unknown, running: RunningParts): ExplainAnswer {
  const described = readDescribed(asked);
  if (typeof described === 'string') return { status: 400, body: { error: described } };
  const { parts, publisher } = running;
  if (parts === undefined || publisher.generation === 0)
    return { status: 503, body: { error: 'Nothing is served yet: the objects are still being read' } };
  const explanation = explain(described, knowledgeOf(running, parts, hostnamesOf(described)));
  return { status: 200, body: withFindings(explanation, running.observation.findings) };
}

function knowledgeOf(
  { publisher, state, sources, options, clock }: RunningParts,
  { health, secretDigestKey }: NonNullable<RunningParts['parts']>,
  hostnames: readonly string[],
): Knowledge {
  const isCopied = sources.buffer.byteLength <= MAX_COPIED_BYTES;
  const memory = isCopied
    ? { ...sources, buffer: sources.buffer.slice(0) }
    : allocateSourceMemory(1, EMPTY_SOURCES, randomBytes(8));
  const nowMs = () => clock.monotonicMs();
  const limiter = new SourceLimiter(memory, 0, nowMs);
  return {
    ...publishedKnowledge({ publisher, options, secretDigestKey, sources: limiter }, hostnames),
    loads: {
      load: (slot) => state.load(slot),
      health: state.health,
      nowMs,
    },
    endpoint: (slot) => ({
      state: state.health.state(slot),
      reason: health.at(slot)?.reason,
      inFlight: state.inFlight(slot),
      webSockets: state.tunnels(slot),
    }),
    isLive: true,
    areLimitsLive: isCopied,
  };
}
