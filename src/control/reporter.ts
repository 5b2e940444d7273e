// Tells the log what is wrong with the objects, and what became of each policy: once when it changes, not each time.
import type { Finding } from '../model/finding.ts';
import type { Logger } from '../observe/log.ts';
import type { MainMetrics } from '../observe/main-metrics.ts';
import type { PolicyOutcome, Translation } from '../translate/translate.ts';

export class OutcomeReporter {
  readonly #log: Logger;
  readonly #metrics: Pick<MainMetrics, 'hostOwnerChanged'>;
  #findings: ReadonlyMap<Finding, string> = new Map();
  #policies: ReadonlyMap<string, PolicyOutcome> = new Map();

  constructor(log: Logger, metrics: Pick<MainMetrics, 'hostOwnerChanged'>) {
    this.#log = log;
    this.#metrics = metrics;
  }

  report(translation: Translation, findings: readonly Finding[]): void {
    const known = new Set(this.#findings.values());
    // Findings that are the same values are the same findings; most are, at most changes.
    const now = new Map(
      findings.map((finding) => [finding, this.#findings.get(finding) ?? JSON.stringify(finding)]),
    );
    for (const [finding, text] of now) if (!known.has(text)) this.#tell(finding);
    this.#findings = now;
    this.#reportPolicies(translation.policies);
  }

  #tell({ severity, message, ...facts }: Finding): void {
    if (facts.reason === 'HostOwnerChanged') this.#metrics.hostOwnerChanged();
    if (severity === 'error') this.#log.error(facts, message);
    else this.#log.warn(facts, message);
  }

  #reportPolicies(policies: ReadonlyMap<string, PolicyOutcome>): void {
    for (const [policy, outcome] of policies) {
      if (isSame(outcome, this.#policies.get(policy))) continue;
      const { hosts, endpoints } = outcome;
      const conditions = outcome.conditions.map(
        ({ type, status, reason }) => `${type}=${status} (${reason})`,
      );
      this.#log.info({ policy, hosts, endpoints, conditions }, 'policy translated');
    }
    for (const policy of this.#policies.keys()) {
      if (!policies.has(policy)) this.#log.info({ policy }, 'policy removed');
    }
    this.#policies = policies;
  }
}

function isSame(a: PolicyOutcome, b: PolicyOutcome | undefined): boolean {
  return a === b || (b !== undefined && JSON.stringify(a) === JSON.stringify(b));
}
