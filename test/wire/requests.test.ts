// Rows of requests against the real data plane: L, H, F, B, C, X, U1 to U6, K, A, R10 and R11.
import { afterAll, beforeAll } from 'vitest';
import { testRows } from './deliveries.ts';
import { ROW_SITES } from './row-sites.ts';
import { RowStage } from './row-stage.ts';
import { admissionRows } from './rows-admission.ts';
import { pathRows } from './rows-path.ts';
import { handshakeRows } from './rows-handshake.ts';
import { bodyRows } from './rows-request-body.ts';
import { headRows } from './rows-request.ts';

let stage: RowStage;

beforeAll(async () => {
  stage = await RowStage.start(ROW_SITES);
});
afterAll(() => stage.end());

testRows([...headRows, ...bodyRows, ...handshakeRows, ...pathRows, ...admissionRows], () => stage);
