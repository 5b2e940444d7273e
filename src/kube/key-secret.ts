// Keys that all replicas share, kept in a Secret that the chart renders empty: whoever finds it so fills it, once.
// Nothing is served before the keys are there; an API server that is away is waited for.
import { get, isRecord, string } from '../api/json-access.ts';
import type { Clock } from '../model/clock.ts';
import type { Logger } from '../observe/log.ts';
import type { JsonMap } from '../translate/objects/json-value.ts';
import { ApiFailure, failureOf, type FailureReason } from './api-failure.ts';
import { Backoff, type BackoffTiming } from './backoff.ts';
import { pause, type Timers } from './timing.ts';
import type { WriteApi } from './write-api.ts';

export type KeySecret = {
  readonly namespace: string;
  readonly name: string;
  /** The entry of `data` that is filled; it holds what a key file would hold. */
  readonly field: string;
  /**
   * `text`: one key a line, as base64url of this many random bytes, in any number of entries, read in the order of
   * their names. `bytes`: exactly these bytes, in the one entry.
   */
  readonly form: 'text' | 'bytes';
  readonly randomBytes: number;
};

export type KeySecretTools = {
  readonly api: Pick<WriteApi, 'get' | 'update'>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Evenly drawn from 0 up to, not including, 1; for waits only. */
  readonly chance: () => number;
  /** Bytes nobody can guess. */
  readonly random: (bytes: number) => Uint8Array;
  readonly log: Logger;
};

const keyTiming: BackoffTiming = {
  backoffMs: 800,
  maxBackoffMs: 15_000,
  healthyMs: 120_000,
  forbiddenMs: 15_000,
  unknownKindMs: 15_000,
};

/**
 * The content of the Secret's entry, filled with fresh keys where it was empty.
 * Rejects with an Error for people where the Secret is missing, or may not be read or filled; waits for the API server
 * for ever. Rejects with the signal's reason once that is aborted.
 */
export async function loadKeySecret(
  secret: KeySecret,
  tools: KeySecretTools,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { clock, timers, chance, log } = tools;
  const backoff = new Backoff(keyTiming, chance);
  let told: FailureReason | undefined;
  for (;;) {
    signal.throwIfAborted();
    try {
      return await readOrFill(secret, tools, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ApiFailure)) throw error;
      const { reason, status, message } = error;
      const facts = { object: `Secret ${nameOf(secret)}`, reason, status, problem: message };
      // On a conflict another replica was faster: its keys are there.
      if (reason !== 'conflict' && reason !== told)
        log.warn(facts, 'waiting for the API server: no keys yet');
      told = reason;
      await pause(timers, backoff.nextMs(error, clock.monotonicMs()), signal);
    }
  }
}

async function readOrFill(
  secret: KeySecret,
  tools: KeySecretTools,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { api, random, log } = tools;
  const { field, form, randomBytes } = secret;
  const found = await explained(secret, 'read', () => fetchSecret(secret, api, signal));
  const known = contentOf(found, secret);
  if (known !== undefined) return known;
  const drawn = Buffer.from(random(randomBytes));
  const fresh = form === 'bytes' ? drawn : Buffer.from(`${drawn.toString('base64url')}\n`);
  const data = { ...(found['data'] as JsonMap | undefined), [field]: fresh.toString('base64') };
  // With the resourceVersion that was read: whoever fills it first wins.
  const object = { ...found, data };
  await explained(secret, 'filled', () => api.update(pathOf(secret), object, signal));
  log.info({ object: `Secret ${nameOf(secret)}`, field }, 'filled the Secret with fresh keys');
  return fresh;
}

/**
 * The content of the Secret as it is now; undefined where it is empty. Rejects with an ApiFailure where it cannot be
 * read now.
 */
export async function readKeySecret(
  secret: KeySecret,
  api: Pick<WriteApi, 'get'>,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  return contentOf(await fetchSecret(secret, api, signal), secret);
}

async function fetchSecret(
  secret: KeySecret,
  api: Pick<WriteApi, 'get'>,
  signal: AbortSignal,
): Promise<JsonMap> {
  const found = await api.get(pathOf(secret), {}, signal);
  if (!isRecord(found)) throw new ApiFailure('malformed', 'The API server answered with what is no Secret');
  return found as JsonMap;
}

function contentOf(found: JsonMap, { field, form }: KeySecret): Uint8Array | undefined {
  const data = isRecord(found['data']) ? found['data'] : {};
  const entries = form === 'bytes' ? [field] : Object.keys(data).toSorted();
  const contents = entries.map((entry) => Buffer.from(string(get(data, entry)), 'base64'));
  if (contents.every((content) => content.toString('latin1').trim() === '')) return undefined;
  return form === 'bytes' ? contents[0] : Buffer.from(contents.join('\n'));
}

function pathOf({ namespace, name }: KeySecret): string {
  return `/api/v1/namespaces/${namespace}/secrets/${name}`;
}

/** Failures that only people can mend become errors for them. */
async function explained<Result>(
  secret: KeySecret,
  verb: 'read' | 'filled',
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const { reason, message } = failureOf(error);
    const remedy = remedies[reason];
    if (remedy === undefined) throw error;
    const text = `Secret ${nameOf(secret)} with the keys in data.${secret.field} cannot be ${verb} (${message})`;
    throw new Error(`${text}; ${remedy}`, { cause: error });
  }
}

const remedies: Partial<Readonly<Record<FailureReason, string>>> = {
  'not-found': 'create it without data, the controller fills it',
  forbidden: 'grant the controller get and update on secrets with this resourceName in this namespace',
  refused: 'delete it and create it without data and without immutable, the controller fills it',
};

function nameOf({ namespace, name }: KeySecret): string {
  return `${namespace}/${name}`;
}
