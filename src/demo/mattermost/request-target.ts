// Reads the request line's target as Go's net/http and Mattermost's router do: percent-decoded, then cleaned.
import { posix } from 'node:path';

/** A request target the server can route. */
export type RequestTarget = {
  /** Decoded path. */
  readonly path: string;
  /** The path without `//`, `/./` and `/../`: the router redirects there when it differs from `path`. */
  readonly cleanPath: string;
  /** Text from the question mark on, or empty. */
  readonly search: string;
  readonly query: URLSearchParams;
};

/** Undefined for a target that Go answers with 400: a bad percent escape or neither path nor absolute form. */
export function parseTarget(text: string): RequestTarget | undefined {
  const originForm = text.replace(/^https?:\/\/[^/?#]*/i, '');
  const mark = originForm.indexOf('?');
  const rawPath = mark < 0 ? originForm : originForm.slice(0, mark);
  const search = mark < 0 ? '' : originForm.slice(mark);
  if (!(rawPath === '' || rawPath.startsWith('/')) || /%(?![0-9a-f]{2})/i.test(rawPath)) return undefined;
  const path = rawPath.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return { path, cleanPath: posix.normalize(path || '/'), search, query: new URLSearchParams(search) };
}

/** The path as it may stand in a Location: the reverse of the decoding, byte by byte. */
export function encodePath(path: string): string {
  return path.replace(
    /[^\w\-.~/!$&'()*+,;=:@]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** Mattermost's MaximumURLLength, in characters. */
export const maxUrlLength = 2_048;

/** The path below the subpath; undefined for a path outside of it. */
export function withoutSubpath(path: string, subpath: string): string | undefined {
  if (path === subpath) return '/';
  return path.startsWith(`${subpath}/`) ? path.slice(subpath.length) : undefined;
}
