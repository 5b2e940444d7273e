// All rows and vectors of the wire tests that are forwarded, as samples for other servers.
import { handshakeRows } from '../wire/rows-handshake.ts';
import { pathRows } from '../wire/rows-path.ts';
import { bodyRows } from '../wire/rows-request-body.ts';
import { headRows } from '../wire/rows-request.ts';
import { chunkVectors } from '../wire/rows-vectors-chunks.ts';
import { fieldVectors } from '../wire/rows-vectors-fields.ts';
import { framingVectors } from '../wire/rows-vectors-framing.ts';
import { lineVectors } from '../wire/rows-vectors-line.ts';
import type { RequestRow } from '../wire/rows.ts';
import type { Sample } from './corpus.ts';

const rows: readonly RequestRow[] = [
  [headRows, bodyRows, handshakeRows, pathRows],
  [lineVectors, fieldVectors, framingVectors, chunkVectors],
].flat(2);

/** Only what is forwarded without a word of ours. */
export const acceptedRows: readonly Sample[] = rows.flatMap(({ name, input, outcome }) => {
  if (outcome.kind !== 'served' || outcome.requests.length === 0) return [];
  if (outcome.statuses.some((status) => status >= 300)) return [];
  const seen = outcome.requests.map(({ line, body = '' }) => {
    const [method = '', target = ''] = line.split(' ');
    return { method, target, body };
  });
  return [{ name, input, seen }];
});
