// Tells the log what is wrong with the objects, and what became of each policy: once when it changes, not each time.
import type { Finding } from '../model/finding.ts';
import type { Logger } from '../observe/log.ts';
import type { PolicyOutcome, Translation } from '../translate/translate.ts';

export class OutcomeReporter {
  readonly #log: Logger;
  #findings: ReadonlySet<string> = new Set();
  #policies: ReadonlyMap<string, string> = new Map();

  constructor(log: Logger) {
    this.#log = log;
  }

  report(translation: Translation, findings: readonly Finding[]): void {
    const known = this.#findings;
    const now = new Map(findings.map((finding) => [JSON.stringify(finding), finding] as const));
    for (const [text, finding] of now) if (!known.has(text)) this.#tell(finding);
    this.#findings = new Set(now.keys());
    this.#reportPolicies(translation.policies);
  }

  #tell({ severity, message, ...facts }: Finding): void {
    if (severity === 'error') this.#log.error(facts, message);
    else this.#log.warn(facts, message);
  }

  #reportPolicies(policies: ReadonlyMap<string, PolicyOutcome>): void {
    const states = new Map([...policies].map(([key, outcome]) => [key, JSON.stringify(outcome)]));
    for (const [policy, outcome] of policies) {
      if (states.get(policy) === this.#policies.get(policy)) continue;
      const { hosts, endpoints } = outcome;
      const conditions = outcome.conditions.map(
        ({ type, status, reason }) => `${type}=${status} (${reason})`,
      );
      this.#log.info({ policy, hosts, endpoints, conditions }, 'policy translated');
    }
    for (const policy of this.#policies.keys()) {
      if (!policies.has(policy)) this.#log.info({ policy }, 'policy removed');
    }
    this.#policies = states;
  }
}
