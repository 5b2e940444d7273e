// The dashboard: asks for the state each second, shows it, and says so when nobody answers.
import { readinessOf } from './attention.js';
import { byId, setAttribute, setText } from './dom.js';
import { clockTime, counted, duration, mebibytes, secondsSince } from './format.js';
import { fillOverview } from './overview.js';
import { makeSections } from './sections.js';

/** @typedef {import('./state.ts').State} State */

const EVERY_MS = 1_000;
const PATIENCE_MS = 5_000;
/** Entries of each list: more are no help to anybody, and there is the filter. */
const LIMIT = 100;

const fillSections = makeSections();
const filter = /** @type {HTMLInputElement} */ (byId('filter'));
/** What was shown last, and when. @type {{ state: State, atMs: number } | undefined} */
let shown;

async function askState() {
  const query = new URLSearchParams({ limit: String(LIMIT), filter: filter.value.trim() });
  const response = await fetch(`api/state?${query}`, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (response.ok) return /** @type {State} */ (await response.json());
  const said = (await response.text()).trim();
  throw new RefusedError(`The controller answered ${response.status}: ${said}`);
}

/** It is there, and does not wish to tell. */
class RefusedError extends Error {}

async function look() {
  const asked = filter.value;
  try {
    const state = await askState();
    // Whoever went on typing wants to see something else.
    if (asked === filter.value) show(state);
    if (byId('connection').textContent !== '') say('');
  } catch (error) {
    say(troubleOf(error));
  }
  showAge();
}

/** @param {unknown} error */
function troubleOf(error) {
  if (error instanceof RefusedError) return error.message;
  const last = shown === undefined ? '' : ` What is shown is from ${clockTime(shown.atMs)}.`;
  return `The controller does not answer.${last} It is asked again every second; if you came by kubectl port-forward, see whether that still runs.`;
}

/** @param {State} state */
function show(state) {
  shown = { state, atMs: Date.now() };
  const isFiltered = filter.value.trim() !== '';
  fillOverview(state);
  fillSections(state, isFiltered);
  fillHead(state);
  const { sites, backends } = state.lists;
  setText(
    byId('filtered'),
    isFiltered ? `${counted(sites.matching, 'site')}, ${counted(backends.matching, 'Service')} match` : '',
  );
}

/** @param {State} state */
function fillHead({ process, now }) {
  const { mark, text } = readinessOf(process);
  const readiness = byId('readiness');
  setText(readiness, text);
  setAttribute(readiness, 'class', `mark ${mark}`);
  const age = duration(secondsSince(process.started, Date.parse(now)));
  setText(byId('process'), `${process.version}, running for ${age}, ${mebibytes(process.residentBytes)}`);
}

/** A sentence for everybody, also for who does not see the page. @param {string} trouble */
function say(trouble) {
  const place = byId('connection');
  setText(place, trouble);
  place.toggleAttribute('hidden', trouble === '');
  document.body.classList.toggle('stale', trouble !== '');
}

function showAge() {
  if (shown === undefined) return;
  const seconds = (Date.now() - shown.atMs) / 1000;
  const isOld = document.body.classList.contains('stale');
  setText(byId('updated'), isOld ? `stale: ${duration(seconds)} old` : `live, ${clockTime(shown.atMs)}`);
}

async function run() {
  for (;;) {
    // Nobody looks: nobody is asked.
    if (document.hidden)
      await new Promise((seen) => document.addEventListener('visibilitychange', seen, { once: true }));
    await look();
    await new Promise((due) => setTimeout(due, EVERY_MS));
  }
}

byId('search').addEventListener('submit', (event) => event.preventDefault());
filter.addEventListener('input', () => void look());
void run();
