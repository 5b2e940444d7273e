// What `check --allow-missing` says of a text, without a process: for tests that check many.
import { randomBytes } from 'node:crypto';
import { assemble } from '../../src/manifests/assembly.ts';
import { adoptText } from '../../src/manifests/manifest-file.ts';
import { NO_ADDRESSES } from '../../src/translate/address-ranges.ts';
import { EMPTY_MEMORY, translate } from '../../src/translate/translate.ts';

const MISSING = /^(?:Secret|ConfigMap|Service|Target)NotFound$|^NoEndpoints$/u;

/** Field, reason and message of each error in the objects of these texts, one after the other in one set. */
export function errorsOf(...texts: readonly string[]): readonly string[] {
  const assembly = assemble(texts.map((content, at) => adoptText(undefined, `${at}.yaml`, content)));
  const { findings } = translate(
    assembly.objects,
    {
      deniedEndpoints: NO_ADDRESSES,
      stickyKeys: [randomBytes(32)],
      secretDigestKey: randomBytes(32),
      nowMs: Date.now(),
    },
    EMPTY_MEMORY,
  );
  return [...assembly.findings, ...findings]
    .filter(({ severity, reason }) => severity === 'error' && !MISSING.test(reason))
    .map(({ object, field, reason, message }) => `${object?.name ?? ''} ${field} [${reason}] ${message}`);
}
