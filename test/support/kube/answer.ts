// An answer of the fake API server: a status and a JSON body.
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';

export type Answer = { readonly status: number; readonly body: JsonMap };

export function refusal(status: number, reason: string): Answer {
  return {
    status,
    body: { kind: 'Status', status: 'Failure', code: status, reason, message: `refused: ${reason}` },
  };
}
