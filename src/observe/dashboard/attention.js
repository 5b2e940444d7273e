// What needs attention now, worst first: each a sentence, and the section that has more of it. It is told of everything,
// whatever the filter has left in the tables.
import { count, counted, duration, percent } from './format.js';

/**
 * @typedef {import('./state.ts').State} State
 * @typedef {{ readonly mark: 'notice' | 'bad', readonly text: string, readonly section: string }} Concern
 */

/** As the alert rules have them. */
const STALE_SECONDS = 300;
const MANY_ERRORS = 0.05;
const LATE_MS = 250;

/** @param {State} state  @returns {readonly Concern[]} */
export function concernsOf(state) {
  const concerns = [
    ...processConcerns(state),
    ...siteConcerns(state),
    ...endpointConcerns(state),
    ...trafficConcerns(state),
    ...certificateConcerns(state),
    ...configurationConcerns(state),
    ...workerConcerns(state),
  ];
  return concerns.toSorted((a, b) => Number(b.mark === 'bad') - Number(a.mark === 'bad'));
}

/** @param {State['process']} process */
export function readinessOf({ synced, listening, draining }) {
  if (draining) return { mark: 'notice', text: 'Stopping' };
  if (!synced) return { mark: 'notice', text: 'Not ready: objects are still being read' };
  if (!listening) return { mark: 'notice', text: 'Not ready: no port is open yet' };
  return { mark: 'good', text: 'Serving' };
}

/** @param {State} state  @returns {Concern[]} */
function processConcerns({ process }) {
  if (!process.draining) return [];
  const text = 'This controller was told to stop: it takes no new connections and lets the open ones end.';
  return [{ mark: 'notice', text, section: 'workers' }];
}

/** @param {State} state  @returns {Concern[]} */
function siteConcerns({ counts }) {
  /** @type {Concern[]} */
  const concerns = [];
  if (counts.closedSites > 0) {
    const text = `${counted(counts.closedSites, 'site is', 'sites are')} held closed (503) until the object is mended.`;
    concerns.push({ mark: 'bad', text, section: 'sites' });
  }
  if (counts.lostSites > 0) {
    const text = `${counted(counts.lostSites, 'site has', 'sites have')} no endpoint that takes new users.`;
    concerns.push({ mark: 'bad', text, section: 'sites' });
  }
  return concerns;
}

/** @param {State} state  @returns {Concern[]} */
function endpointConcerns({ counts: { endpoints, drainingWebSockets, leftEndpoints } }) {
  /** @type {Concern[]} */
  const concerns = [];
  const { unhealthy, ejected, draining } = endpoints;
  if (unhealthy + ejected > 0) {
    const text = `${counted(unhealthy + ejected, 'endpoint gets', 'endpoints get')} no users: ${count(unhealthy)} unhealthy, ${count(ejected)} ejected.`;
    concerns.push({ mark: 'bad', text, section: 'endpoints' });
  }
  if (draining > 0) {
    const text = `${counted(draining, 'endpoint drains', 'endpoints drain')}: ${counted(drainingWebSockets, 'WebSocket')} still there.`;
    concerns.push({ mark: 'notice', text, section: 'endpoints' });
  }
  if (leftEndpoints.endpoints > 0) {
    const text = `${counted(leftEndpoints.endpoints, 'endpoint has', 'endpoints have')} left: ${counted(leftEndpoints.webSockets, 'WebSocket')} still there.`;
    concerns.push({ mark: 'notice', text, section: 'endpoints' });
  }
  return concerns;
}

/** @param {State} state  @returns {Concern[]} */
function trafficConcerns({ traffic: { lastMinute } }) {
  const { requestsPerSecond, serverErrorsPerSecond } = lastMinute;
  if (requestsPerSecond === 0 || serverErrorsPerSecond / requestsPerSecond <= MANY_ERRORS) return [];
  const text = `${percent(serverErrorsPerSecond / requestsPerSecond)} of the answers of the last minute were errors (5xx).`;
  return [{ mark: 'bad', text, section: 'overview' }];
}

/** @param {State} state  @returns {Concern[]} */
function certificateConcerns({ counts }) {
  const { expired, expiring, withinDays } = counts.certificates;
  /** @type {Concern[]} */
  const concerns = [];
  if (expired > 0)
    concerns.push({
      mark: 'bad',
      text: `${counted(expired, 'certificate has', 'certificates have')} expired.`,
      section: 'certificates',
    });
  if (expiring > 0)
    concerns.push({
      mark: 'notice',
      text: `${counted(expiring, 'certificate expires', 'certificates expire')} within ${withinDays} days.`,
      section: 'certificates',
    });
  return concerns;
}

/** @param {State} state  @returns {Concern[]} */
function configurationConcerns({ configuration }) {
  const { isFailing, errors, warnings, watches } = configuration;
  /** @type {Concern[]} */
  const concerns = [];
  const add = (/** @type {'notice' | 'bad'} */ mark, /** @type {string} */ text) =>
    concerns.push({ mark, text, section: 'configuration' });
  if (isFailing)
    add(
      'bad',
      'The last change could not be translated, by a mistake of ours: what was served before stays.',
    );
  if (errors > 0) add('bad', `${counted(errors, 'error')} in the objects: each says below what to do.`);
  if (warnings > 0) add('notice', `${counted(warnings, 'warning')} about the objects.`);
  const stale = watches.filter(({ stalenessSeconds }) => stalenessSeconds > STALE_SECONDS);
  const [first] = stale;
  if (first !== undefined)
    add(
      'bad',
      `The API server has said nothing of ${stale.map(({ kind }) => kind).join(', ')} for ${duration(first.stalenessSeconds)}: changes may be missing.`,
    );
  return concerns;
}

/** @param {State} state  @returns {Concern[]} */
function workerConcerns({ workers, generation }) {
  /** @type {Concern[]} */
  const concerns = [];
  const add = (/** @type {'notice' | 'bad'} */ mark, /** @type {string} */ text) =>
    concerns.push({ mark, text, section: 'workers' });
  const dead = workers.filter(({ alive }) => !alive).length;
  const behind = workers.filter((worker) => worker.alive && worker.generation < generation).length;
  const restarts = workers.reduce((sum, worker) => sum + worker.restarts, 0);
  const late = workers.filter(({ loopLagMs }) => loopLagMs !== null && loopLagMs > LATE_MS).length;
  if (dead > 0) add('bad', `${counted(dead, 'worker is', 'workers are')} not running.`);
  if (behind > 0)
    add('notice', `${counted(behind, 'worker does', 'workers do')} not serve the newest generation yet.`);
  if (late > 0) add('notice', `${counted(late, 'worker is', 'workers are')} too busy to be on time.`);
  if (restarts > 0)
    add('notice', `Workers were replaced ${counted(restarts, 'time')} since the start: the log says why.`);
  return concerns;
}
