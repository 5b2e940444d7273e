// The door of Node that asks for certificates is there, in the version that the tests run on.
import { expect, test } from 'vitest';
import { canAskForCertificates } from './client-certificates.ts';

test('clients can be asked for certificates', () => {
  expect(canAskForCertificates()).toBe(true);
});
