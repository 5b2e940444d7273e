// Every fault of a backend: whether it speaks against the endpoint.
import { describe, expect, test } from 'vitest';
import { BACKEND_FAULTS, type BackendFault } from '../model/fault.ts';
import { speaksAgainst } from './outlier.ts';

const FRESH = { reused: false, answered: false, hasBody: false };
const AGAINST: readonly BackendFault[] = [
  'connect-refused',
  'connect-timeout',
  'connect-failed',
  'tls-failed',
  'closed-before-response',
  'response-malformed',
  'response-timeout',
];

describe.each(BACKEND_FAULTS)('%s', (fault) => {
  test('on a fresh connection', () => {
    expect(speaksAgainst({ ...FRESH, fault })).toBe(AGAINST.includes(fault));
  });

  test('after an answer began nothing does', () => {
    expect(speaksAgainst({ ...FRESH, fault, answered: true })).toBe(false);
  });

  test('the end of a used connection, or of one that brings a body, may have other causes', () => {
    const expected = AGAINST.includes(fault) && fault !== 'closed-before-response';
    expect(speaksAgainst({ ...FRESH, fault, reused: true })).toBe(expected);
    expect(speaksAgainst({ ...FRESH, fault, hasBody: true })).toBe(expected);
  });
});
