// The files of the dashboard, read once: what is not among them is not served.
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type PageFile = { readonly type: string; readonly body: string };

const FOLDER = fileURLToPath(new URL('./dashboard/', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** By path: the page at `/`, what it needs below `/dashboard/`. */
export function readDashboard(): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(FOLDER)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const path = name === 'index.html' ? '/' : `/dashboard/${name}`;
    files.set(path, { type, body: readFileSync(join(FOLDER, name), 'utf8') });
  }
  return files;
}
