// Tells the log what is wrong with the objects, and what became of each policy: once when it changes, not each time.
import type { Finding } from '../model/finding.ts';
import type { Logger } from '../observe/log.ts';
import type { MainMetrics } from '../observe/main-metrics.ts';
import type { PolicyOutcome, Translation } from '../translate/translate.ts';

/** Changes told one by one; more at once are told by their number, as at the start of a large cluster. */
const MAX_LINES = 50;

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
    const changed = [...policies].filter(([key, outcome]) => !isSame(outcome, this.#policies.get(key)));
    const removed = [...this.#policies.keys()].filter((key) => !policies.has(key));
    this.#policies = policies;
    if (changed.length + removed.length > MAX_LINES) {
      const facts = { policies: policies.size, changed: changed.length, removed: removed.length };
      this.#log.info(facts, 'policies translated');
      return;
    }
    for (const [policy, outcome] of changed)
      this.#log.info({ policy, ...factsOf(outcome) }, 'policy translated');
    for (const policy of removed) this.#log.info({ policy }, 'policy removed');
  }
}

function factsOf({ conditions, targets, hosts, endpoints }: PolicyOutcome) {
  const named = (all: PolicyOutcome['conditions']) =>
    all.map(({ type, status, reason }) => `${type}=${status} (${reason})`);
  const ingresses = Object.fromEntries(targets.map((target) => [target.name, named(target.conditions)]));
  return { hosts, endpoints, conditions: named(conditions), ...(targets.length === 0 ? {} : { ingresses }) };
}

function isSame(a: PolicyOutcome, b: PolicyOutcome | undefined): boolean {
  return a === b || (b !== undefined && JSON.stringify(a) === JSON.stringify(b));
}
