// Whether the cluster's definition of policies has all fields that this version reads (`/openapi/v3`).
// A definition rolled back by Helm drops the others from stored policies without a word: who may come in would change.
import type { Plain } from '../api/structural.ts';
import { policyCrd } from '../api/crd.ts';
import { get, string } from '../api/json-access.ts';
import { POLICY_API_VERSION, POLICY_KIND } from '../api/policy.ts';
import type { Logger } from '../observe/log.ts';
import type { ObjectApi } from './api-client.ts';
import { ApiFailure, failureOf } from './api-failure.ts';
import { missingFields, policySchemaIn } from './schema-fields.ts';

const INDEX_PATH = '/openapi/v3';
const GROUP_PATH = `apis/${POLICY_API_VERSION}`;
/** A message names so many fields. */
const SHOWN_FIELDS = 8;

export type ServedSchemaOptions = {
  readonly api: ObjectApi;
  readonly log: Logger;
  /** Told whenever it was found out. */
  readonly onVerdict: (isOutdated: boolean) => void;
};

/** What is known of the served schema: `unknown` where the API server does not say it (yet). */
export type SchemaVerdict = 'complete' | 'unknown' | 'absent';

export class ServedSchema {
  readonly #options: ServedSchemaOptions;
  /** Hash of the document that was compared last, and what it lacked. */
  #compared: { readonly hash: string; readonly missing: readonly string[] } | undefined;
  #asking: Promise<SchemaVerdict> | undefined;
  #hasSaid = false;

  constructor(options: ServedSchemaOptions) {
    this.#options = options;
  }

  /**
   * Asks the API server; cheap while nothing has changed, and one question for all who ask at once.
   * Throws the ApiFailure `outdated-schema` where fields are missing, and others where the API server is away.
   */
  check(signal: AbortSignal): Promise<SchemaVerdict> {
    this.#asking ??= this.#check(signal).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #check(signal: AbortSignal): Promise<SchemaVerdict> {
    const missing = await this.#missing(signal);
    if (typeof missing === 'string') return missing;
    this.#options.onVerdict(missing.length > 0);
    if (missing.length > 0) throw outdated(missing);
    return 'complete';
  }

  async #missing(signal: AbortSignal): Promise<readonly string[] | 'unknown' | 'absent'> {
    const { api } = this.#options;
    try {
      const index = await api.get(INDEX_PATH, {}, signal);
      const hash = string(get(get(get(index, 'paths'), GROUP_PATH), 'serverRelativeURL'));
      if (hash === '') return 'absent';
      if (hash !== this.#compared?.hash) {
        const served = await this.#schema(signal);
        if (served === undefined) return 'absent';
        this.#compared = { hash, missing: missingIn(served) };
      }
      return this.#compared.missing;
    } catch (error) {
      const failure = failureOf(error);
      if (isAway.has(failure.reason) || signal.aborted) throw failure;
      this.#sayUnknown(failure);
      return 'unknown';
    }
  }

  /** Undefined where it was taken away since the index was read. */
  async #schema(signal: AbortSignal): Promise<unknown> {
    try {
      return policySchemaIn(await this.#options.api.get(`${INDEX_PATH}/${GROUP_PATH}`, {}, signal));
    } catch (error) {
      if (failureOf(error).reason === 'not-found') return undefined;
      throw error;
    }
  }

  #sayUnknown({ message }: ApiFailure): void {
    if (this.#hasSaid) return;
    this.#hasSaid = true;
    const facts = { kind: POLICY_KIND, problem: message };
    this.#options.log.warn(facts, 'the served schema cannot be read and is taken for complete');
  }
}

/** It is not this question that the API server does not answer: the next one must not be asked either. */
const isAway: ReadonlySet<ApiFailure['reason']> = new Set([
  'connection',
  'timeout',
  'unauthorized',
  'throttled',
  'credentials',
  'internal',
]);

function missingIn(served: unknown): readonly string[] {
  return missingFields(wantedSpec(policyCrd()), get(get(served, 'properties'), 'spec'), 'spec');
}

function wantedSpec(crd: Plain): unknown {
  const versions = get(get(crd, 'spec'), 'versions');
  const [version] = Array.isArray(versions) ? (versions as readonly unknown[]) : [];
  const root = get(get(version, 'schema'), 'openAPIV3Schema');
  return get(get(root, 'properties'), 'spec');
}

function outdated(missing: readonly string[]): ApiFailure {
  const more = missing.length - SHOWN_FIELDS;
  const names = missing.slice(0, SHOWN_FIELDS).join(', ') + (more > 0 ? ` and ${more} more` : '');
  const message = `The definition of ${POLICY_KIND} in the cluster is older than this version; it lacks ${names}`;
  return new ApiFailure('outdated-schema', message);
}
