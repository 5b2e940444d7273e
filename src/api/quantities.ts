// Durations and sizes as users write them in a policy: the grammar of the schema and its numbers.
// Stands beside the schema: policy-*.ts uses the patterns, translate/ the parsers.

/** GEP-2257: one to four numbers, each with a unit; there is no unit for days. */
export const DURATION_PATTERN = '^([0-9]{1,5}(h|m|s|ms)){1,4}$';

/** Bytes, or KiB, MiB, GiB; deliberately no Kubernetes Quantity, where `50m` would be 0.05 bytes. */
export const SIZE_PATTERN = '^(0|[1-9][0-9]{0,11}(Ki|Mi|Gi)?)$';

const DURATION = new RegExp(DURATION_PATTERN, 'u');
const SIZE = new RegExp(SIZE_PATTERN, 'u');

const MILLISECONDS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const BYTES: Readonly<Record<string, number>> = { Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 };

/**
 * Milliseconds of a GEP-2257 duration such as `1h30m`; parts add up, in any order, as Go reads them.
 * Undefined where the text is no duration; a checked policy holds none of those.
 */
export function parseDurationMs(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, count, unit] of text.matchAll(/([0-9]+)(h|ms|m|s)/gu)) {
    total += Number(count) * (MILLISECONDS[unit ?? ''] ?? 0);
  }
  return total;
}

/**
 * Bytes of a size such as `110Mi`. What a number cannot hold exactly (from 2^53) becomes the largest one it can.
 * Undefined where the text is no size; a checked policy holds none of those.
 */
export function parseSizeBytes(text: string): number | undefined {
  if (!SIZE.test(text)) return undefined;
  const count = Number.parseInt(text, 10);
  const factor = BYTES[text.slice(-2)] ?? 1;
  return Math.min(count * factor, Number.MAX_SAFE_INTEGER);
}
