// How else a path could be read (rows K2 and K3): a host with path rules serves only what all readings agree on.
import type { PathCondition } from '../model/configuration.ts';

const SEGMENT = /^[A-Za-z0-9_-]+$/;
const WEBSOCKET = /^\/api\/v[0-9]+\/(?:users\/)?websocket\/?$/;
const SLASH = 0x2f;
const PERCENT = 0x25;
const BACKSLASH = 0x5c;
const SEMICOLON = 0x3b;
const DOT = 0x2e;

/** True when `path` is `prefix` or lies below it, by whole segments (row K4). */
export function isBelow(path: string, prefix: string): boolean {
  if (prefix === '/') return true;
  const base = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  return path.startsWith(base) && (path.length === base.length || path.charCodeAt(base.length) === SLASH);
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

/** Looks no further than the first segment that differs: a client chooses how long its path is. */
function meetsPattern(path: string, segments: readonly string[]): boolean {
  let at = 0;
  for (const segment of segments) {
    if (path.charCodeAt(at) !== SLASH) return false;
    const next = path.indexOf('/', at + 1);
    const end = next === -1 ? path.length : next;
    const part = path.slice(at + 1, end);
    if (segment === '*' ? !SEGMENT.test(part) : part !== segment) return false;
    at = end;
  }
  return at === path.length;
}

/** Where Mattermost takes WebSockets, below the path of the site. */
export function isWebSocketPath(path: string, sitePath: string): boolean {
  const base = sitePath === '/' ? '' : sitePath;
  return path.startsWith(base) && WEBSOCKET.test(path.slice(base.length));
}

/** Row K3: a broken or overlong escape, or one that hides a control character. */
export function hasBadEscape(path: string): boolean {
  if (!path.includes('%')) return false;
  if (/%(?![0-9A-Fa-f]{2})|%[01][0-9A-Fa-f]|%7[Ff]/.test(path)) return true;
  try {
    decodeURIComponent(path);
    return false;
  } catch {
    return true;
  }
}

/** There is only one way to read it: nothing in it is escaped, folded, merged or removed by anybody. */
export function isPlainPath(path: string): boolean {
  let previous = 0;
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code === PERCENT || code === BACKSLASH || code === SEMICOLON || (code >= 0x41 && code <= 0x5a))
      return false;
    if (previous === SLASH && (code === SLASH || code === DOT)) return false;
    previous = code;
  }
  return true;
}

/** All other ways a server might read this path; undefined when one of the readings hides a control character. */
export function interpretations(path: string): readonly string[] | undefined {
  if (isPlainPath(path)) return [];
  const once = decode(path);
  const twice = decode(once);
  if (hasControl(once) || hasControl(twice)) return undefined;
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

/** What cannot be read stays as it is, so that a `%` which is text does not hide the escapes beside it. */
function decode(path: string): string {
  return path.replace(/(?:%[0-9A-Fa-f]{2})+/g, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes.replace(/%[0-7][0-9A-Fa-f]/g, (escape) => decodeURIComponent(escape));
    }
  });
}

/** Every choice of what servers do or leave undone, dots and slashes in both orders. */
function simplifications(path: string): readonly string[] {
  const slashed = path.replaceAll('\\', '/');
  const texts = new Set([path, slashed, withoutParameters(path), withoutParameters(slashed)]);
  return [...texts].flatMap((text) => {
    const merged = mergeSlashes(text);
    const dotless = withoutDots(text);
    return [text, merged, ...dotless, ...withoutDots(merged), ...dotless.map(mergeSlashes)];
  });
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

/** RFC 3986 section 5.2.4, for absolute paths; where dots at the end leave a slash, others (Go's path.Clean) leave none. */
function withoutDots(path: string): readonly string[] {
  const kept: string[] = [];
  let isDots = false;
  for (const segment of path.split('/').slice(1)) {
    isDots = segment === '.' || segment === '..';
    if (segment === '..') kept.pop();
    else if (!isDots) kept.push(segment);
  }
  const text = `/${kept.join('/')}`;
  return isDots && kept.length > 0 ? [text, `${text}/`] : [text];
}
