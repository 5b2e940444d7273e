// The page of a node: a login and one channel, for people who want to see with their own eyes what happens to a chat.
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Exchange } from './exchange.ts';
import { replyText } from './exchange.ts';
import type { NodeContext } from './node-context.ts';

type PageFile = { readonly contentType: string; readonly text: string };

const FOLDER = new URL('./page/', import.meta.url);
/** Below it are the files that the page loads; every other path is the page itself, as in Mattermost. */
const PLACE = '/static';
const TYPES: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

function readFiles(): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(FOLDER)) {
    const contentType = TYPES.get(extname(name));
    if (contentType === undefined) continue;
    files.set(name, { contentType, text: readFileSync(new URL(name, FOLDER), 'utf8') });
  }
  return files;
}

const FILES = readFiles();

/** Answers for every path that is not of the API. @param path without the subpath */
export function servePage({ request, response, node }: Exchange, path: string): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return replyText(response, 405, 'text/plain; charset=utf-8', '');
  }
  const isPage = !path.startsWith(`${PLACE}/`);
  const file = FILES.get(isPage ? 'index.html' : path.slice(PLACE.length + 1));
  if (file === undefined || (!isPage && path.endsWith('.html'))) {
    return replyText(response, 404, 'text/plain; charset=utf-8', '404 page not found\n');
  }
  response.setHeader('X-Frame-Options', 'SAMEORIGIN');
  response.setHeader('Content-Security-Policy', POLICY);
  response.setHeader('Cache-Control', 'no-cache, max-age=31556926, public');
  replyText(response, 200, file.contentType, isPage ? fill(file.text, node) : file.text);
}

/** Nothing of a name or a path can become HTML. */
function fill(page: string, { name, subpath }: NodeContext): string {
  return page
    .replaceAll('PLACES', () => encodeURI(subpath) + PLACE)
    .replaceAll('NODE', () => name.replace(/[^\w.-]/g, '?'));
}
