// What a rule of the policy is, and the form that many of them share. The rules stand in policy-rules.ts.
import { string } from './json-access.ts';
import { DURATION_PATTERN, parseDurationMs } from './quantities.ts';

/** A rule as it stands at a node of the schema; `self` is the value there. */
export type Rule = {
  readonly id: string;
  readonly cel: string;
  readonly message: string;
  readonly remedy: string;
  /** Total: says something, and never throws, for any JSON value. */
  readonly holds: (self: unknown) => boolean;
};

export type RuleBody = Omit<Rule, 'id'>;

/** A rule for a field that holds a duration with bounds. Text that is no duration is the pattern's affair. */
export function durationRange(min: string, max: string): RuleBody {
  const [minMs = 0, maxMs = 0] = [parseDurationMs(min), parseDurationMs(max)];
  return {
    cel: `!self.matches('${DURATION_PATTERN}') || (duration(self) >= duration('${min}') && duration(self) <= duration('${max}'))`,
    message: `Between ${min} and ${max}`,
    remedy: `Write a duration from ${min} to ${max}`,
    holds: (self) => isWithin(self, minMs, maxMs),
  };
}

export function isWithin(self: unknown, minMs: number, maxMs: number): boolean {
  const ms = parseDurationMs(string(self));
  return ms === undefined || (ms >= minMs && ms <= maxMs);
}
