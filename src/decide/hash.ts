// A fixed 32-bit hash, the same in every worker, process and release: persistence is computed from it, not stored.

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** FNV-1a over the code units of a latin1 string, then mixed, so that near keys end far apart. */
export function hashText(text: string): number {
  let hash = FNV_OFFSET;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), FNV_PRIME);
  return mix(hash);
}

/** One value of two hashes (the finaliser of MurmurHash3, public domain). */
export function combine(left: number, right: number): number {
  return mix(left ^ Math.imul(right, 0x9e3779b1));
}

function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
