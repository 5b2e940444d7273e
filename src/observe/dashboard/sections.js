// The sections of the page below the overview: which tables there are.
import { decisionsTable, refusalsTable, refusedTable } from './admission-tables.js';
import {
  certificatesTable,
  fillGeneration,
  findingsTable,
  watchesTable,
  workersTable,
} from './controller-tables.js';
import { endpointsTable, sitesTable } from './place-tables.js';

/**
 * @typedef {import('./state.ts').State} State
 * @typedef {(state: State, isFiltered: boolean) => void} Fill
 */

/** Makes all tables once, and gives what fills them. @returns {Fill} */
export function makeSections() {
  const fills = [
    sitesTable(),
    endpointsTable(),
    decisionsTable(),
    refusedTable(),
    refusalsTable(),
    certificatesTable(),
    findingsTable(),
    watchesTable(),
    workersTable(),
  ];
  return (state, isFiltered) => {
    for (const fill of fills) fill(state, isFiltered);
    fillGeneration(state);
  };
}
