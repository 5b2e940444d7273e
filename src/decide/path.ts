// How else a path could be read (rows K2 and K3): a host with path rules serves only what all readings agree on.
import type { PathCondition } from '../model/configuration.ts';

const SEGMENT = /^[A-Za-z0-9_-]+$/;

/** True when `path` is `prefix` or lies below it, by whole segments (row K4). */
export function isBelow(path: string, prefix: string): boolean {
  if (prefix === '/') return true;
  const base = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return path.startsWith(base) && (path.length === base.length || path.charCodeAt(base.length) === 0x2f);
}

export function meetsPath(path: string, condition: PathCondition): boolean {
  switch (condition.type) {
    case 'Exact':
      return path === condition.value;
    case 'Prefix':
      return isBelow(path, condition.value);
    case 'Pattern':
      return meetsPattern(path, condition.segments);
  }
}

function meetsPattern(path: string, segments: readonly string[]): boolean {
  const parts = path.slice(1).split('/');
  if (parts.length !== segments.length) return false;
  return segments.every((segment, at) =>
    segment === '*' ? SEGMENT.test(parts[at] ?? '') : segment === parts[at],
  );
}

/** Row K3: a broken or overlong escape, or one that hides a control character. */
export function hasBadEscape(path: string): boolean {
  if (!path.includes('%')) return false;
  if (/%(?![0-9A-Fa-f]{2})|%[01][0-9A-Fa-f]|%7[Ff]/.test(path)) return true;
  return decode(path) === undefined;
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** All other ways a server might read this path; undefined when one of the readings is broken. */
export function interpretations(path: string): readonly string[] | undefined {
  if (!/[%\\;A-Z]|\/\/|\/\./.test(path)) return [];
  const once = decode(path);
  if (once === undefined || hasControl(once)) return undefined;
  // A single `%` that decoding left is text, not an escape: it is not read a second time.
  const twice = decode(once) ?? once;
  if (hasControl(twice)) return undefined;
  const readings = new Set<string>();
  for (const base of new Set([path, once, twice])) {
    for (const reading of simplifications(base)) {
      readings.add(reading);
      readings.add(reading.toLowerCase());
    }
  }
  readings.delete(path);
  return [...readings];
}

function simplifications(path: string): readonly string[] {
  const slashed = path.replaceAll('\\', '/');
  const bare = withoutParameters(slashed);
  return [
    path,
    slashed,
    mergeSlashes(path),
    removeDotSegments(path),
    withoutParameters(path),
    removeDotSegments(slashed),
    removeDotSegments(mergeSlashes(bare)),
    mergeSlashes(removeDotSegments(bare)),
  ];
}

function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

function mergeSlashes(path: string): string {
  return path.replace(/\/{2,}/g, '/');
}

function withoutParameters(path: string): string {
  return path.replace(/;[^/]*/g, '');
}

/** RFC 3986 section 5.2.4, for absolute paths. */
function removeDotSegments(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/').slice(1);
  segments.forEach((segment, at) => {
    const isLast = at === segments.length - 1;
    if (segment === '..') kept.pop();
    else if (segment !== '.') kept.push(segment);
    if (isLast && (segment === '.' || segment === '..')) kept.push('');
  });
  return `/${kept.join('/')}`;
}
