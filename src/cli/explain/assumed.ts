// What is known without a controller that runs: the configuration that objects give, nodes that are healthy and idle,
// clients that have not been here yet.
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import type { ObjectSet } from '../../api/objects.ts';
import { Publisher } from '../../control/publisher.ts';
import { SourceLimiter } from '../../decide/limits.ts';
import type { Knowledge } from '../../explain/knowledge.ts';
import type { AddressRanges } from '../../model/configuration.ts';
import { HealthBoard, healthBoardBytes } from '../../model/health-board.ts';
import { allocateSourceMemory } from '../../model/source-table.ts';
import type { Options } from '../../options/options.ts';
import { EMPTY_MEMORY, translate, type Translation } from '../../translate/translate.ts';
import { publishedKnowledge } from '../controller/published-knowledge.ts';
import { readStickyKeyFile } from '../controller/sticky-keys.ts';
import { translateSettings } from '../controller/translate-settings.ts';

const KEY_BYTES = 32;
const SOURCES = 64;

export type Translating = (objects: ObjectSet) => Translation;

/** The translation of `run` with these options. @param denied networks that no endpoint may lie in */
export async function translating(options: Options, denied: () => AddressRanges) {
  const secretDigestKey = randomBytes(KEY_BYTES);
  const settings = translateSettings(options);
  const { stickyKeyFile: file } = options;
  // By a key of our own making no cookie is recognised.
  const stickyKeys = file === undefined ? [randomBytes(KEY_BYTES)] : await readStickyKeyFile(file);
  const translateAll: Translating = (objects) =>
    translate(
      objects,
      {
        ...settings,
        stickyKeys,
        secretDigestKey,
        deniedEndpoints: options.denyEndpointRanges ?? denied(),
        nowMs: Date.now(),
      },
      EMPTY_MEMORY,
    );
  return { translateAll, secretDigestKey };
}

/** @param hostnames whose sites are asked for */
export function assumedKnowledge(
  { configuration }: Translation,
  options: Options,
  hostnames: readonly string[],
  secretDigestKey: Uint8Array,
): Knowledge {
  const publisher = new Publisher(options.maxEndpoints);
  publisher.advance(configuration);
  const monotonicMs = () => Number(process.hrtime.bigint() / 1_000_000n);
  const sources = new SourceLimiter(allocateSourceMemory(1, SOURCES, randomBytes(8)), 0, monotonicMs);
  return {
    ...publishedKnowledge({ publisher, options, secretDigestKey, sources }, hostnames),
    loads: {
      load: () => 0,
      health: new HealthBoard(new SharedArrayBuffer(healthBoardBytes(options.maxEndpoints))),
      nowMs: monotonicMs,
    },
    endpoint: () => ({ state: 'ready' }),
    isLive: false,
    areLimitsLive: false,
  };
}
